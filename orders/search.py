"""Finding a purchase by what a person has in hand: any id, a waybill, an invoice number, a name, a phone.

Each purchase carries the words it can be found by, those of its orders among them: every word asked for begins one of
them. There is a column for each audience, since who may not see names, phones and e-mails must not find them out by
asking either. PostgreSQL has a full-text index on both; SQLite reads the column, which is fine for what SQLite is for.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Case, F, Func, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import GreaterThan

from orders.models import GroupedOrder, OrderGroup
from orders.words import asked, phone_of, words_of

MAX_WORDS = 6
#: So many purchases can be named one by one.
FEW = 2000
#: Among so many of the newest a look tells how frequent some words are.
NEWEST = 3000
#: Words that so many of these have are soon met by whoever walks down the list.
FREQUENT = 50
#: An index entry of PostgreSQL holds a megabyte, and fails the whole update beyond that.
MAX_TEXT = 100_000
#: What one word of a question may mean: any of these.
Readings = tuple[str, ...]


def joined(words: Iterable[str]) -> str:
    """Words as a column keeps them, as many as there is room for; each whole, since PostgreSQL refuses an empty one."""
    found, room = [], MAX_TEXT
    for word in words:
        room -= len(word) + 1
        if room < 0:
            break
        found.append(word)
    return " ".join(found)


def text_of_order(order: GroupedOrder) -> str:
    """The words an order is found by: its id, waybill, invoice numbers and SKU ids."""
    lists = [order.lists[name] for name in sorted(order.lists)]  # whichever of them came first
    words = words_of(order.order_id, order.tracking_number, *(str(k) for part in lists for k in part["keys"]))
    return joined(words)


def texts_of_group(group: OrderGroup, orders: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """What a purchase is found by: for everybody, and for who may see names, phones and e-mails.

    `orders`: of each order of it the words it is found by, and the courier's phone.
    """
    theirs = list(orders)
    ids = words_of(group.merchant_order_id, group.group_order_id, group.onemg_order_id)
    public = [*ids, *sorted({word for text, _contact in theirs for word in text.split()})]
    phones = [group.contact_number, *_phones(group.delivery_address), *sorted(contact for _text, contact in theirs)]
    last_ten = [phone for phone in map(phone_of, phones) if phone]
    personal = [*words_of(group.customer_name, *phones, group.email), *last_ten]
    return joined(dict.fromkeys(public)), joined(dict.fromkeys([*personal, *public]))


def _phones(address: dict[str, Any]) -> list[str]:
    """The phones of an address; 1mg's page names one, `contact_number`."""
    value = address.get("contact_number")
    return [value] if isinstance(value, str) else []


def matching(groups: QuerySet[OrderGroup], question: str, *, personal: bool) -> QuerySet[OrderGroup]:
    """The purchases in which every word of `question` begins a word; with `personal`, of names and phones too.

    A question without a word finds nothing. No planner knows how many words begin with one, so a look at the newest
    purchases tells: what is frequent there is met soon by walking down the list; else the index names them all, where
    they are not too many to be named.
    """
    words = asked(question)[:MAX_WORDS]
    if not words:
        return groups.none() if question.strip() else groups
    column = "personal_text" if personal else "search_text"
    if connection.vendor == "postgresql" and not _are_frequent(column, words):
        few = [key for (key,) in _indexed(column, words).values_list("pk")[: FEW + 1]]
        if len(few) <= FEW:
            return groups.filter(pk__in=few)
    return groups.filter(_walked(column, words))


def _are_frequent(column: str, words: Iterable[Readings]) -> bool:
    """Whether more than a page of the newest purchases have words that begin so."""
    has = Case(When(_walked(column, words), then=1), default=0)
    newest = OrderGroup.objects.order_by("-first_seen_at", "-pk").annotate(has=has).values("has")[:NEWEST]
    return (newest.aggregate(many=Sum("has"))["many"] or 0) > FREQUENT


def _walked(column: str, words: Iterable[Readings]) -> Q:
    """Whether a purchase has words that begin so, without an index: the planner must not think there are few."""
    text = Concat(Value(" "), F(column))
    found = Q()
    for readings in words:
        either = (GreaterThan(StrIndex(text, Value(f" {word}")), 0) for word in readings)
        found &= functools.reduce(operator.or_, map(Q, either))
    return found


def _indexed(column: str, words: Iterable[Readings]) -> QuerySet[OrderGroup]:
    """The purchases that have words that begin so, from PostgreSQL's index; the words are letters and digits only."""
    question = Value(" & ".join(f"({' | '.join(f'{word}:*' for word in readings)})" for readings in words))
    return OrderGroup.objects.order_by().filter(_Has(F(column), question))


class _Has(Func):
    """Whether the words of a column answer a question, in the words of the index (migration 0002)."""

    output_field = BooleanField()
    template = "(array_to_tsvector(string_to_array(%(expressions)s)::tsquery)"
    arg_joiner = ", ' ')) @@ ("
