"""The parts of an update, one function each: 1mg's JSON in, `orders.updates` values out. Pure.

ORDER, GROUP    part -> its key in 1mg's body, its JSON type, and the function that translates it
Sent            a part as it was sent: translated when it is asked for, known again by its mark
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from orders import prescriptions
from orders.choices import Flag, PaymentMethod
from orders.lines import InvoiceLine, SkuLine, sku_key
from orders.updates import (
    AMOUNTS,
    Address,
    Customer,
    Eta,
    InvoiceLinks,
    Invoices,
    Part,
    Payment,
    Prescriptions,
    Progress,
    Shipment,
    Skus,
)
from orders.words import normal
from webhooks.bounds import MOST_LINK
from webhooks.values import Flags, clipped, flag_or_none, money, quantity, text, time, whole

#: 1mg's words for how a purchase is paid, as they are compared.
_METHODS: Final = {normal(method): str(method) for method in PaymentMethod}


def progress(value: dict[str, Any], flags: Flags) -> Progress:
    """`order_status`; no update can be judged without it, so it is not among the parts that wait to be asked for."""
    return Progress(
        status_id=whole(value.get("status_id")),
        title=text(value.get("title"), flags),
        # The Track page spells it `subtitle`.
        sub_title=text(value.get("sub_title", value.get("subtitle")), flags),
    )


def _eta(value: dict[str, Any], flags: Flags) -> Eta:
    start, end = time(value.get("eta_from"), flags), time(value.get("eta_to"), flags)
    if start and end and start > end:
        flags.add(Flag.ETA_REVERSED)
    return Eta(eta_from=start, eta_to=end)


def _shipment(value: dict[str, Any], flags: Flags) -> Shipment:
    return Shipment(
        delivery_partner_name=text(value.get("delivery_partner_name"), flags, 200),
        tracking_url=text(value.get("tracking_url"), flags, MOST_LINK),
        tracking_number=text(value.get("tracking_number"), flags, 100),
        delivery_contact=text(value.get("delivery_contact"), flags, 40),  # printed as 1234 and as "9876543210"
        delivery_contact_name=text(value.get("delivery_contact_name"), flags, 200),
    )


def _invoice_links(value: dict[str, Any], flags: Flags) -> InvoiceLinks:
    return InvoiceLinks(
        invoice_shipping_url=text(value.get("shipping"), flags, MOST_LINK),
        invoice_order_url=text(value.get("order"), flags, MOST_LINK),
    )


def _payment(value: dict[str, Any], flags: Flags) -> Payment:
    value = clipped(value, flags)
    summary = {key: _amount(item, flags) if key in AMOUNTS else item for key, item in value.items()}
    for key in ("vas", "additional_charges"):
        if value.get(key) is not None:
            summary[key] = _charges(value[key], flags)
    due = _sum(summary, "total_refund_due", "total_refunded_amount")
    collected = _sum(summary, "online_collected", "amount_collected")
    if due is not None and collected is not None and due > collected:
        flags.add(Flag.REFUND_EXCEEDS)
    return Payment(mode=_mode(text(value.get("mode"), flags, 16), flags), payment_summary=summary)


def _mode(said: str, flags: Flags) -> str:
    """How it is paid, in 1mg's own word; another word as it came."""
    if not said.strip():
        return ""
    if known := _METHODS.get(normal(said)):
        return known
    flags.add(Flag.WORD_UNKNOWN)
    return said


def _charges(value: Any, flags: Flags) -> Any:
    """A list of charges with their amounts cleaned; what is none of that stays as it came, and is flagged."""
    _objects(value, flags)
    if not isinstance(value, list):
        return value
    return [_charge(line, flags) if isinstance(line, dict) else line for line in value]


def _charge(line: dict[str, Any], flags: Flags) -> dict[str, Any]:
    return line | {"amount": _amount(line["amount"], flags)} if "amount" in line else line


def _amount(value: Any, flags: Flags) -> str | None:
    """An amount as the summary keeps it: `None` is unknown, a key that is not there was not said."""
    amount = money(value, flags)
    return None if amount is None else f"{amount:.2f}"


def _sum(summary: dict[str, Any], *keys: str) -> Decimal | None:
    """The sum of what was said of `keys`; `None` where some of it is unknown, or nothing was said."""
    said = [summary[key] for key in keys if key in summary]
    return sum(map(Decimal, said), Decimal(0)) if said and None not in said else None


def _skus(value: list[Any], flags: Flags) -> Skus:
    """Every line there is: 1mg lists a SKU twice where a part of it is free."""
    lines: dict[str, SkuLine] = {}
    listed = Counter[str]()
    for item in _objects(value, flags):
        sku_id = text(item.get("sku_id"), flags, 64)
        if not sku_id:
            flags.add(Flag.PART_UNREADABLE)
        while (key := sku_key(sku_id, listed[sku_id])) in lines:
            listed[sku_id] += 1
        lines[key] = _sku(item, key, listed[sku_id], flags)
    return Skus(tuple(lines.values()))


