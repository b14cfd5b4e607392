"""The page Money as tables of values, without anything personal, which no spreadsheet takes for formulas.

of_days(days)            header and rows: one a day
of_purchases(groups)     the same: one a purchase, the same amounts one by one
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.utils import timezone

from orders.asks.sheet import cell
from orders.choices import PaymentMethod
from orders.daybook.figures import COLUMNS, DIFFERENCES, UNKNOWN, WORDS
from orders.daybook.sums import Day
from orders.models import OrderGroup

Row = tuple[object, ...]
NOT_KNOWN: Final = "not known"
_READ: Final = ("pk", "first_seen_at", "payment_method", "is_refund_unread", *COLUMNS.values())


def of_days(days: Iterable[Day]) -> Iterator[Row]:
    """Of each figure the amount that is known, and of how many purchases it is not."""
    unknown = [f"{name}_not_known" for name in UNKNOWN]
    yield "day", "purchases", *WORDS, *unknown
    for day in days:
        cells = {one.name: one for one in day.cells}
        amounts = ["" if one.amount is None else f"{one.amount:.2f}" for one in day.cells]
        yield day.span.first.isoformat(), day.many, *amounts, *(cells[name].unknown for name in UNKNOWN)


def of_purchases(groups: QuerySet[OrderGroup]) -> Iterator[Row]:
    """In the order of the days; read in steps, so that a year of them takes no room."""
    yield "day", "merchant_order_id", "payment_method", *WORDS
    for pk, at, method, unread, *amounts in groups.values_list(*_READ).iterator(chunk_size=2000):
        said = dict(zip(COLUMNS, amounts, strict=True))
        day = timezone.localdate(at, timezone.get_default_timezone()).isoformat()
        known = method if method in PaymentMethod.values else ""
        yield day, cell(pk), known, *(_amount(name, said, method, unread) for name in WORDS)


def _amount(name: str, said: dict[str, Any], method: str, unread: bool) -> str:
    if name in DIFFERENCES:
        one, other = (said[figure] for figure in DIFFERENCES[name])
        return "" if one is None or other is None else f"{one - other:.2f}"
    amount: Decimal | None = said[name]
    if amount is not None:
        return f"{amount:.2f}"
    missed = unread if name == "due" else method not in ("", PaymentMethod.COD)
    return NOT_KNOWN if missed else ""
