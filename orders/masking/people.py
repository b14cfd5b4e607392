"""The people of a purchase: who they are, and the purchase as it is shown to who may not see them.

of(group, orders)     the people of one purchase, from its rows
of_purchases(ids)     the same of many, in three queries
medicines(orders)     the names of what they take, `medicines_of_purchases(ids)` of many
private(group, orders)  both: what who may not see personal data must not read
masked(group)         a purchase that was loaded with everything, its texts without people
masked_lines(...)     the lines of a story, and masked_changes what an update changed, the same
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from django.db.models import Prefetch, prefetch_related_objects

from orders.choices import Kind
from orders.masking import harmless, privacy
from orders.masking.personal import MOST, Personal
from orders.models import GroupedOrder, Invoice, OrderGroup, Sku
from orders.stories.changes import Change
from orders.stories.story import Line

#: What of an address stays for everybody, and what is a person's or tells a spot rather than a place.
_PLACE: Final = frozenset({"city", "pincode", "state", "country"})
_NO_TEXT: Final = frozenset({"address_type"})
_NAMES: Final = frozenset({"name", "customer_name", "contact_name", "first_name", "last_name"})
_SENTENCES: Final = ("title", "sub_title", "delivery_partner_name")
_METHODS: Final = ("mode", "payment_method")
_SPOT: Final = frozenset({"latitude", "longitude"})
#: Lines of a story that staff wrote.
_OF_STAFF: Final = (Kind.NOTE, Kind.CARE)


def of(group: OrderGroup, orders: Iterable[GroupedOrder]) -> Personal:
    """What is personal of a purchase: names, streets, phones and mails of everybody who has to do with it.

    `orders`: its orders; their invoices are asked for, in one query, unless they were fetched with them.
    """
    mine = list(orders)
    prefetch_related_objects(mine, "invoices")
    invoices = [invoice for order in mine for invoice in order.invoices.all()]
    address = of_address(group.delivery_address)
    return address | Personal(
        names=_texts(
            group.customer_name,
            *(order.delivery_contact_name for order in mine),
            *(name for invoice in invoices for name in (invoice.doctor_name, invoice.patient_name)),
        ),
        phones=_texts(group.contact_number, *(order.delivery_contact for order in mine)),
        mails=_texts(group.email),
        ids=_texts(group.pk, group.group_order_id, group.onemg_order_id, *(order.pk for order in mine)),
        open_words=_words(group.city, group.state),
    )


def of_address(address: Mapping[str, Any]) -> Personal:
    """What is personal of an address, whoever's shape it has: every text in it but its city, state, PIN and country."""
    found: dict[str, set[str]] = {"names": set(), "places": set(), "phones": set(), "mails": set(), "exact": set()}
    for key, value in _leaves(address):
        if key in _PLACE | _NO_TEXT:
            continue
        kind = "names" if key in _NAMES else "exact" if key in _SPOT else "phones" if _is_phone(key) else "places"
        found["mails" if "@" in value else kind].add(value)
    return Personal(
        **{kind: frozenset(values) for kind, values in found.items()},
        open_words=_words(*(value for key, value in _leaves(address) if key in _PLACE)),
    )


def of_purchases(ids: Collection[str]) -> dict[str, Personal]:
    """The same of purchases by their ids, in three queries; who is not there has no entry."""
    invoices = Invoice.objects.only("order_id", "doctor_name", "patient_name").order_by()
    orders = GroupedOrder.objects.only("group_id", "delivery_contact", "delivery_contact_name").order_by()
    columns = (
        "group_order_id",
        "onemg_order_id",
        "customer_name",
        "email",
        "contact_number",
        "city",
        "state",
        "delivery_address",
    )
    groups = OrderGroup.objects.filter(pk__in=set(ids)).only(*columns).order_by()
    found = groups.prefetch_related(Prefetch("orders", orders.prefetch_related(Prefetch("invoices", invoices))))
    return {group.pk: of(group, group.orders.all()) for group in found}


def medicines(orders: Iterable[GroupedOrder]) -> Personal:
    """The names of the medicines of a purchase; the rows are asked for unless they were fetched with the orders."""
    mine = list(orders)
    prefetch_related_objects(mine, "skus", "invoices")
    skus = [sku.name for order in mine for sku in order.skus.all()]
    invoiced = [line for order in mine for invoice in order.invoices.all() for line in invoice.skus]
    return Personal(names=_texts(*skus, *(line.get("name") for line in invoiced if isinstance(line, dict))))


