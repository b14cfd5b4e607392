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
from webhooks.bounds import MOST_LINK
from webhooks.pieces import Oddity, Piece
from webhooks.values import whole


def progress(said: Piece) -> Progress:
    """`order_status`; no update can be judged without it, so it is not among the parts that wait to be asked for."""
    return Progress(
        status_id=whole(said.value.get("status_id")),
        title=said.text("title"),
        # The Track page spells it `subtitle`.
        sub_title=said.text("sub_title" if "sub_title" in said.value else "subtitle"),
    )


def _eta(said: Piece) -> Eta:
    start, end = said.time("eta_from"), said.time("eta_to")
    if start and end and start > end:
        said.note(Flag.ETA_REVERSED)
    return Eta(eta_from=start, eta_to=end)


def _shipment(said: Piece) -> Shipment:
    return Shipment(
        delivery_partner_name=said.text("delivery_partner_name", 200),
        tracking_url=said.text("tracking_url", MOST_LINK),
        tracking_number=said.text("tracking_number", 100),
        delivery_contact=said.text("delivery_contact", 40),  # printed as 1234 and as "9876543210"
        delivery_contact_name=said.text("delivery_contact_name", 200),
    )


def _invoice_links(said: Piece) -> InvoiceLinks:
    return InvoiceLinks(
        invoice_shipping_url=said.text("shipping", MOST_LINK), invoice_order_url=said.text("order", MOST_LINK)
    )


def _payment(said: Piece) -> Payment:
    summary = said.clipped()
    summary |= {key: _amount(said, key) for key in summary.keys() & AMOUNTS}
    for key in ("vas", "additional_charges"):
        if summary.get(key) is not None:
            summary[key] = _charges(Piece(summary[key], said.below(key), said.odd))
    due = _sum(summary, "total_refund_due", "total_refunded_amount")
    collected = _sum(summary, "online_collected", "amount_collected")
    if due is not None and collected is not None and due > collected:
        said.note(Flag.REFUND_EXCEEDS)
    return Payment(mode=_mode(said), payment_summary=summary)


def _mode(said: Piece) -> str:
    """How it is paid, in 1mg's own word; another word as it came."""
    mode = said.text("mode", 16)
    if not mode.strip():
        return ""
    if known := PaymentMethod.read(mode):
        return str(known)
    said.note(Flag.WORD_UNKNOWN, "mode")
    return mode


def _charges(said: Piece) -> Any:
    """A list of charges with their amounts cleaned; what is none of that stays as it came, and is odd."""
    return [_charge(line) for line in said.items()] if said.is_list() else said.value


def _charge(said: Piece) -> Any:
    if not said.is_object() or "amount" not in said.value:
        return said.value
    return said.value | {"amount": _amount(said, "amount")}


def _amount(said: Piece, key: str) -> str | None:
    """An amount as the summary keeps it: `None` is unknown, a key that is not there was not said."""
    amount = said.money(key)
    return None if amount is None else f"{amount:.2f}"


def _sum(summary: dict[str, Any], *keys: str) -> Decimal | None:
    """The sum of what was said of `keys`; `None` where some of it is unknown, or nothing was said."""
    said = [summary[key] for key in keys if key in summary]
    return sum(map(Decimal, said), Decimal(0)) if said and None not in said else None


def _skus(said: Piece) -> Skus:
    """Every line there is: 1mg lists a SKU twice where a part of it is free."""
    lines: dict[str, SkuLine] = {}
    listed = Counter[str]()
    for line in said.objects():
        sku_id = line.text("sku_id", 64)
        if not sku_id:
            line.note(Flag.PART_UNREADABLE, "sku_id")
        while (key := sku_key(sku_id, listed[sku_id])) in lines:
            listed[sku_id] += 1
        lines[key] = _sku(line, key, listed[sku_id])
    return Skus(tuple(lines.values()))


def _sku(said: Piece, key: str, again: int) -> SkuLine:
    return SkuLine(
        sku_id=key,
        again=again,
        name=said.text("name"),
        pack_size_label=said.text("pack_size_label"),
        quantity=said.quantity("normalized_quantity"),
        mrp=said.money("mrp"),
        offered_price=said.money("offered_price"),
        sku_type=said.text("sku_type", 40),
        prescription_required=said.yes_or_no("prescription_required"),
        prescription_verified=said.yes_or_no("prescription_verified"),
        prescription_status=said.text("prescription_status"),
    )


def _invoices(said: Piece) -> Invoices:
    """In the order of their numbers: the keys of an object stand in none."""
    lines: dict[str, InvoiceLine] = {}
    for key, one in sorted(said.by_key().items()):
        number = key[:64]
        if number != key:
            one.note(Flag.PART_UNREADABLE)
        if number in lines:  # two long numbers that are one where they are cut
            number = f"{number[:50]}#{len(lines)}"
        lines[number] = InvoiceLine(
            number=number,
            url=one.text("invoice_url", MOST_LINK),
            doctor_name=one.text("doctor_name"),
            patient_name=one.text("patient_name"),
            skus=tuple(map(_invoiced, one.at("skus").objects())),
        )
    return Invoices(tuple(lines.values()))


def _invoiced(said: Piece) -> dict[str, Any]:
    """A line of an invoice as published, but for a price that nobody can read."""
    line = said.clipped()
    return line | {"mrp": None} if "mrp" in line and said.money("mrp") is None else line


def _customer(said: Piece) -> Customer:
    return Customer(email=said.text("email", 254), contact_number=said.text("contact_number", 40))


def _address(said: Piece) -> Address:
    return Address(
        customer_name=said.text("name", 200),
        city=said.text("city", 100),
        pincode=said.text("pincode", 20),
        state=said.text("state", 100),
        delivery_address=said.clipped(),
    )


def _prescriptions(said: Piece) -> Prescriptions:
    papers = [_paper(paper) for paper in said.objects()]
    return Prescriptions(tuple(papers), prescriptions.state(papers))


def _paper(said: Piece) -> dict[str, str]:
    status = said.text("status")
    if status.strip() and prescriptions.word(status) == prescriptions.OTHER:
        said.note(Flag.WORD_UNKNOWN, "status")
    return {"url": said.text("url", MOST_LINK), "status": status, "reason": said.text("reason")}


# --- as they were sent ------------------------------------------------------------------------------------------------


class Kind(NamedTuple):
    """Where a part stands in 1mg's body, and how it is translated."""

    key: str
    type: type
    translate: Callable[[Piece], Part]


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
    """A part as it was sent. `mark`: names its text, 1mg's own in canonical form. `holder`: the place it stands in."""

    __slots__ = ("_holder", "_kind", "_odd", "_part", "_value", "mark")

    def __init__(self, kind: Kind, value: Any, canonical: str, holder: Piece) -> None:
        self._kind, self._value, self._holder = kind, value, holder
        self._part: Part | None = None
        self._odd: list[Oddity] | None = None
        self.mark = hashlib.blake2b(canonical.encode("ascii"), digest_size=8).hexdigest()

    def read(self) -> tuple[Part | None, frozenset[str]]:
        """The part, and the flags of reading it. Of another JSON type than published it says nothing."""
        odd = self.oddities()
        return self._part, frozenset(oddity.flag for oddity in odd)

    def oddities(self) -> list[Oddity]:
        """What is odd about it."""
        if self._odd is None:
            self._odd = []
            said = Piece(self._value, self._holder.below(self._kind.key), self._odd)
            if isinstance(self._value, self._kind.type):
                self._part = self._kind.translate(said)
            else:
                said.note(Flag.PART_UNREADABLE)
        return self._odd
