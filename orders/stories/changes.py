"""What an update changes: the difference between what it said and what was said before it. Pure.

    between(before, said)     what changed, as a delivery's page lists it
    sentences(changes)        the same in words, as far as a story tells it

`before` and `said` are values as `orders.said` keeps them. A part that is left out says nothing; of what is kept as a
mark only that it changed can be told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from orders.rupees import with_sign

INDIA: Final = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that became another. `old` is `None` where nothing was said before; of a mark both sides are."""

    part: str
    field: str = ""
    old: Any = None
    new: Any = None

    @property
    def is_of_a_mark(self) -> bool:
        """Whether it is only known that the value changed."""
        return (self.part, self.field) in _MARKS.values()


#: Key -> part and field of what is kept as its value.
_VALUES: Final = {
    "status": ("progress", "status_id"),
    "courier": ("shipment", "delivery_partner_name"),
    "waybill": ("shipment", "tracking_number"),
    "mode": ("payment", "mode"),
    "rx": ("prescriptions", "prescription_state"),
    "method": ("method", "payment_method"),
    "purchase": ("purchase", "merchant_order_id"),
    "group": ("group", "group_order_id"),
}
#: Key -> part and field of what is kept as a mark.
_MARKS: Final = {
    "tracking": ("shipment", "tracking_url"),
    "contact": ("shipment", "delivery_contact"),
    "links": ("invoice_links", ""),
    "skus": ("skus", ""),
    "invoices": ("invoices", ""),
    "customer": ("customer", ""),
    "address": ("address", ""),
    "papers": ("prescriptions", "prescriptions"),
}
_ETA: Final = ("eta_from", "eta_to")


def between(before: Mapping[str, Any], said: Mapping[str, Any]) -> list[Change]:
    """What `said` changes. A first mark is no change: an order begins with its items."""
    found = [
        Change(*name, before.get(key), said[key])
        for key, name in _VALUES.items()
        if key in said and said[key] != before.get(key, "" if isinstance(said[key], str) else None)
    ]
    if "eta" in said:
        pairs = zip(_ETA, before.get("eta", (None, None)), said["eta"], strict=True)
        found += [Change("eta", field, old, new) for field, old, new in pairs if old != new]
    old_money = before.get("money", {})
    money = said.get("money", {}).items()
    found += [Change("payment", k, old_money.get(k), v) for k, v in money if k not in old_money or old_money[k] != v]
    found += [Change(*name) for key, name in _MARKS.items() if key in said and said[key] != before.get(key, said[key])]
    return found


def sentences(changes: list[Change]) -> Iterator[str]:
    """Changes in words. A status has a line of its own."""
    by_name = {(change.part, change.field): change for change in changes}
    if eta := by_name.get(("eta", "eta_to")):
        yield _eta(eta)
    for name, word in _NAMED.items():
        if change := by_name.get(name):
            yield f"{word}: {change.new}" if change.new else f"{word} withdrawn"
    for key, word in _REFUNDS.items():
        if amount := by_name.get(("payment", key)):
            yield from _refund(word, amount)
    for name, sentence in _MARKED.items():
        if name in by_name:
            yield sentence
    rx = by_name.get(("prescriptions", "prescription_state"))
    if rx and (rx.old or "", rx.new) != ("", "none"):
        yield _PRESCRIPTIONS.get(rx.new, "Prescriptions withdrawn")


_NAMED: Final = {("shipment", "delivery_partner_name"): "Courier", ("shipment", "tracking_number"): "Waybill"}
_REFUNDS: Final = {"total_refund_due": "Refund due", "total_refunded_amount": "Refunded so far"}
#: How a change of items reads; which ones is not kept with an update.
ITEMS_CHANGED: Final = "Items changed"
_MARKED: Final = {
    ("skus", ""): ITEMS_CHANGED,
    ("invoices", ""): "Invoices changed",
    ("address", ""): "Delivery address changed",
    ("customer", ""): "Customer's contact changed",
}
_PRESCRIPTIONS: Final = {
    "rejected": "Prescription rejected",
    "in_progress": "Prescription being checked",
    "completed": "Prescription accepted",
    "other": "Prescription status changed",
}


def _eta(change: Change) -> str:
    if not change.new:
        return "Promise withdrawn"
    new = _day(change.new)
    return f"Promise moved from {_day(change.old)} to {new}" if change.old else f"Promised by 1mg: {new}"


def _refund(word: str, change: Change) -> Iterator[str]:
    """A first zero is no news; an amount that cannot be read is."""
    if change.new is None:
        yield f"{word}: not known"
    elif Decimal(change.new) != Decimal(change.old or 0):
        yield f"{word}: {with_sign(Decimal(change.new))}"


def _day(iso: str) -> str:
    """A stored UTC time as staff say it: day and minute in India."""
    return datetime.fromisoformat(iso).astimezone(INDIA).strftime("%a %d %b %H:%M")
