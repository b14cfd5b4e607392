"""Finding the purchases of a pasted list of ids, and naming the ids that nobody has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from django.db import connection

from orders.finding.conditions import has_whole, has_whole_by_index
from orders.finding.search import FEW, Found, are_frequent, by_index, column_for
from orders.finding.terms import MAX_LISTED
from orders.models import OrderGroup
from orders.words import TEN, in_one_form, phones_in, words_of

#: So many purchases the page of a list shows.
SHOWN: Final = 2 * MAX_LISTED
Wanted = Mapping[str, set[str]]


def find(ids: Sequence[str], *, personal: bool) -> Found:
    """The purchases that have one of these ids whole, in the order of the list.

    An id that very many have, as a SKU's, would hide others: it is named, and not looked for.
    """
    column = column_for(personal=personal)
    wanted = {one: words_of_listed(one) for one in ids}
    rows = _having(wanted, column)
    common: list[str] = []
    if len(rows) > FEW:
        frequent = are_frequent([has_whole(column, words) for words in wanted.values()])
        common = [one for one, many in zip(wanted, frequent, strict=True) if many]
        wanted = {one: words for one, words in wanted.items() if one not in common}
        rows = _having(wanted, column)
    hits = {one: [key for key, words in rows if words & mine] for one, mine in wanted.items()}
    found = list(dict.fromkeys(key for keys in hits.values() for key in keys))
    missing = [one for one, keys in hits.items() if not keys]
    return Found(found[:SHOWN], more=len(found) > SHOWN, missing=missing, common=common)


def words_of_listed(one: str) -> set[str]:
    """The words that tell an id: itself without its signs; of a phone its last ten digits."""
    phones = {phone.digits[-TEN:] for phone in phones_in(in_one_form(one))}
    return phones | {"".join(words_of(one))}


def _having(wanted: Wanted, column: str) -> list[tuple[str, set[str]]]:
    """The purchases that have one of the words, with all their words; more than `FEW` are not all."""
    words: Collection[str] = sorted({word for mine in wanted.values() for word in mine})
    if not words:
        return []
    groups = OrderGroup.objects.with_something_to_show().values_list("pk", column)
    if connection.vendor == "postgresql":
        rows = by_index(groups.filter(has_whole_by_index(column, words)))
    else:
        rows = list(groups.filter(has_whole(column, words)).order_by()[: FEW + 1])
    return [(key, {*text.split()}) for key, text in rows]
