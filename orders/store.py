"""Orders and purchases by hand-written statements, for what every update asks; everything else asks the ORM.

hold(purchase_id, order_ids)           lock a purchase, where none of these orders is in another one
look(order_id, purchase_id, digest)    lock an order with its purchase, and read what judges an update
read_more(row, names)                  columns that were not read yet
stands(order_id)                       whether there is an order
known(order_id, digest)                its update with that digest
open_purchase(group)                   lock a purchase, which is made where it is new
lock_purchase(id), orders_of(group)    a purchase, locked, and its orders
add(order)                             an order never heard of, unless somebody else has made it
words_beside(order)                    the words of the other orders of its purchase
record(update)                         an update, unless it is recorded
record_next(update, order, group, …)   the same, and in the same statement what it makes of order and purchase
write(row, names)                      some columns of a row
save(row, was)                         the columns of a row that are not what they were
put_lines(lines, key)                  the lines of a list
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final

from django.db import connection, models

from orders import rows
from orders.desk import need_rows, needing, needs
from orders.desk.needing import Changes
from orders.finding.found_by import OF_ORDER, OfOrder
from orders.locks import MovedMeanwhile
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.updates import Sums

#: What judges an update: these columns are read, the others when somebody asks for them.
_ORDER: Final = (
    "order_id",
    "group_id",
    "status_id",
    "status_since",
    "tracking_number",
    "marks",
    "lists",
    *(name for name in needs.OF_ORDER if name not in ("order_id", "status_id", "status_since")),
)
_GROUP: Final = (
    "merchant_order_id",
    "heard",
    "marks",
    *Sums.__slots__,
    *needs.OF_PURCHASE,
)
#: What is written by hand here.
WRITTEN: Final = (OrderGroup, GroupedOrder, OrderUpdate, Sku, Invoice)
#: So many lines are written by statements that PostgreSQL keeps prepared.
USUAL: Final = 6
Was = Mapping[str, Any]


def hold(purchase_id: str, order_ids: Collection[str]) -> bool:
    """Lock a purchase, if there is one, until the end of the transaction.

    `False`, and nothing, where one of the orders is in another purchase.
    """
    some = ", ".join(["%s"] * len(order_ids))
    elsewhere = f"SELECT 1 FROM {rows.table(GroupedOrder)} WHERE order_id IN ({some}) AND group_id <> %s LIMIT 1"  # noqa: S608
    if rows.once(elsewhere, [*order_ids, purchase_id]).fetchone():
        return False
    rows.execute(_holding(), [purchase_id])
    return True


@dataclass(frozen=True, slots=True)
class Known:
    """The row that records an update already, by its id."""

    update_id: int


@dataclass(frozen=True, slots=True)
class Found:
    """An order with its purchase, both locked. `is_alone`: the purchase certainly has no other order."""

    order: GroupedOrder
    is_alone: bool


def look(order_id: str, purchase_id: str, digest: str) -> Found | Known | None:
    """Lock an order and its purchase until the end of the transaction; `None` where the purchase has no such order.

    `Known` where the order has an update with that digest; that it has none only `record` and `record_next` tell for
    certain. `None` also where somebody else holds the purchase: nothing waits here. Raises `locks.MovedMeanwhile`.
    """
    found = rows.execute(_looking(), [digest, purchase_id, order_id, order_id, purchase_id]).fetchone()
    if found is None:
        return None
    if found[0] is not None:
        return Known(found[0])
    middle = 2 + len(_ORDER)
    order = rows.read(GroupedOrder, found[2:middle], _ORDER)
    if order.group_id != purchase_id:
        raise MovedMeanwhile(order_id)
    order.group = rows.read(OrderGroup, found[middle:], _GROUP)
    return Found(order, is_alone=not found[1])


def read_more(row: models.Model, names: rows.Names) -> None:
    """Read columns of a row that were not read yet."""
    found = rows.execute(_reading(type(row), names), [row.pk]).fetchone()
    vars(row).update(zip(names, rows.converted(type(row), found, names), strict=True))


def stands(order_id: str) -> bool:
    """Whether there is such an order, in whatever purchase; nothing is locked."""
    return rows.execute(_standing(), [order_id]).fetchone() is not None


def known(order_id: str, digest: str) -> Known | None:
    """The update with that digest, if the order has it."""
    found = rows.execute(_knowing(), [order_id, digest]).fetchone()
    return Known(found[0]) if found else None


def open_purchase(group: OrderGroup) -> OrderGroup:
    """Insert the purchase, or lock the one that stands; the one that there is then.

    Its lock comes before anything of the order is written: whoever holds the purchase may be making the same order.
    """
    group._state.adding = False
    return group if _insert(group) else lock_purchase(group.pk)


def lock_purchase(merchant_order_id: str) -> OrderGroup:
    """A purchase, locked until the end of the transaction. Raises `OrderGroup.DoesNotExist`."""
    found = rows.execute(_of_purchase(OrderGroup, lock=True), [merchant_order_id]).fetchone()
    if found is None:
        raise OrderGroup.DoesNotExist(merchant_order_id)
    return rows.read(OrderGroup, found)


def orders_of(group: OrderGroup) -> list[GroupedOrder]:
    """The orders of a purchase, by their ids."""
    found = rows.execute(_of_purchase(GroupedOrder), [group.pk]).fetchall()
    return sorted((rows.read(GroupedOrder, values) for values in found), key=lambda order: order.pk)


def add(order: GroupedOrder) -> bool:
    """Insert the order of a locked purchase, unless there is one of this id; whether it was inserted."""
    order._state.adding = False
    return _insert(order)


def words_beside(order: GroupedOrder) -> list[OfOrder]:
    """What the purchase of an order is found by of its other orders."""
    found: list[OfOrder] = rows.execute(_beside(), [order.group_id, order.pk]).fetchall()
    return found


def record(update: OrderUpdate) -> bool:
    """Insert `update` unless its order already has that digest; tell whether it is new, and set its id."""
    return _set_id(update, rows.execute(_recording(), rows.values_of(update)).fetchone())


def record_next(
    update: OrderUpdate, order: GroupedOrder, order_was: Was, group: OrderGroup, group_was: Was, some: Changes
) -> bool:
    """Record the latest update of an order with what it makes of order and purchase; nothing where it is recorded.

    `order_was`, `group_was`: copies of `vars` of the rows from before; `some`: what changes in the purchase's needs.
    """
    changes = [(row, names) for row, was in ((order, order_was), (group, group_was)) if (names := _changed(row, was))]
    values = rows.values_of(update)
    if connection.vendor != "postgresql":
        new = record(update)
        for row, names in changes if new else ():
            write(row, names)
        if new:
            needing.write(group.pk, some)
        return new
    for row, names in changes:
        values += [*rows.values_of(row, names), row.pk]
    values += need_rows.values(group.pk, some)
    text = _recording_with(tuple((type(row), names) for row, names in changes), need_rows.shape_of(some))
    return _set_id(update, rows.execute(text, values).fetchone())


def save(row: models.Model, was: Was) -> None:
    """Write the columns of `row` that are not what they were."""
    if names := _changed(row, was):
        write(row, names)


def write(row: models.Model, names: rows.Names) -> None:
    """Write some columns of a row."""
    text = f"{_setting(type(row), names)} WHERE {rows.quoted(type(row), 'pk')} = %s"
    rows.execute(text, [*rows.values_of(row, names), row.pk])


def put_lines(lines: Sequence[models.Model], key: str) -> None:
    """Insert the lines of an order's list, or change those that have their key."""
    model = type(lines[0])
    every = tuple(name for name in rows.names(model) if name != "id")  # none is left to the database
    others = [rows.quoted(model, name) for name in every if name not in ("order_id", key)]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in others)
    conflict = f"ON CONFLICT (order_id, {rows.quoted(model, key)}) DO UPDATE SET {sets}"
    values = [value for line in lines for value in rows.values_of(line, every)]
    run = rows.execute if len(lines) <= USUAL else rows.once
    run(f"{rows.inserting(model, len(lines), every)} {conflict}", values)


