"""What a purchase needs, by hand-written statements, for the receiver; everybody else asks `orders.desk.needing`.

keep(purchase_id, moved)       work it out from the rows, and write what is not what it was
read(purchase_id)              what its rows tell of that
beside(some), values(id, some) what a statement that begins with `WITH new AS (…)` writes of needs, if `new` has a row
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from django.db import connection

from orders import rows
from orders.desk import needing, needs
from orders.desk.causes import cause_of
from orders.desk.needing import Changes
from orders.desk.needs import Child, Purchase, Standing
from orders.models import GroupedOrder, Need, OrderGroup

#: How many clocks no longer stand, how many are put, and which columns of the others are emptied: what the text
#: depends on.
Shape = tuple[int, int, tuple[str, ...]]
#: So many columns of an order are looked at.
_MANY: Final = len(needs.OF_ORDER)
_STANDING: Final = ("clock", *Standing._fields)


def keep(purchase_id: str, *, moved: bool) -> None:
    """Work out what the locked purchase needs, and write what is not what it was. `moved`: an order's status is new.

    The same as `needing.keep`, for every body with several orders.
    """
    some = needing.changes(_stored(purchase_id), needs.of(*read(purchase_id)), moved=moved)
    if some is needing.NOTHING:
        return
    if connection.vendor == "postgresql":
        rows.execute(_writing(shape_of(some)), values(purchase_id, some))
    else:
        needing.write(purchase_id, some)


def read(purchase_id: str) -> tuple[Purchase, list[Child]]:
    """The purchase, and its orders by their ids, as far as they tell what it needs."""
    found = rows.execute(_reading(), [purchase_id]).fetchall()
    purchase = Purchase._make(rows.converted(OrderGroup, found[0][_MANY:], needs.OF_PURCHASE))
    return purchase, [_child(row[:_MANY]) for row in found if row[0] is not None]


def _child(row: tuple[Any, ...]) -> Child:
    return needs.child_of(dict(zip(needs.OF_ORDER, rows.converted(GroupedOrder, row, needs.OF_ORDER), strict=True)))


def _stored(purchase_id: str) -> dict[str, Standing]:
    kept = (rows.converted(Need, row, _STANDING) for row in rows.execute(_reading_needs(), [purchase_id]).fetchall())
    return {clock: Standing._make(standing) for clock, *standing in kept}


# --- what a statement writes of needs ---------------------------------------------------------------------------------


def shape_of(some: Changes) -> Shape:
    """What the texts depend on."""
    return len(some.gone), len(some.put), some.ends


def values(purchase_id: str, some: Changes) -> list[Any]:
    """The values of `beside`, for PostgreSQL."""
    found: list[Any] = [purchase_id, *some.gone] if some.gone else []
    for clock, one in some.put:
        found += [purchase_id, clock, cause_of(clock), *one]
    return [*found, purchase_id] if some.ends else found


def beside(shape: Shape) -> list[str]:
    """Parts of a WITH, for PostgreSQL: each does its work once if the part `new` has a row, and not without."""
    gone, put, ends = shape
    table, texts = rows.table(Need), []
    if gone:
        some = ", ".join(["%s"] * gone)
        texts.append(f"gone AS (DELETE FROM {table} USING new WHERE group_id = %s AND clock IN ({some}))")  # noqa: S608
    if put:
        texts.append(f"put AS ({_putting(put)})")
    if ends:
        sets = ", ".join(f"{name} = NULL" for name in ends)
        filled = " OR ".join(f"{name} IS NOT NULL" for name in ends)
        texts.append(f"ended AS (UPDATE {table} SET {sets} FROM new WHERE group_id = %s AND ({filled}))")  # noqa: S608
    return texts


def _putting(many: int) -> str:
    into = ("group_id", "clock", "cause", *Standing._fields)
    row = "(%s, %s, %s::smallint, %s::timestamptz, %s, %s::smallint)"
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*into[2:], "hidden_until", "asked_at"))
    return (
        f"INSERT INTO {rows.table(Need)} ({', '.join(into)}) "  # noqa: S608 - names of ours
        f"SELECT one.* FROM new, (VALUES {', '.join([row] * many)}) AS one "
        f"ON CONFLICT (group_id, clock) DO UPDATE SET {sets}"
    )


@cache
def _writing(shape: Shape) -> str:
    return f"WITH {', '.join(['new AS (SELECT 1)', *beside(shape)])} SELECT 1 FROM new"  # noqa: S608 - names of ours


# --- texts ------------------------------------------------------------------------------------------------------------


@cache
def _reading() -> str:
    """A row an order, by their ids, with the purchase's columns behind its own; without any, one of the purchase."""
    some = f"{rows.columns(GroupedOrder, needs.OF_ORDER)}, {rows.columns(OrderGroup, needs.OF_PURCHASE)}"
    both = f"{rows.table(OrderGroup)} LEFT JOIN {rows.table(GroupedOrder)} ON group_id = merchant_order_id"
    return f"SELECT {some} FROM {both} WHERE merchant_order_id = %s ORDER BY order_id"  # noqa: S608


@cache
def _reading_needs() -> str:
    return f"SELECT {rows.columns(Need, _STANDING)} FROM {rows.table(Need)} WHERE group_id = %s"  # noqa: S608
