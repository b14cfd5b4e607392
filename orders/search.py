"""Finding a purchase by what a person has in hand: any id, a waybill, an invoice number, a name, a phone.

Each row carries the words it can be found by. PostgreSQL looks them up in a full-text index by the beginning of each
word; SQLite reads the column, which is fine for what SQLite is for. Both mean the same: every word asked for begins a
word of the purchase or of one of its orders. Names, phones and e-mails stand in a column of their own, so that who
may not see them cannot find them out by asking either.
"""

from __future__ import annotations

import re
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Value

from orders.models import GroupedOrder, OrderGroup

MAX_WORDS = 6
#: An index entry of PostgreSQL holds a megabyte, and fails the whole update beyond that.
MAX_TEXT = 100_000
_WORD = re.compile(r"[^\W_]+")


def words_of(*texts: str) -> list[str]:
    """The words of some texts, lower case, each once; punctuation between them means nothing."""
    return list(dict.fromkeys(word for text in texts for word in _WORD.findall(text.lower())))


def text_of_order(order: GroupedOrder) -> str:
    """The words an order is found by: its id, waybill, invoice numbers and SKU ids."""
    lists = [order.lists[name] for name in sorted(order.lists)]  # whichever of them came first
    words = words_of(order.order_id, order.tracking_number, *(str(k) for part in lists for k in part["keys"]))
    return " ".join(words)[:MAX_TEXT]


def text_of_group(group: OrderGroup) -> str:
    """The words a purchase is found by: its ids."""
    return " ".join(words_of(group.merchant_order_id, group.group_order_id))


def personal_text_of_group(group: OrderGroup) -> str:
    """The words only who may see personal data finds a purchase by: name, phone, e-mail."""
    return " ".join(words_of(group.customer_name, group.contact_number, group.email))


def matching(groups: QuerySet[OrderGroup], question: str, *, personal: bool) -> QuerySet[OrderGroup]:
    """The purchases in which every word of `question` begins a word; with `personal`, of names and phones too."""
    for word in words_of(question)[:MAX_WORDS]:
        found: QuerySet[Any, Any] = _begins(OrderGroup.objects.order_by(), "search_text", word).values("pk")
        found = found.union(_begins(GroupedOrder.objects.order_by(), "search_text", word).values("group_id"))
        if personal:
            found = found.union(_begins(OrderGroup.objects.order_by(), "personal_text", word).values("pk"))
        groups = groups.filter(pk__in=found)
    return groups


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
