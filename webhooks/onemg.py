"""Reading 1mg's order updates: bytes in, `orders.updates` values or a named problem out. Pure: no ORM, no request.

    read(body) -> Document      raises `strict_json.BodyProblem` where the bytes are no JSON object

Rests on 1mg's page "Merchant Order Updates" and its ten published bodies. Whatever is JSON is kept: a broken part
becomes a flag, a broken entry a problem of its own while its siblings go on, an unknown key is counted and stays in
the bytes.

To read a field that 1mg starts sending: add it to its part in `orders/updates.py`, add one line to that part's
function here (and its name to `KEYS`), and add the column to `orders/models.py` (`makemigrations` does the rest).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final, TypeVar

from orders import prescriptions
from orders.choices import Flag
from orders.statuses import status_of
from orders.updates import (
    AMOUNTS,
    Address,
    Customer,
    Dates,
    Eta,
    Group,
    InvoiceLine,
    InvoiceLinks,
    Invoices,
    Part,
    Payment,
    Prescriptions,
    Progress,
    Purchase,
    Shipment,
    SkuLine,
    Skus,
    Update,
    sku_key,
)
from webhooks import bounds, strict_json
from webhooks.bounds import MOST_LINK
from webhooks.values import Flags, clipped, flag_or_none, milliseconds, money, quantity, text, time, whole

P = TypeVar("P", bound=Part)

#: Bumped when identity is worked out differently, so that old and new never meet by accident.
DIGEST_VERSION: Final = "v1:"
#: What of a document, beside the order itself, makes an update another one. Fixed with the version: adding a key here
#: would give everything ever received a new identity.
IDENTITY: Final = ("group_order_id", "merchant_order_id", "user", "delivery_address", "prescriptions")
#: Ids travel into our URLs and 1mg's; what does not fit this never gets there (reliability.md D8).
ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

#: The keys that 1mg's page names, by place (`*`: the keys of that place are data); any other is reported as drift.
KEYS: Final[dict[str, AbstractSet[str]]] = {
    "": {"grouped_orders", "prescriptions", "group_order_id", "user", "delivery_address", "merchant_order_id"},
    "user": {"email", "contact_number"},
    "delivery_address": {
        "address_type",
        "city",
        "contact_number",
        "country",
        "landmark",
        "latitude",
        "locality",
        "locality2",
        "longitude",
        "name",
        "pincode",
        "state",
        "street1",
        "street2",
    },
    "prescriptions": {"url", "status", "reason"},
    "grouped_orders": {
        "order_id",
        "payment_summary",
        "eta",
        "created",
        "updated",
        "invoice_data",
        "invoice",
        "order_status",
        "shipment_detail",
        "skus",
    },
    "grouped_orders.order_status": {"status_id", "title", "sub_title", "subtitle"},
    "grouped_orders.eta": {"eta_from", "eta_to"},
    "grouped_orders.shipment_detail": {
        "delivery_partner_name",
        "tracking_url",
        "tracking_number",
        "delivery_contact",
        "delivery_contact_name",
    },
    "grouped_orders.payment_summary": AMOUNTS | {"mode", "vas", "additional_charges", "allow_payment_retry"},
    "grouped_orders.payment_summary.vas": {"amount", "display_text", "id"},
    "grouped_orders.skus": {
        "pack_size_label",
        "normalized_quantity",
        "offered_price",
        "prescription_verified",
        "prescription_required",
        "prescription_status",
        "sku_id",
        "sku_type",
        "mrp",
        "name",
    },
    "grouped_orders.invoice": {"shipping", "order"},
    "grouped_orders.invoice_data": {"*"},
    "grouped_orders.invoice_data.*": {"skus", "doctor_name", "patient_name", "invoice_url"},
    "grouped_orders.invoice_data.*.skus": {"mrp", "name", "quantity", "onemg_sku_id"},
}


@dataclass(frozen=True, slots=True)
class EntryProblem:
    """JSON that cannot be applied: quarantined until a person or a code fix looks. `entry`: its place, if any."""

    entry: int | None
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Document:
    """What one body says. `updates` stand in the order of their ids, the order in which rows are locked."""

    updates: tuple[Update, ...] = ()
    problems: tuple[EntryProblem, ...] = ()
    unknown_keys: tuple[str, ...] = ()


def read(body: bytes) -> Document:
    """Translate one body. Raises `strict_json.BodyProblem`."""
    root = strict_json.parse(body)
    flags: Flags = set()
    if b"\\u" in body and (repaired := strict_json.repair(root)) != root:
        root = repaired
        flags.add(Flag.TEXT_REPAIRED)
    # "Example API" prints the document bare, all nine later samples wrap it in `result`.
    source, beside = root, dict[str, Any]()
    if isinstance(root.get("result"), dict):
        source, beside = root["result"], {key: None for key in root if key != "result"}
        if "grouped_orders" in root:
            flags.add(Flag.TWO_ENVELOPES)
    entries = source.get("grouped_orders")
    crowded = bounds.is_crowded if bounds.may_be_crowded(body) else _never
    if isinstance(entries, list) and len(entries) > bounds.MOST_ORDERS:
        return Document(problems=(_TOO_MANY_ORDERS,))
    if any(crowded(source.get(key)) for key in IDENTITY):
        return Document(problems=(_TOO_MANY_LINES,))
    unknown: set[str] = set()
    _note_unknown("", beside | source, unknown)
    names = tuple(sorted(unknown)[: bounds.MOST_UNKNOWN])
    if not isinstance(entries, list) or not entries:
        nothing = EntryProblem(None, "no_orders", "grouped_orders is missing, empty or not a list.")
        return Document(problems=(nothing,), unknown_keys=names)
    few = [replace(_TOO_MANY_LINES, entry=n) if crowded(entry) else entry for n, entry in enumerate(entries)]
    updates, problems = _entries(source, few, flags)
    return Document(updates, problems, names)


def _never(value: Any) -> bool:
    return False


_TOO_MANY_ORDERS: Final = EntryProblem(
    None, "too_many_orders", f"grouped_orders has more than {bounds.MOST_ORDERS} entries."
)
_TOO_MANY_LINES: Final = EntryProblem(
    None, "too_many_lines", f"A list or an object has more than {bounds.MOST_LINES} items."
)


def _entries(
    source: dict[str, Any], entries: list[Any], flags: Flags
) -> tuple[tuple[Update, ...], tuple[EntryProblem, ...]]:
    updates: dict[str, Update] = {}
    problems: list[EntryProblem] = []
    common = _common(source, flags)
    for number, entry in enumerate(entries):
        found = _entry(common, number, entry, flags)
        if isinstance(found, EntryProblem):
            problems.append(found)
        else:
            updates.setdefault(found.digest, found)  # the same content twice is said once
    ordered = sorted(updates.values(), key=lambda u: (u.order_id, u.entry))
    times = Counter(u.order_id for u in ordered)
    if len(times) < len(ordered):
        twice = {Flag.LISTED_TWICE}
        ordered = [replace(u, flags=u.flags | twice) if times[u.order_id] > 1 else u for u in ordered]
    return tuple(ordered), tuple(problems)


@dataclass(frozen=True, slots=True)
class _Common:
    """What a document says for all of its orders, translated once: `parts` are fields of `Update`."""

    digest: str
    parts: dict[str, Any]


def _common(source: dict[str, Any], flags: Flags) -> _Common:
    purchase, group = _id(source, "merchant_order_id", flags), _id(source, "group_order_id", flags)
    said = {key: source.get(key) for key in IDENTITY}
    parts = {
        "purchase": Purchase(purchase) if purchase else None,
        "group": Group(group) if group else None,
        "customer": _said(source, "user", dict, flags, _customer),
        "address": _said(source, "delivery_address", dict, flags, _address),
        "prescriptions": _said(source, "prescriptions", list, flags, _prescriptions),
    }
    return _Common(hashlib.sha256(strict_json.canonical(said)).hexdigest(), parts)


def _digest(entry: dict[str, Any], common: _Common) -> str:
    """The identity of what is said about one order: the order, and the group-level parts that we apply.

    Not the whole body, in which an unchanged sibling would change with the others; not `(order_id, updated, status)`,
    which two different published bodies share.
    """
    return DIGEST_VERSION + hashlib.sha256(strict_json.canonical([entry, common.digest])).hexdigest()


def _entry(common: _Common, number: int, entry: Any, inherited: Flags) -> Update | EntryProblem:
    """One order of the document, or why it cannot be one."""
    if isinstance(entry, EntryProblem):
        return entry
    if not isinstance(entry, dict):
        return EntryProblem(number, "entry_not_an_object", "An entry of grouped_orders is not an object.")
    order_id = entry.get("order_id")
    if not isinstance(order_id, str) or not order_id:
        return EntryProblem(number, "order_id_missing", "An entry has no order_id.")
    if not ID.fullmatch(order_id):
        return EntryProblem(
            number, "order_id_invalid", "An order_id has other characters than letters, digits, - and _."
        )
    flags = set(inherited)
    progress = _said(entry, "order_status", dict, flags, _progress)
    payment = _said(entry, "payment_summary", dict, flags, _payment)
    _remark(flags, progress, payment)
    return Update(
        order_id=order_id,
        digest=_digest(entry, common),
        entry=number,
        updated_ms=milliseconds(entry.get("updated")),
        updated_raw=text(entry.get("updated"), flags, 64),
        progress=progress,
        dates=_dates(entry, flags),
        eta=_said(entry, "eta", dict, flags, _eta),
        shipment=_said(entry, "shipment_detail", dict, flags, _shipment),
        invoice_links=_said(entry, "invoice", dict, flags, _invoice_links),
        payment=payment,
        skus=_said(entry, "skus", list, flags, _skus),
        invoices=_said(entry, "invoice_data", dict, flags, _invoices),
        flags=frozenset(flags),
        **common.parts,
    )


def _remark(flags: Flags, progress: Progress | None, payment: Payment | None) -> None:
    """Flag what is odd about the entry as a whole."""
    if progress is None:
        flags.add(Flag.STATUS_MISSING)
    elif not status_of(progress.status_id).known:
        flags.add(Flag.UNKNOWN_STATUS)
    elif progress.status_id == 180 and payment and payment.mode not in ("", "COD"):
        flags.add(Flag.MODE_MISMATCH)  # the page: "Waiting for Online Payment - Occurs when in a COD"


def _note_unknown(place: str, value: Any, found: set[str]) -> None:
    """Add the keys that 1mg's page does not name: news for an engineer."""
    if isinstance(value, list):
        for item in value:
            _note_unknown(place, item, found)
    elif isinstance(value, dict):
        if "*" in KEYS[place]:
            for item in value.values():
                _note_unknown(f"{place}.*", item, found)
            return
        if unknown := value.keys() - KEYS[place]:
            found.update(f"{place}.{key}"[:80] if place else key[:80] for key in unknown)
        for key, inner in _INNER[place]:
            if key in value:
                _note_unknown(inner, value[key], found)


