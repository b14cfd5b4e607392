"""Finding a purchase by what a person has in hand: any id, a waybill, an invoice number, a name, a phone.

Each row carries the words it can be found by. PostgreSQL looks them up in a full-text index by the beginning of each
word; SQLite reads the column, which is fine for what SQLite is for. Both mean the same: every word asked for begins a
word of the purchase or of one of its orders. Names, phones and e-mails stand in a column of their own, so that who
may not see them cannot find them out by asking either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from orders.models import GroupedOrder, OrderGroup

MAX_WORDS = 6
#: So many purchases can be named one by one.
FEW = 2000
#: An index entry of PostgreSQL holds a megabyte, and fails the whole update beyond that.
MAX_TEXT = 100_000
#: Of a longer word that many letters are kept: no id of 1mg's is as long, and PostgreSQL keeps no word of 2,047 bytes.
MAX_WORD = 256
_WORD = re.compile(r"[^\W_]+")


def words_of(*texts: str) -> list[str]:
    """The words of some texts, lower case, each once; punctuation between them means nothing."""
    return list(dict.fromkeys(word[:MAX_WORD] for text in texts for word in _WORD.findall(text.lower())))


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


def text_of_group(group: OrderGroup) -> str:
    """The words a purchase is found by: its ids."""
    return joined(words_of(group.merchant_order_id, group.group_order_id, group.onemg_order_id))


def personal_text_of_group(group: OrderGroup) -> str:
    """The words only who may see personal data finds a purchase by: name, phone, e-mail."""
    return joined(words_of(group.customer_name, group.contact_number, group.email))


def matching(groups: QuerySet[OrderGroup], question: str, *, personal: bool) -> QuerySet[OrderGroup]:
    """The purchases in which every word of `question` begins a word; with `personal`, of names and phones too.

    The longest word is looked up first, since no planner knows how many words begin with it: where few purchases have
    it they are named; where many have it, whoever walks down the list soon has met a page of them.
    """
    words = sorted(words_of(question)[:MAX_WORDS], key=len, reverse=True)
    if words and len(few := list(_having(words[0], personal)[: FEW + 1])) <= FEW:
        groups = groups.filter(pk__in={key for (key,) in few})
        words = words[1:]
    for word in words:
        groups = groups.filter(_has(word, personal))
    return groups


def _having(word: str, personal: bool) -> QuerySet[Any, Any]:
    """The keys of the purchases that have a word, from the full-text indexes; some of them twice."""
    found: QuerySet[Any, Any] = _begins(OrderGroup.objects.order_by(), "search_text", word).values_list("pk")
    found = found.union(_begins(GroupedOrder.objects.order_by(), "search_text", word).values_list("group_id"), all=True)
    if personal:
        found = found.union(_begins(OrderGroup.objects.order_by(), "personal_text", word).values_list("pk"), all=True)
    return found


def _has(word: str, personal: bool) -> Q:
    """Whether one purchase has a word."""
    orders = GroupedOrder.objects.filter(group=OuterRef("pk"))
    found = Q(_Begins(F("search_text"), Value(word))) | Q(Exists(_begins(orders, "search_text", word)))
    return found | Q(_Begins(F("personal_text"), Value(word))) if personal else found


def _begins(rows: QuerySet[Any], column: str, word: str) -> QuerySet[Any]:
    """Rows in which some word of `column` begins with `word`, which is letters and digits only."""
    return rows.filter(_Begins(F(column), Value(word)))


class _Begins(Func):
    """Whether some word of a column begins with a word; on PostgreSQL in the words of the index (migration 0002)."""

    output_field = BooleanField()
    template = "((' ' || %(expressions)s || '%%%%'))"
    arg_joiner = ") LIKE ('%% ' || "

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """The index's own expression, and the word as a prefix."""
        template = "(array_to_tsvector(string_to_array(%(expressions)s || ':*')::tsquery)"
        return self.as_sql(compiler, connection, template=template, arg_joiner=", ' ')) @@ (", **context)
