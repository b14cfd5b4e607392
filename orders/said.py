"""What of an update the story of its purchase needs: few values, small, never personal. Pure.

    said_of(update) -> Said     kept with the update, so that the story outlives the bytes

A part that the update left out has no key here. Of what is personal or long there is only a *mark*: that it changed can
be told from two marks, what it was can not. Six hex digits are enough to see a change and too few to find a phone
number by trying, since about six hundred numbers share each mark; the order's id is in it, so that nobody can tell two
customers to be the same one either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any, Final

from orders.lines import InvoiceLine, SkuLine
from orders.updates import AMOUNTS, Invoices, Same, Skus, Update

#: Key -> value as JSON keeps it.
Said = dict[str, Any]

#: Mark -> the part of an update that it stands for, and its columns.
_MARKS: Final = {
    "tracking": ("shipment", ("tracking_url",)),
    "contact": ("shipment", ("delivery_contact", "delivery_contact_name")),
    "links": ("invoice_links", ("invoice_shipping_url", "invoice_order_url")),
    "customer": ("customer", ("email", "contact_number")),
    "address": ("address", ("delivery_address",)),
    "papers": ("prescriptions", ("prescriptions",)),
}


def said_of(update: Update) -> Said:
    """The values and marks of one update."""
    said: Said = {}
    for name in _SAYING:
        part = getattr(update, name)
        if part is not None:
            said |= part.said if isinstance(part, Same) else said_by(update.order_id, name, part)
    return said


def said_by(order_id: str, name: str, part: Any) -> Said:
    """The values and marks of one part."""
    said = _WORDS[name](part) if name in _WORDS else {}
    for mark, (of, columns) in _MARKS.items():
        if of == name:
            said[mark] = _mark(order_id, mark, [getattr(part, column) for column in columns])
    if isinstance(part, Skus | Invoices):
        said[name] = _mark(order_id, name, list(map(_line, part.lines)))
    return said


def _payment(part: Any) -> Said:
    amounts = {key: value for key, value in part.payment_summary.items() if key in AMOUNTS}
    method = {"method": part.mode} if part.mode else {}
    return {"mode": part.mode, "money": amounts} | method


_WORDS: Final[dict[str, Callable[[Any], Said]]] = {
    "progress": lambda part: {"status": part.status_id},
    "eta": lambda part: {"eta": [_moment(part.eta_from), _moment(part.eta_to)]},
    "shipment": lambda part: {"courier": part.delivery_partner_name, "waybill": part.tracking_number},
    "payment": _payment,
    "prescriptions": lambda part: {"rx": part.prescription_state},
    "purchase": lambda part: {"purchase": part.merchant_order_id},
    "group": lambda part: {"group": part.group_order_id},
}


#: The parts that say any of it.
_SAYING: Final = tuple(dict.fromkeys([*_WORDS, *(of for of, _columns in _MARKS.values()), "skus", "invoices"]))


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


_encode: Final = json.JSONEncoder(sort_keys=True, default=str).encode


def _mark(order_id: str, name: str, values: Iterable[Any]) -> str:
    return hashlib.sha256(_encode([order_id, name, values]).encode()).hexdigest()[:6]


#: Class of a line -> its fields, each with its default.
_FIELDS: Final = {line: [(field.name, field.default) for field in fields(line)] for line in (SkuLine, InvoiceLine)}


def _line(line: SkuLine | InvoiceLine) -> Said:
    """What a line says: a field that is added to the class leaves the marks of lines that do not say it alone."""
    return {name: value for name, default in _FIELDS[type(line)] if (value := getattr(line, name)) != default}