def _objects(value: Any, flags: Flags) -> list[dict[str, Any]]:
    """The objects of a list; whatever else stands there is flagged."""
    found = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    if value is not None and (not isinstance(value, list) or len(found) < len(value)):
        flags.add(Flag.PART_UNREADABLE)
    return found


def _sku(item: dict[str, Any], key: str, again: int, flags: Flags) -> SkuLine:
    return SkuLine(
        sku_id=key,
        again=again,
        name=text(item.get("name"), flags),
        pack_size_label=text(item.get("pack_size_label"), flags),
        quantity=quantity(item.get("normalized_quantity"), flags),
        mrp=money(item["mrp"], flags) if "mrp" in item else None,
        offered_price=money(item["offered_price"], flags) if "offered_price" in item else None,
        sku_type=text(item.get("sku_type"), flags, 40),
        prescription_required=flag_or_none(item.get("prescription_required"), flags),
        prescription_verified=flag_or_none(item.get("prescription_verified"), flags),
        prescription_status=text(item.get("prescription_status"), flags),
    )


def _invoices(value: dict[str, Any], flags: Flags) -> Invoices:
    lines: dict[str, InvoiceLine] = {}
    for key, item in value.items():
        if not isinstance(item, dict):
            flags.add(Flag.PART_UNREADABLE)
            continue
        number = text(key, flags, 64)
        if number in lines:  # two long numbers that are one where they are cut
            number = f"{number[:50]}#{len(lines)}"
        lines[number] = InvoiceLine(
            number=number,
            url=text(item.get("invoice_url"), flags, MOST_LINK),
            doctor_name=text(item.get("doctor_name"), flags),
            patient_name=text(item.get("patient_name"), flags),
            skus=tuple(_invoiced(clipped(line, flags), flags) for line in _objects(item.get("skus"), flags)),
        )
    return Invoices(tuple(lines.values()))


def _invoiced(line: dict[str, Any], flags: Flags) -> dict[str, Any]:
    """A line of an invoice as published, but for a price that nobody can read."""
    return line | {"mrp": None} if "mrp" in line and money(line["mrp"], flags) is None else line


def _customer(value: dict[str, Any], flags: Flags) -> Customer:
    return Customer(
        email=text(value.get("email"), flags, 254), contact_number=text(value.get("contact_number"), flags, 40)
    )


def _address(value: dict[str, Any], flags: Flags) -> Address:
    return Address(
        customer_name=text(value.get("name"), flags, 200),
        city=text(value.get("city"), flags, 100),
        pincode=text(value.get("pincode"), flags, 20),
        state=text(value.get("state"), flags, 100),
        delivery_address=clipped(value, flags),
    )


def _prescriptions(value: list[Any], flags: Flags) -> Prescriptions:
    papers = [
        {
            "url": text(item.get("url"), flags, MOST_LINK),
            "status": text(item.get("status"), flags),
            "reason": text(item.get("reason"), flags),
        }
        for item in _objects(value, flags)
    ]
    if any(paper["status"].strip() and prescriptions.word(paper["status"]) == prescriptions.OTHER for paper in papers):
        flags.add(Flag.WORD_UNKNOWN)
    return Prescriptions(tuple(papers), prescriptions.state(papers))


# --- as they were sent ------------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """Where a part stands in 1mg's body, and how it is translated."""

    key: str
    type: type
    translate: Callable[[Any, Flags], Part]


ORDER: Final[Mapping[str, Kind]] = {
    "eta": Kind("eta", dict, _eta),
    "shipment": Kind("shipment_detail", dict, _shipment),
    "invoice_links": Kind("invoice", dict, _invoice_links),
    "payment": Kind("payment_summary", dict, _payment),
    "skus": Kind("skus", list, _skus),
    "invoices": Kind("invoice_data", dict, _invoices),
}
GROUP: Final[Mapping[str, Kind]] = {
    "customer": Kind("user", dict, _customer),
    "address": Kind("delivery_address", dict, _address),
    "prescriptions": Kind("prescriptions", list, _prescriptions),
}


class Sent:
    """A part as it was sent. `mark`: names its text, 1mg's own in canonical form."""

    __slots__ = ("_flags", "_kind", "_part", "_value", "mark")

    def __init__(self, kind: Kind, value: Any, canonical: str) -> None:
        self._kind, self._value = kind, value
        self._part: Part | None = None
        self._flags: frozenset[str] | None = None
        self.mark = hashlib.blake2b(canonical.encode("ascii"), digest_size=8).hexdigest()

    def read(self) -> tuple[Part | None, frozenset[str]]:
        """The part, and the flags of reading it. Of another JSON type than published it says nothing."""
        if self._flags is None:
            flags: Flags = set()
            if isinstance(self._value, self._kind.type):
                self._part = self._kind.translate(self._value, flags)
            else:
                flags.add(Flag.PART_UNREADABLE)
            self._flags = frozenset(flags)
        return self._part, self._flags
