"""Applying what a delivery says, order by order, and settling it.

    apply_one(update, arrival, then)    one order in a transaction of its own; `Trouble` where it cannot be now
    results_of(delivery, rows)          what came of a delivery's updates, from their rows
    described(document, results)        the columns that say what became of the delivery
    settle(delivery, claim, columns)    write them, once, and count what was received again

Used by the request that brings a delivery (`webhooks.services`) and by whoever finishes it later (`webhooks.pending`).
An update that is recorded stays recorded, so applying again is harmless; an update that was known before is counted
in the very commit that settles its delivery, so it is counted once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import transaction
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
from payments import news
from webhooks import onemg
from webhooks.models import Delivery, Outcome
from webhooks.trouble import Trouble

R = TypeVar("R")
Result = dict[str, Any]
log = logging.getLogger(__name__)
#: How a confirmation stands that news may settle; a cancellation that settled it may turn out to be the later news.
_MAY_BE_SETTLED: Final = frozenset({Confirmation.UNKNOWN, Confirmation.REJECTED})


def apply_one(update: Update, arrival: Arrival, then: Callable[[Applied], R]) -> R | Trouble:
    """Apply one update in a transaction of its own, with whatever `then` does in the same commit; its answer.

    Whatever goes wrong is the trouble of this update alone: its siblings are applied.
    """
    for attempt in (1, 2, 3):
        try:
            with transaction.atomic():
                applied = orders.apply(update, arrival)
                if applied.appeared or applied.confirmation in _MAY_BE_SETTLED:
                    news.settle(applied)
                failpoint("applied")
                return then(applied)
        except Exception as error:  # noqa: BLE001 - whatever one order does, its siblings are applied
            trouble = Trouble.of(error)
            if trouble.deadlock and attempt < 3:
                continue
            if trouble.waits:
                log.error("order %s waits: %s", update.order_id, trouble.kind)
            else:
                log.error("order %s cannot be applied: %s", update.order_id, trouble.kind, exc_info=True)
            break
    return trouble


def results_of(delivery: Delivery, found: Iterable[OrderUpdate]) -> list[Result]:
    """What came of the delivery's updates: of those that another one brought first, that they were received again."""
    return [
        _result(row.order_id, row.outcome, row.status_id, row.pk, row.flags)
        if row.delivery_id == delivery.pk
        else _result(row.order_id, UpdateOutcome.DUPLICATE, row.status_id, row.pk, [])
        for row in found
    ]


def result_of(applied: Applied) -> Result:
    """What came of one update just now."""
    return _result(applied.order_id, applied.outcome, applied.status_id, applied.update_id, applied.flags)


def _result(order_id: str, outcome: str, status_id: int | None, update: int, flags: Iterable[str]) -> Result:
    return {
        "order_id": order_id,
        "outcome": str(outcome),
        "status_id": status_id,
        "update": update,
        "flags": list(flags),
    }


def described(document: onemg.Document, results: list[Result]) -> dict[str, Any]:
    """The columns that say what became of a delivery whose every update is recorded."""
    return {
        "outcome": _outcome(document, results),
        "problem": "; ".join(problem.code for problem in document.problems)[:200],
        "results": [*results, *map(_problem, document.problems)],
        "unknown_keys": list(document.unknown_keys),
    }


def needs_a_look(delivery: Delivery, document: onemg.Document, results: list[Result]) -> bool:
    """Whether something was not understood in full; the log names what."""
    odd = sorted({flag for result in results for flag in result["flags"]} & UNDERSTOOD_IN_PART)
    found = [*dict.fromkeys(problem.code for problem in document.problems), *odd]
    if found:
        log.warning("delivery %s needs a look: %s", delivery.pk, ", ".join(found))
    return bool(found)


def settle(delivery: Delivery, claim: datetime | None, columns: dict[str, Any]) -> bool:
    """Write what became of the delivery, and count the updates that it brought once more; whether it was ours to do.

    `claim`: the claim under which it was finished, `None` for the request that brought it. Where somebody else has
    claimed it meanwhile nothing is written, and they will settle it.
    """
    columns = columns | {"settled_at": timezone.now()}
    again = {r["update"] for r in columns.get("results", ()) if r["outcome"] == UpdateOutcome.DUPLICATE}
    with transaction.atomic(savepoint=False):  # the last order's transaction, where there is one
        if not (claim is None and rows.update(Delivery, columns, pk=delivery.pk, settled_at=None, claimed_until=None)):
            ours = Delivery.objects.filter(pk=delivery.pk, claimed_until=claim)
            before = ours.values_list("settled_at", "results").first()
            released = {"claimed_until": claim and timezone.now(), "next_try_at": None, "failures": 0}
            if before is None or not ours.update(**columns, **released):
                return False
            if before[0]:  # settled before: what it counted then is counted
                again -= {result["update"] for result in before[1] if "update" in result}
        if again:
            rows.run(orders.counting(again, Arrival(delivery.pk, delivery.received_at)))
    return True


def _outcome(document: onemg.Document, results: list[Result]) -> Outcome:
    """One word for the whole delivery: the one that a person most needs to know."""
    if document.problems:
        return Outcome.QUARANTINED
    found = {result["outcome"] for result in results}
    for outcome in (Outcome.APPLIED, Outcome.STALE, Outcome.DUPLICATE):
        if outcome in found:
            return outcome
    return Outcome.QUARANTINED


def _problem(problem: onemg.EntryProblem) -> Result:
    return {
        "entry": problem.entry,
        "outcome": "quarantined",
        "code": problem.code,
        "message": problem.message,
    }