#: The places inside of each place.
_INNER: Final = {
    place: [(inner.rpartition(".")[2], inner) for inner in KEYS if inner and inner.rpartition(".")[0] == place]
    for place in KEYS
}


def _id(source: dict[str, Any], key: str, flags: Flags) -> str | None:
    value = text(source.get(key), flags)
    if value and not ID.fullmatch(value):
        flags.add(Flag.PART_UNREADABLE)
        return None
    return value or None


def _said(holder: dict[str, Any], key: str, kind: type, flags: Flags, translate: Callable[[Any, Flags], P]) -> P | None:
    """A part, where `holder` says it in the published shape; absent and null say nothing."""
    value = holder.get(key)
    if value is None:
        return None
    if not isinstance(value, kind):
        flags.add(Flag.PART_UNREADABLE)
        return None
    return translate(value, flags)


# --- the parts, one function each -------------------------------------------------------------------------------------


def _progress(value: dict[str, Any], flags: Flags) -> Progress:
    return Progress(
        status_id=whole(value.get("status_id")),
        title=text(value.get("title"), flags),
        # The Track page spells it `subtitle`.
        sub_title=text(value.get("sub_title", value.get("subtitle")), flags),
    )


def _dates(entry: dict[str, Any], flags: Flags) -> Dates | None:
    if entry.get("created") is None and entry.get("updated") is None:
        return None
    return Dates(created_at=time(entry.get("created"), flags), updated_at=time(entry.get("updated"), flags))


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
    return Payment(mode=text(value.get("mode"), flags, 16), payment_summary=summary)


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
    return Prescriptions(tuple(papers), prescriptions.state(papers))