# --- texts ------------------------------------------------------------------------------------------------------------


@cache
def _looking() -> str:
    order, group, update = map(rows.table, (GroupedOrder, OrderGroup, OrderUpdate))
    # Locked in this order. The order only so that the newest of it is read: who holds it already waits for nothing.
    # `was` is what was known as the statement began: an order that has gone since is read all the same, and noticed.
    was = f"SELECT 1 FROM {order} AS was WHERE was.order_id = %s AND was.group_id = %s"  # noqa: S608
    locks = f" FOR NO KEY UPDATE OF {group} SKIP LOCKED FOR NO KEY UPDATE OF {order}"
    lock = locks if connection.features.has_select_for_update_of else ""
    return (
        f"SELECT (SELECT id FROM {update} WHERE order_id = {order}.order_id AND digest = %s), {_others()}, "  # noqa: S608
        f"{rows.columns(GroupedOrder, _ORDER)}, {rows.columns(OrderGroup, _GROUP)} "
        f"FROM {group}, {order} "
        f"WHERE {group}.merchant_order_id = %s AND {order}.order_id = %s AND EXISTS ({was}){lock}"
    )


def _others() -> str:
    """Whether the purchase has another order, or may have: where it was written as the statement had begun already."""
    order, group = map(rows.table, (GroupedOrder, OrderGroup))
    another = f"o.group_id = {group}.merchant_order_id AND o.order_id <> {order}.order_id"
    found = f"EXISTS (SELECT 1 FROM {order} AS o WHERE {another})"  # noqa: S608 - names of ours
    if connection.vendor != "postgresql":
        return found
    same = f"g.merchant_order_id = {group}.merchant_order_id"
    return f"({found} OR (SELECT g.xmin <> {group}.xmin FROM {group} AS g WHERE {same}))"  # noqa: S608