def medicines_of_purchases(ids: Collection[str]) -> dict[str, Personal]:
    """The same of purchases by their ids, in one query; who has none has no entry."""
    found: dict[str, set[str]] = {}
    for group_id, name in Sku.objects.filter(order__group__in=set(ids)).order_by().values_list("order__group", "name"):
        found.setdefault(group_id, set()).add(name)
    return {group_id: Personal(names=_texts(*names)) for group_id, names in found.items()}


def private(group: OrderGroup, orders: Iterable[GroupedOrder]) -> Personal:
    """What of a purchase nobody reads who may not see personal data: its people, and what they take."""
    mine = list(orders)
    return of(group, mine) | medicines(mine)


def masked(group: OrderGroup, known: Personal | None = None) -> OrderGroup:
    """The purchase, loaded with everything, for who may not see personal data. Never save it.

    Its free text is without people and its JSON without keys that may be personal. `known`: `private` of it, where it
    is at hand. The values that are personal as a whole (a name, a phone, a medicine) are for `privacy`, where they are
    shown.
    """
    orders = list(group.orders.all())
    known = known or private(group, orders)
    group.confirmation_reason = privacy.sentence(group.confirmation_reason, known)
    group.prescriptions = [
        {key: privacy.sentence(value, known) if key != "url" else value for key, value in paper.items()}
        for paper in group.prescriptions
    ]
    for order in orders:
        for name in _SENTENCES:
            setattr(order, name, privacy.sentence(getattr(order, name), known))
        for name in ("tracking_number", "tracking_url"):
            setattr(order, name, known.hide(getattr(order, name), MOST))
        order.payment_summary = harmless.summary(order.payment_summary, known)
        for sku in order.skus.all():
            for name in ("pack_size_label", "prescription_status", "sku_type"):
                setattr(sku, name, privacy.sentence(getattr(sku, name), known))
        for invoice in order.invoices.all():
            invoice.skus = harmless.invoiced(invoice.skus, known)
    return group


def masked_lines(lines: Iterable[Line], known: Personal) -> list[Line]:
    """The lines of a story without people."""
    return [line if _is_ours(line) else replace(line, text=_without_people(line, known)) for line in lines]


def veiled(group: OrderGroup, known: Personal) -> OrderGroup:
    """The purchase for who may see personal data and has not asked to: what 1mg wrote is without people. Never save it.

    `known`: `of` it. Names, phones and addresses are for `orders.masking.privacy`, where they are shown.
    """
    group.confirmation_reason = known.hide(group.confirmation_reason, MOST)
    group.prescriptions = [
        {key: known.hide(value, MOST) if isinstance(value, str) else value for key, value in paper.items()}
        for paper in group.prescriptions
    ]
    for order in group.orders.all():
        for name in _SENTENCES:
            setattr(order, name, known.hide(getattr(order, name), MOST))
    return group


def veiled_lines(lines: Iterable[Line], known: Personal) -> list[Line]:
    """The lines of a story for the same: without people, but in what staff wrote, who knew who reads it."""
    return [
        line if _is_ours(line) or line.kind in _OF_STAFF else replace(line, text=known.hide(line.text, MOST))
        for line in lines
    ]


def _is_ours(line: Line) -> bool:
    """Whether the line is in our words alone: a status, or what to look at about an update."""
    return line.update is not None and line.kind != Kind.CHANGE


def _without_people(line: Line, known: Personal) -> str:
    """An act may quote a partner, the shop or staff, who may name anybody; our other lines name only those known."""
    is_free = line.act is not None or line.kind in _OF_STAFF
    return privacy.sentence(line.text, known) if is_free else known.hide(line.text, MOST)


def masked_changes(changes: Iterable[Change], known: Personal) -> list[Change]:
    """What an update changed, without people."""
    return [
        replace(change, **{side: _masked(getattr(change, side), change.field, known) for side in ("old", "new")})
        for change in changes
    ]


def _masked(value: Any, field: str, known: Personal) -> Any:
    if not isinstance(value, str):
        return value
    if field in _METHODS:
        return privacy.method(value)
    return privacy.sentence(value, known) if field in _SENTENCES else known.hide(value, MOST)


def _leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON value, with the key that it stands under."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves(item, name)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item, key)
    elif isinstance(value, str) and value:
        yield key, value


def _is_phone(key: str) -> bool:
    return any(word in key.lower() for word in ("phone", "mobile", "contact"))


def _texts(*values: Any) -> frozenset[str]:
    return frozenset(value for value in values if isinstance(value, str) and value)


def _words(*values: str) -> frozenset[str]:
    return frozenset(word for value in values for word in value.casefold().split())
