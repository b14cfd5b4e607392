"""One POST of 1mg's in one transaction: keep the bytes, read them, apply them.

    Taking(post).apply()              all of it; which delivery it is, and what to answer
    Taking(post).keep_alone(error)    only the bytes, where `apply` failed: pending

Ways to the database on PostgreSQL: three for the very bytes of an earlier POST (BEGIN; keep and count; COMMIT), five
for something new about a known order.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from orders import places
from orders.choices import Outcome as UpdateOutcome
from orders.failpoints import failpoint
from orders.fold import Arrival
from orders.services import Applied
from webhooks import applying, onemg, pending, results, store
from webhooks.models import Delivery, Outcome
from webhooks.results import Result
from webhooks.strict_json import BodyProblem
from webhooks.trouble import Trouble

log = logging.getLogger(__name__)

#: What is not applied by then is finished after the answer, so that a large body does not hold the one behind it.
BUDGET_SECONDS: Final = 0.3
#: From here on a delivery says how long it took.
USUAL_SECONDS: Final = 0.1
#: So often is a POST tried that loses against another one, as in a deadlock.
MOST_TRIES: Final = 3


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


UPDATED: Final = Answer(HTTPStatus.OK, "SUCCESS", "Order updated.")
#: From here on the bytes are ours to finish.
KEPT: Final = Answer(HTTPStatus.OK, "PENDING", "Kept, not applied yet.")
ODD: Final = Answer(HTTPStatus.OK, "PENDING", "Kept for review.")

#: What `store.keep` takes a delivery for.
_PLAIN: Final = {
    "outcome": Outcome.APPLIED,
    "problem": "",
    "results": [],
    "brought": 1,
    "unknown_keys": [],
}


class Taking:
    """One POST on its way in."""

    def __init__(self, post: Post) -> None:
        self.started = time.monotonic()
        self.orders = 0
        self.columns: dict[str, Any] = {
            "body": post.body,
            "size": len(post.body),
            "sha256": hashlib.sha256(post.body).hexdigest(),
            "token_fingerprint": post.token_fingerprint,
            "remote_address": post.remote_address,
            "headers": dict(post.headers),
        }

    def apply(self) -> tuple[int, Answer]:
        """Keep and apply it, again where another transaction was in the way or the connection had died."""
        look_back = True
        for tries in range(1, MOST_TRIES + 1):
            try:
                return self._apply(look_back=look_back)
            except store.Incomplete:
                look_back = False
            except store.Unreachable as error:
                if not error.had_died:
                    raise
            except Exception as error:
                if not Trouble.of(error).lost or tries == MOST_TRIES:
                    raise
        return self._apply(look_back=False)

    def keep_alone(self, error: Exception) -> tuple[int, Answer]:
        """Keep the bytes, and when they are to be tried again. Raises what the database raises."""
        alone = self.orders <= 1  # else the others need not wait for the one in trouble
        note = pending.put_off(Trouble.of(error) if alone else None)
        delivery = Delivery.objects.create(**self.columns, **note, **self._answered(KEPT))
        failpoint("kept")
        return delivery.pk, KEPT

    def _apply(self, *, look_back: bool) -> tuple[int, Answer]:
        with store.transaction_of_one_post():
            kept = store.keep(self.columns | {"answer_code": 200, "answer": UPDATED.body()}, look_back=look_back)
            failpoint("stored")
            return kept.id, UPDATED if kept.before else self._read_and_apply(kept)

    def _read_and_apply(self, kept: store.Kept) -> Answer:
        try:
            document = onemg.read(self.columns["body"])
        except BodyProblem as problem:
            log.warning("delivery %s is refused: %s", kept.id, problem.code)
            answer = Answer(HTTPStatus.BAD_REQUEST, "FAILED", problem.message)
            return self._correct(kept, answer, {"outcome": Outcome.REFUSED, "problem": problem.code, "brought": None})
        self.orders = len(document.updates)
        arrival = Arrival(kept.id, kept.received_at)
        if self.orders > 1:
            places.hold(document.updates, arrival)
        applied: list[Applied] = []
        for update in document.updates:
            if applied and time.monotonic() - self.started > BUDGET_SECONDS:
                break
            applied.append(applying.apply(update, arrival))
        applying.keep_needs(applied)
        if len(applied) < len(document.updates):
            left = {"outcome": Outcome.PENDING, "brought": None, "settled_at": None}
            return self._correct(kept, KEPT, left | pending.put_off(None))
        return self._settle(kept, document, list(map(results.of, applied)))

    def _settle(self, kept: store.Kept, document: onemg.Document, found: list[Result]) -> Answer:
        """Say what came of the delivery, where that is anything else than `store.keep` has said."""
        again = {result["update"] for result in found if result["outcome"] == UpdateOutcome.DUPLICATE}
        if again:
            store.count(again, kept.received_at, kept.id)
        answer = ODD if applying.needs_a_look(kept.id, document, found) else UPDATED
        columns = results.described(document, found)
        if answer is UPDATED and columns == _PLAIN and time.monotonic() - self.started < USUAL_SECONDS:
            return answer
        return self._correct(kept, answer, columns)

    def _correct(self, kept: store.Kept, answer: Answer, columns: dict[str, Any]) -> Answer:
        store.correct(kept.id, columns | self._answered(answer))
        return answer

    def _answered(self, answer: Answer) -> dict[str, Any]:
        """The columns that say what 1mg was told, and after how long."""
        took_ms = int((time.monotonic() - self.started) * 1000)
        return {"answer_code": answer.code, "answer": answer.body(), "took_ms": took_ms}
