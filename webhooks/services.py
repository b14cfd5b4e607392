"""Taking in what 1mg posts: keep the bytes, read them, apply them, answer.

    receive(post)              the live path: one POST, from bytes to answer
    reprocess(delivery)        the same again for a delivery that is kept: sweep, replay, "apply again"
    sweep()                    what a crash or a lock left pending
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
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from django.conf import settings
from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from orders import rows
from orders import services as orders
from orders.choices import UNDERSTOOD_IN_PART, Confirmation
from orders.choices import Outcome as UpdateOutcome
from orders.failpoints import failpoint
from orders.fold import Arrival
from orders.models import OrderUpdate
from orders.services import Applied
from orders.updates import Update
from payments import services as payments
from webhooks import onemg
from webhooks.models import Delivery, Outcome, RejectedAttempt
from webhooks.strict_json import BodyProblem

log = logging.getLogger(__name__)

#: A POST is answered within a second; what is not applied by then is finished by the sweep.
BUDGET_SECONDS: Final = 1.0
#: Younger pending deliveries may still be in the hands of the request that brought them.
SWEEP_AFTER: Final = timedelta(seconds=10)
#: A delivery that fails this often is set aside, so that it does not hold up the others.
MAX_ATTEMPTS: Final = 20
_DEADLOCK: Final = "40P01"
#: How a confirmation stands that news may settle; a cancellation that settled it may turn out to be the later news.
_MAY_BE_SETTLED: Final = frozenset({Confirmation.UNKNOWN, Confirmation.REJECTED})


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


@dataclass(slots=True)
class _Work:
    """One run over one delivery: what came of each of its updates so far."""

    delivery: Delivery
    document: onemg.Document
    started: float
    #: Updates this very delivery brought before (a crash, or a replay): id -> recorded outcome. `None`: it just came.
    own: Mapping[int, str] | None
    applied: list[Applied] = field(default_factory=list)
    unfinished: bool = False


def receive(post: Post) -> Answer:
    """Keep one POST, apply it, and say what 1mg is to be told.

    Raises `DatabaseError` where the bytes could not be kept: only then must 1mg send them again.
    """
    started = time.monotonic()
    delivery = Delivery(
        body=post.body, size=len(post.body), sha256=hashlib.sha256(post.body).hexdigest(),
        token_fingerprint=post.token_fingerprint, remote_address=post.remote_address, headers=dict(post.headers),
    )  # fmt: skip
    earlier = Delivery.objects.keep(delivery)
    failpoint("stored")
    try:
        answer = _again(delivery, earlier, started) or _process(delivery, None, started, BUDGET_SECONDS)
    except Exception as error:  # noqa: BLE001 - an outer door: the bytes are safe, so 1mg must not send them again
        log.error("delivery %s is left pending: %s", delivery.pk, type(error).__name__, exc_info=True)
        answer = _kept(delivery)
    failpoint("settled")
    if answer.status == "SUCCESS":
        _look_back()
    return answer


_next_look_back = 0.0


def _look_back() -> None:
    """Finish one delivery that a crash left pending, now and then, in the request of one that went well.

    While updates come in, nothing stays pending for long even where no worker runs; the worker's sweep is for the rest.
    """
    global _next_look_back  # noqa: PLW0603 - each process keeps its own time
    if time.monotonic() < _next_look_back:
        return
    _next_look_back = time.monotonic() + settings.ONEMG_WEBHOOK_LOOK_BACK_SECONDS
    try:
        sweep(limit=1)
    except Exception as error:  # noqa: BLE001 - an outer door: this delivery is safe and settled whatever happens here
        log.error("looking back failed: %s", type(error).__name__, exc_info=True)


def reprocess(delivery: Delivery) -> Outcome:
    """Read and apply a kept delivery again. What was applied stays applied, what had failed gets its chance."""
    own = dict(OrderUpdate.objects.filter(delivery_id=delivery.pk).values_list("pk", "outcome"))
    Delivery.objects.filter(pk=delivery.pk).update(attempts=F("attempts") + 1)
    try:
        _process(delivery, own, time.monotonic(), float("inf"))
    except Exception as error:  # noqa: BLE001 - an outer door: one delivery must not hold up the sweep of all others
        log.error("delivery %s is still pending: %s", delivery.pk, type(error).__name__, exc_info=True)
    delivery.refresh_from_db(fields=["outcome", "problem", "results", "attempts", "settled_at"])
    return Outcome(delivery.outcome)


def sweep(limit: int = 500) -> int:
    """Finish what was left pending, oldest first; how many were tried. Set aside what keeps failing."""
    waiting = Delivery.objects.filter(outcome=Outcome.PENDING, received_at__lt=timezone.now() - SWEEP_AFTER)
    tried = 0
    for delivery in waiting.order_by("received_at")[:limit]:
        tried += 1
        if reprocess(delivery) is Outcome.PENDING and delivery.attempts >= MAX_ATTEMPTS:
            problem = f"Could not be applied in {MAX_ATTEMPTS} attempts; the log names the error."
            waiting.filter(pk=delivery.pk).update(outcome=Outcome.QUARANTINED, problem=problem)
            log.error("delivery %s is set aside after %s attempts", delivery.pk, delivery.attempts)
    return tried


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
    if not earlier:
        return None
    answer = _updated(delivery)
    results = [result | {"outcome": UpdateOutcome.DUPLICATE, "flags": []} for result in earlier]
    columns = _settled(answer, started, outcome=Outcome.DUPLICATE, results=results)
    known = {result["update"] for result in earlier}
    counted = rows.run(
        rows.updating(Delivery, columns, pk=delivery.pk, settled_at=None),
        orders.counting(known, delivery.received_at),
    )
    return answer if counted == len(known) else None


def _process(delivery: Delivery, own: Mapping[int, str] | None, started: float, budget: float) -> Answer:
    try:
        document = onemg.read(bytes(delivery.body))
    except BodyProblem as problem:
        answer = Answer(HTTPStatus.BAD_REQUEST, "FAILED", f"{problem.message} Reference {delivery.pk}.")
        _settle(
            delivery,
            None if own is not None else answer,
            started,
            outcome=Outcome.REFUSED,
            problem=problem.code,
        )
        return answer
    work = _Work(delivery, document, started, own)
    if not document.updates:
        return _finish(work)
    finished: Answer | None = None
    for number, update in enumerate(document.updates, start=1):
        if time.monotonic() - started > budget:
            work.unfinished = True
            break
        finished = _apply_one(work, update, last=number == len(document.updates))
    return finished or _kept(delivery)


def _apply_one(work: _Work, update: Update, *, last: bool) -> Answer | None:
    """Apply one update in a transaction of its own; the last one settles the delivery in the same commit.

    An update that fails leaves the delivery pending and does not hold back its siblings.
    """
    arrival = Arrival(work.delivery.pk, work.delivery.received_at)
    done = len(work.applied)
    for attempt in (1, 2, 3):
        try:
            with transaction.atomic():
                applied = orders.apply(update, arrival)
                if applied.appeared or applied.confirmation in _MAY_BE_SETTLED:
                    payments.hear(applied)
                work.applied.append(applied)
                failpoint("applied")
                return _finish(work) if last and not work.unfinished else None
        except OperationalError as error:
            del work.applied[done:]
            if getattr(error.__cause__, "sqlstate", "") == _DEADLOCK and attempt < 3:
                continue
            log.error("order %s waits: %s", update.order_id, type(error).__name__)
            break
        except Exception as error:  # noqa: BLE001 - whatever one order does, its siblings are applied
            del work.applied[done:]
            log.error("order %s cannot be applied: %s", update.order_id, type(error).__name__, exc_info=True)
            break
    work.unfinished = True
    return None


def _finish(work: _Work) -> Answer:
    """Settle a delivery whose every update has been applied."""
    delivery, document, own = work.delivery, work.document, work.own or {}
    results = [replace(a, outcome=UpdateOutcome(own[a.update_id])) if a.update_id in own else a for a in work.applied]
    odd = sorted({flag for a in results for flag in a.flags} & UNDERSTOOD_IN_PART)
    if document.problems or odd:
        log.warning(
            "delivery %s needs a look: %s",
            delivery.pk,
            ", ".join([*(p.code for p in document.problems), *odd]),
        )
        answer = Answer(HTTPStatus.OK, "PENDING", f"Kept for review. Reference {delivery.pk}.")
    else:
        answer = _updated(delivery)
    counted = _settle(
        delivery, answer if work.own is None else None, work.started,
        outcome=_outcome(document, results), problem="; ".join(p.code for p in document.problems)[:200],
        results=[_result(a) for a in results] + [_problem(p) for p in document.problems],
        unknown_keys=list(document.unknown_keys),
    )  # fmt: skip
    again = {a.update_id for a in results if a.outcome is UpdateOutcome.DUPLICATE} - counted
    if again:
        rows.run(orders.counting(again, delivery.received_at))
    return answer


def _settle(delivery: Delivery, answer: Answer | None, started: float, **columns: Any) -> set[int]:
    """Write what became of the delivery. `answer`: what 1mg is told right now, if it is.

    Returns the updates that this delivery had settled before, which have counted it: none the first time, and none
    that still exist when a replay fills an empty projection.
    """
    columns = _settled(answer, started, **columns)
    if rows.update(Delivery, columns, pk=delivery.pk, settled_at=None):
        return set()
    before = Delivery.objects.values_list("results", flat=True).get(pk=delivery.pk)
    Delivery.objects.filter(pk=delivery.pk).update(**columns)
    return {result["update"] for result in before if "update" in result}


def _settled(answer: Answer | None, started: float, **columns: Any) -> dict[str, Any]:
    columns["settled_at"] = timezone.now()
    if answer:
        columns |= {"answer_code": answer.code, "answer": answer.body()}
        columns["took_ms"] = int((time.monotonic() - started) * 1000)
    return columns


def _updated(delivery: Delivery) -> Answer:
    """The answer for bytes that are kept and applied, now or before."""
    return Answer(HTTPStatus.OK, "SUCCESS", f"Order updated. Reference {delivery.pk}.")


def _kept(delivery: Delivery) -> Answer:
    """The answer for bytes that are kept and not applied yet: from here on they are ours to finish."""
    return Answer(HTTPStatus.OK, "PENDING", f"Kept, not applied yet. Reference {delivery.pk}.")


def _outcome(document: onemg.Document, results: list[Applied]) -> Outcome:
    """One word for the whole delivery: the one that a person most needs to know."""
    if document.problems:
        return Outcome.QUARANTINED
    found = {a.outcome for a in results}
    for outcome in (UpdateOutcome.APPLIED, UpdateOutcome.STALE, UpdateOutcome.DUPLICATE):
        if outcome in found:
            return Outcome(outcome.value)
    return Outcome.QUARANTINED


def _result(applied: Applied) -> dict[str, Any]:
    return {
        "order_id": applied.order_id, "outcome": applied.outcome.value, "status_id": applied.status_id,
        "update": applied.update_id, "flags": list(applied.flags),
    }  # fmt: skip


def _problem(problem: onemg.EntryProblem) -> dict[str, Any]:
    return {
        "entry": problem.entry,
        "outcome": "quarantined",
        "code": problem.code,
        "message": problem.message,
    }
