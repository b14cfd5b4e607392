"""Taking in what 1mg posts: keep the bytes, read them, apply them, answer.

    receive(post)              the live path: one POST, from bytes to answer
    reprocess(delivery)        the same again for a delivery that is kept: replay, "apply again"
    sweep()                    finish what is pending (`webhooks.pending`)
    reject(address, reason)    somebody without a token

The bytes are committed before anything else happens, so a crash after that loses nothing; then one transaction an
order, and the delivery is settled in the last one. Whatever goes wrong in between leaves the delivery *pending*: ours
to finish, since 1mg has been told that we have it.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from orders import rows
from orders import services as orders
from orders.choices import Outcome as UpdateOutcome
from orders.failpoints import failpoint
from orders.fold import Arrival
from orders.services import Applied
from webhooks import applying, onemg, pending
from webhooks.models import Delivery, Outcome, RejectedAttempt
from webhooks.pending import sweep
from webhooks.strict_json import BodyProblem
from webhooks.trouble import Trouble

__all__ = ["Answer", "Post", "receive", "reject", "reprocess", "sweep"]

log = logging.getLogger(__name__)

#: What is not applied by then is finished after the answer, so that a large body does not hold the one behind it.
BUDGET_SECONDS: Final = 0.3
#: A request that took so long may have been taken for dead: its delivery is left to whoever claims it.
TOO_LATE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Post:
    """One authenticated POST. `headers` describe the body and the software that sent it, never the token."""

    body: bytes
    token_fingerprint: str
    remote_address: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What 1mg is told: the code makes it retry or stop, `status` and `message` are for people."""

    code: int
    status: str
    message: str

    def body(self) -> dict[str, str]:
        """The agreed JSON."""
        return {"status": self.status, "message": self.message}


def receive(post: Post) -> Answer:
    """Keep one POST, apply it, and say what 1mg is to be told.

    Raises `DatabaseError` where the bytes could not be kept: only then must 1mg send them again.
    """
    started = time.monotonic()
    delivery = Delivery(
        body=post.body,
        size=len(post.body),
        sha256=hashlib.sha256(post.body).hexdigest(),
        token_fingerprint=post.token_fingerprint,
        remote_address=post.remote_address,
        headers=dict(post.headers),
    )
    earlier = Delivery.objects.keep(delivery)
    failpoint("stored")
    try:
        answer = _again(delivery, earlier, started) or _process(delivery, started)
    except Exception as error:  # noqa: BLE001 - an outer door: the bytes are safe, so 1mg must not send them again
        log.error("delivery %s is left pending: %s", delivery.pk, type(error).__name__, exc_info=True)
        answer = _left(delivery, started, Trouble.of(error))
    failpoint("settled")
    if answer.status == "SUCCESS":
        pending.wake()
    return answer


def reprocess(delivery: Delivery) -> Outcome:
    """Read and apply a kept delivery again, now. What was applied stays applied, what had failed gets its chance.

    Where somebody else is finishing it at this moment, they go on and this does nothing.
    """
    pending.finish(delivery)
    delivery.refresh_from_db(fields=["outcome", "problem", "results", "attempts", "settled_at"])
    return Outcome(delivery.outcome)


def reject(remote_address: str, reason: str) -> None:
    """Count one post that was turned away. No body, no token; a row a minute and address, however many posts."""
    minute = timezone.now().replace(second=0, microsecond=0)
    key = {"minute": minute, "remote_address": remote_address[:45], "reason": reason[:40]}
    if not RejectedAttempt.objects.filter(**key).update(times=F("times") + 1):
        RejectedAttempt.objects.bulk_create([RejectedAttempt(**key)], ignore_conflicts=True)


# --- one run over one delivery ----------------------------------------------------------------------------------------


def _again(delivery: Delivery, earlier: list[dict[str, Any]], started: float) -> Answer | None:
    """Settle a delivery of the very bytes of an earlier one: its updates are counted once more, nothing else is new.

    `None` where there is no such delivery, or its updates are there no longer: then the bytes must be read.
    """
    if not earlier or time.monotonic() - started > TOO_LATE_SECONDS:
        return None
    answer = _updated(delivery)
    results = [result | {"outcome": UpdateOutcome.DUPLICATE, "flags": []} for result in earlier]
    columns = {"outcome": Outcome.DUPLICATE, "results": results, "settled_at": timezone.now()}
    known = {result["update"] for result in earlier}
    counted = rows.run(
        rows.updating(Delivery, columns | _told(answer, started), pk=delivery.pk, settled_at=None, claimed_until=None),
        orders.counting(known, Arrival(delivery.pk, delivery.received_at)),
    )
    return answer if counted == len(known) else None


def _process(delivery: Delivery, started: float) -> Answer:
    """Read the bytes and apply them, an order a transaction; the last one settles the delivery in the same commit."""
    try:
        document = onemg.read(bytes(delivery.body))
    except BodyProblem as problem:
        answer = Answer(HTTPStatus.BAD_REQUEST, "FAILED", f"{problem.message} Reference {delivery.pk}.")
        columns = {"outcome": Outcome.REFUSED, "problem": problem.code}
        applying.settle(delivery, None, columns | _told(answer, started))
        return answer
    arrival = Arrival(delivery.pk, delivery.received_at)
    done: list[Applied] = []
    trouble: Trouble | None = None
    for number, update in enumerate(document.updates, start=1):
        if number > 1 and time.monotonic() - started > BUDGET_SECONDS:
            break
        last = number == len(document.updates) and trouble is None

        def then(applied: Applied, last: bool = last) -> Answer | None:
            done.append(applied)
            return _finish(delivery, document, done, started) if last else None

        before = len(done)
        met = applying.apply_one(update, arrival, then)
        if isinstance(met, Answer):
            return met
        if isinstance(met, Trouble):
            del done[before:]
            trouble = trouble if trouble and trouble.waits else met
    if not document.updates:
        return _finish(delivery, document, done, started) or _kept(delivery)
    return _left(delivery, started, trouble)


def _finish(delivery: Delivery, document: onemg.Document, done: list[Applied], started: float) -> Answer | None:
    """Settle a delivery whose every update has been applied; `None` where somebody else is going to."""
    results = [applying.result_of(applied) for applied in done]
    if applying.needs_a_look(delivery, document, results):
        answer = Answer(HTTPStatus.OK, "PENDING", f"Kept for review. Reference {delivery.pk}.")
    else:
        answer = _updated(delivery)
    columns = applying.described(document, results) | _told(answer, started)
    return answer if applying.settle(delivery, None, columns) else None


def _left(delivery: Delivery, started: float, trouble: Trouble | None) -> Answer:
    """What is not applied now is finished after the answer."""
    answer = _kept(delivery)
    pending.let_go(delivery, trouble, **_told(answer, started))
    return answer


def _told(answer: Answer, started: float) -> dict[str, Any]:
    """The columns that say what 1mg was told, and after how long."""
    took_ms = int((time.monotonic() - started) * 1000)
    return {"answer_code": answer.code, "answer": answer.body(), "took_ms": took_ms}


def _updated(delivery: Delivery) -> Answer:
    """The answer for bytes that are kept and applied, now or before."""
    return Answer(HTTPStatus.OK, "SUCCESS", f"Order updated. Reference {delivery.pk}.")


def _kept(delivery: Delivery) -> Answer:
    """The answer for bytes that are kept and not applied yet: from here on they are ours to finish."""
    return Answer(HTTPStatus.OK, "PENDING", f"Kept, not applied yet. Reference {delivery.pk}.")
