"""What came of a delivery, order by order: `{"order_id", "outcome", "status_id", "update", "flags"}` each.

    of(applied), again(row), of_rows(delivery, rows)    what came of an update
    described(document, results)                        the columns that keep it
    fill(deliveries)                                    for a list or a page: the first results of each
    in_full(delivery)                                   all of them

What the rows of the updates tell is not kept a second time (`webhooks.models.Delivery`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from orders.choices import Outcome as UpdateOutcome
from orders.models import OrderUpdate
from orders.services import Applied
from webhooks import onemg
from webhooks.models import SHOWN, Delivery, Outcome

Result = dict[str, Any]


def of(applied: Applied) -> Result:
    """What came of one update just now."""
    return _result(applied.order_id, applied.outcome, applied.status_id, applied.update_id, applied.flags)


def of_rows(delivery: Delivery, rows: Iterable[OrderUpdate]) -> list[Result]:
    """What came of a delivery's updates: of those that another one brought first, that they were received again."""
    return [
        _result(row.order_id, row.outcome, row.status_id, row.pk, row.flags)
        if row.delivery_id == delivery.pk
        else _result(row.order_id, UpdateOutcome.DUPLICATE, row.status_id, row.pk, [])
        for row in rows
    ]


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
    known = [result for result in results if result["outcome"] == UpdateOutcome.DUPLICATE]
    return {
        "outcome": _outcome(document, results),
        "problem": "; ".join(problem.code for problem in document.problems)[:200],
        "results": [*known, *map(_problem, document.problems)],
        "brought": len(results) - len(known),
        "unknown_keys": list(document.unknown_keys),
    }


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


# --- read again -------------------------------------------------------------------------------------------------------


def fill(deliveries: Sequence[Delivery]) -> None:
    """Set `first_results` and `result_count` on deliveries from `for_list`, in one query for all of them."""
    first = OrderUpdate.objects.filter(entry__lt=SHOWN)
    rows = _rows(deliveries, first)
    for delivery in deliveries:
        told = of_rows(delivery, rows[delivery.pk])
        delivery.first_results = [*told, *delivery.first_apart][:SHOWN]  # type: ignore[attr-defined]
        delivery.result_count = (delivery.brought or 0) + delivery.count_apart  # type: ignore[attr-defined]


def in_full(delivery: Delivery) -> list[Result]:
    """Everything that came of a delivery, by order, its problems last."""
    rows = _rows([delivery], OrderUpdate.objects.all())
    told = of_rows(delivery, rows[delivery.pk])
    return sorted([*told, *delivery.results], key=lambda result: ("order_id" not in result, result.get("order_id", "")))


def _rows(deliveries: Sequence[Delivery], among: Any) -> dict[int, list[OrderUpdate]]:
    """The updates that the deliveries were the first to bring, where their rows tell of them."""
    named = {delivery.pk for delivery in deliveries if delivery.brought}
    found: dict[int, list[OrderUpdate]] = defaultdict(list)
    for row in among.filter(delivery_id__in=named).defer("changes").order_by("order_id", "entry"):
        found[row.delivery_id].append(row)
    return found
