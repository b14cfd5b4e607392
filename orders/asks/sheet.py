"""The same as the message as a table of values, which no spreadsheet takes for formulas. Pure.

of(asked)      header and rows: one a 1mg order
cell(value)    a value as it may stand in a CSV file
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from orders.asks.messages import Facts, Order, title
from orders.statuses import status_of

COLUMNS: Final = (
    *("asked_about", "since", "onemg_group_id", "onemg_order_id", "merchant_order_id"),
    *("onemg_status_id", "status", "onemg_updated_at"),
)
#: What a spreadsheet takes a cell that begins so for: a formula. Its wide forms are read as the plain ones.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def of(asked: Iterable[Facts]) -> Iterator[tuple[str, ...]]:
    """The header, then the rows; a purchase of which 1mg has named no order has one of its own."""
    yield COLUMNS
    for one in asked:
        for order in one.orders or (Order("", None, None),):
            yield tuple(map(cell, _row(one, order)))


def cell(value: object) -> str:
    """The value as text, behind an apostrophe where a spreadsheet would work it out."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _row(one: Facts, order: Order) -> tuple[object, ...]:
    status = status_of(order.status_id).label if order.order_id else ""
    ids = one.group_order_id, order.order_id, one.purchase
    return title(one.clock), _utc(one.since), *ids, order.status_id, status, _utc(order.updated_at)


def _utc(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