@cache
def _reading(model: type[models.Model], names: rows.Names) -> str:
    return f"SELECT {rows.columns(model, names)} FROM {rows.table(model)} WHERE {rows.quoted(model, 'pk')} = %s"  # noqa: S608


@cache
def _beside() -> str:
    others = "WHERE group_id = %s AND order_id <> %s"
    return f"SELECT {rows.columns(GroupedOrder, OF_ORDER)} FROM {rows.table(GroupedOrder)} {others}"  # noqa: S608


@cache
def _holding() -> str:
    lock = "FOR NO KEY UPDATE" if connection.features.has_select_for_no_key_update else ""
    return f"SELECT 1 FROM {rows.table(OrderGroup)} WHERE merchant_order_id = %s {lock}"  # noqa: S608


@cache
def _of_purchase(model: type[models.Model], *, lock: bool = False) -> str:
    key = rows.quoted(model, "pk" if model is OrderGroup else "group")
    held = "FOR NO KEY UPDATE" if lock and connection.features.has_select_for_no_key_update else ""
    return f"SELECT {rows.columns(model)} FROM {rows.table(model)} WHERE {key} = %s {held}"  # noqa: S608


@cache
def _standing() -> str:
    return f"SELECT 1 FROM {rows.table(GroupedOrder)} WHERE order_id = %s"  # noqa: S608


@cache
def _knowing() -> str:
    return f"SELECT id FROM {rows.table(OrderUpdate)} WHERE order_id = %s AND digest = %s"  # noqa: S608


@cache
def _recording() -> str:
    return f"{rows.inserting(OrderUpdate, 1)} ON CONFLICT (order_id, digest) DO NOTHING RETURNING id"


@lru_cache(maxsize=1000)
def _recording_with(changes: tuple[tuple[type[models.Model], rows.Names], ...], needed: need_rows.Shape) -> str:
    texts = [f"WITH new AS ({_recording()})"]
    for model, names in changes:
        pk = rows.quoted(model, "pk")
        texts.append(f"{model.__name__.lower()} AS ({_setting(model, names)} FROM new WHERE {pk} = %s)")
    texts += need_rows.beside(needed)
    return f"{', '.join(texts)} SELECT id FROM new"  # noqa: S608 - names of ours


def _setting(model: type[models.Model], names: rows.Names) -> str:
    return f"UPDATE {rows.table(model)} SET {rows.sets(model, names)}"  # noqa: S608


# --- writing ----------------------------------------------------------------------------------------------------------


def _set_id(update: OrderUpdate, found: Sequence[Any] | None) -> bool:
    if found is None:
        return False
    update.pk = found[0]
    update._state.adding = False
    return True


def _changed(row: models.Model, was: Was) -> rows.Names:
    """The columns at hand that are not what they were, or were not read."""
    now = row.__dict__
    return tuple(n for n in rows.names(type(row)) if n in now and (n not in was or now[n] != was[n]))


def _insert(row: models.Model) -> bool:
    """Insert the row unless there is one of its key; whether it was inserted."""
    text = f"{rows.inserting(type(row), 1)} ON CONFLICT DO NOTHING"
    return bool(rows.execute(text, rows.values_of(row)).rowcount)
