"""Why a search found a purchase, in words: the thing of it that each term comes nearest to. No query is made here.

reasons(group, terms, ...)    why it answers the terms
named(group, words, ...)      which things of it are among some whole words
calls(kind, words)            what ids of a kind are; an app above says it of its own when it starts
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.finding import found_by
from orders.finding.terms import Closeness, Term, Texts, closeness
from orders.models import GroupedOrder, OrderGroup
from orders.words import phone_end, phone_of, words_of, words_of_id

_called: Final[dict[str, str | Promise]] = {}


@dataclass(frozen=True, slots=True)
class _Thing:
    """One thing that a purchase is found by, and how a reason names it. `texts`: its words."""

    said: str
    texts: Texts


def calls(kind: str, words: str | Promise) -> None:
    """Say what ids of a kind of `OrderGroup.other_ids` are."""
    _called[kind] = words


def reasons(group: OrderGroup, terms: Sequence[Term], *, personal: bool) -> list[str]:
    """Why it answers the terms, each reason once. `personal`: with what only who may see people may search."""
    things = _things(group, personal=personal)
    found = (min(things, key=lambda thing: closeness(term, thing.texts)) for term in terms)
    nearest = zip(terms, found, strict=True)
    return list(dict.fromkeys(thing.said for term, thing in nearest if closeness(term, thing.texts) < Closeness.NONE))


def named(group: OrderGroup, words: set[str], *, personal: bool) -> list[str]:
    """What of it is one of these words as a whole, each once."""
    things = _things(group, personal=personal)
    return list(dict.fromkeys(thing.said for thing in things if not words.isdisjoint(thing.texts.all.split())))


def _things(group: OrderGroup, *, personal: bool) -> list[_Thing]:
    return [*_ids(group), *(_people(group) if personal else ())]


def _ids(group: OrderGroup) -> Iterator[_Thing]:
    yield _id(_("Order"), group.pk)
    yield _id(_("1mg group"), group.group_order_id)
    yield _id(_("1mg order"), group.onemg_order_id)
    for kind, ids in (group.other_ids or {}).items():
        yield from (_id(str(_called.get(kind, kind)), one) for one in ids)
    for order in group.orders.all():
        yield from _ids_of(order)


def _ids_of(order: GroupedOrder) -> Iterator[_Thing]:
    yield _id(_("1mg order"), order.pk)
    yield _id(_("Waybill"), order.tracking_number)
    yield from (_id(_("Invoice"), number) for number in found_by.invoices_of(order))
    yield from (_id(_("SKU"), sku) for sku in found_by.skus_of(order))


def _people(group: OrderGroup) -> Iterator[_Thing]:
    yield _Thing(_("Name"), _words(group.customer_name))
    yield from (_phone(_("Phone ends"), one) for one in found_by.phones_of(group))
    yield _Thing(_("E-mail"), Texts("", " ".join(words_of_id(group.email))))
    yield _Thing(f"{_('PIN')} {group.pincode}", _words(group.pincode))
    for order in group.orders.all():
        yield _phone(_("Courier's phone ends"), order.delivery_contact)
        yield _Thing(_("Medicine"), Texts("", order.medicine_text))


def _id(label: str, value: str) -> _Thing:
    text = " ".join(words_of_id(value))
    return _Thing(f"{label} {value}", Texts(text, text))


def _phone(label: str, value: str) -> _Thing:
    words: Iterable[str] = filter(None, (*words_of(value), phone_of(value), phone_end(value)))
    return _Thing(f"{label} {value[-4:]}", Texts("", " ".join(words)))


def _words(value: str) -> Texts:
    return Texts("", " ".join(words_of(value)))
