"""The story of a purchase: what an update adds to it, in words, and the one statement that appends a line.

A line keeps what happened, not how it compares: "was Packaging for 3 h" depends on lines that may still arrive, so
the page works that out from the whole story (`orders/story.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders import rows
from orders.choices import Flag, Kind, Outcome, Source
from orders.fold import Arrival, Folded
from orders.models import Act, GroupedOrder, OrderUpdate
from orders.statuses import status_of
from orders.updates import Update

_INDIA = timezone.get_fixed_timezone(330)


def writing(entries: Sequence[Act]) -> rows.Statement | None:
    """The statement that appends lines to the story; there is no other."""
    return rows.inserting(entries)


def of_update(
    order: GroupedOrder,
    update: Update,
    row: OrderUpdate,
    folded: Folded,
    arrival: Arrival,
    before: int | None,
    flagged: Collection[str],
) -> list[Act]:
    """The lines one update adds: its status when that is news, what else changed, what a person should look at.

    `before` is the status shown until now, `flagged` what was marked. A stale update tells its status too: it happened,
    we only hear of it late.
    """
    at = datetime.fromtimestamp(folded.position.at_ms / 1000, tz=_INDIA) if folded.trusted else arrival.received_at

    def line(kind: Kind, text: str, status_id: int | None = None) -> Act:
        return Act(
            group_id=order.group_id,
            order_id=order.pk,
            update_id=row.pk,
            at=at,
            received_at=arrival.received_at,
            source=Source.ONEMG,
            kind=kind,
            status_id=status_id,
            text=text,
        )

    lines = []
    status_id = update.progress.status_id if update.progress else None
    if update.progress and (status_id != before or folded.outcome is Outcome.STALE):
        lines.append(line(Kind.STATUS, status_of(status_id).label, status_id))
    lines += [line(Kind.CHANGE, text) for text in sentences(row.changes)]
    lines += [line(Kind.REVIEW, str(Flag(flag).label)) for flag in sorted({*order.review_flags} - {*flagged})]
    return lines


def sentences(changes: list[dict[str, Any]]) -> Iterator[str]:
    """The recorded changes of one update, in words. Status has a line of its own; first values are no change."""
    said = {(c["part"], c["field"]): c for c in changes}
    if eta := said.get(("eta", "eta_to")):
        if eta["old"] and eta["new"]:
            yield f"ETA moved from {_moment(eta['old'])} to {_moment(eta['new'])}"
        elif eta["new"]:
            yield f"ETA given: {_moment(eta['new'])}"
        else:
            yield "ETA withdrawn"
    if courier := said.get(("shipment", "delivery_partner_name")):
        yield f"Courier: {courier['new']}" if courier["new"] else "Courier withdrawn"
    if waybill := said.get(("shipment", "tracking_number")):
        yield f"Waybill: {waybill['new']}" if waybill["new"] else "Waybill withdrawn"
    for key, words in _REFUNDS.items():
        amount = said.get(("payment", key))
        if amount and amount["new"] is None:
            yield f"{words}: not known"
        elif amount and Decimal(amount["new"]) != Decimal(amount["old"] or 0):  # a first zero is no news
            yield f"{words}: ₹{amount['new']}"
    for part, sentence in _LISTS.items():
        if (part, "") in said:
            yield sentence
    rx = said.get(("prescriptions", "prescription_state"))
    if rx and (rx["old"] or "", rx["new"]) != ("", "none"):
        yield _PRESCRIPTIONS.get(rx["new"], "Prescriptions withdrawn")


_LISTS = {
    "skus": "Items changed",
    "invoices": "Invoices changed",
    "address": "Delivery address changed",
    "customer": "Customer's contact changed",
}
_REFUNDS = {"total_refund_due": "Refund due", "total_refunded_amount": "Refunded so far"}
_PRESCRIPTIONS = {
    "rejected": "Prescription rejected",
    "in_progress": "Prescription being checked",
    "completed": "Prescription accepted",
    "other": "Prescription status changed",
}


def _moment(iso: str) -> str:
    """A stored UTC time as staff say it: day and minute in India."""
    return datetime.fromisoformat(iso).astimezone(_INDIA).strftime("%a %d %b %H:%M")
