"""Orders and purchases by hand-written statements, for what every update asks; everything else asks the ORM.

look(order_id, purchase_id, digest)    lock an order with its purchase, and read what judges an update
create(group, order)                   rows of an order never heard of, unless somebody else makes them
lock(order_ids)                        orders that one body is about, before any purchase is locked
record(update)                         an update, unless it is recorded
record_next(update, order, group, …)   the same, and in the same statement what it makes of order and purchase
save(row, was)                         the columns of a row that are not what they were
put_lines(model, lines)                the lines of a list
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final

from django.db import connection, models

from orders import rows
from orders.models import GroupedOrder, OrderGroup, OrderUpdate

#: What judges an update: these columns are read, the others when somebody asks for them.
_ORDER: Final = (
    "order_id",
    "group_id",
    "status_id",
    "status_since",
    "tracking_number",
    "review_flags",
    "heard",
    "marks",
    "lists",
)
_GROUP: Final = (
    "merchant_order_id",
    "group_order_id",
    "payment_method",
    "registered_at",
    "confirmation_state",
    "heard",
    "marks",
)
Was = Mapping[str, Any]


def look(order_id: str, purchase_id: str, digest: str, *, whole: bool = False) -> GroupedOrder | int | None:
    """Lock an order and its purchase until the end of the transaction; `None` where the purchase has no such order.

    Where the order already has an update with that digest, the answer is that update's id; only `record` and
    `record_next` tell for certain. `None` also where somebody else holds one of the two. `whole`: all columns.
    """
    order_names, group_names = (rows.names(GroupedOrder), rows.names(OrderGroup)) if whole else (_ORDER, _GROUP)
    found = rows.execute(_looking(order_names, group_names), [digest, order_id, purchase_id]).fetchone()
    if found is None:
        return None
    known: int | None = found[0]
    if known is not None:
        return known
    middle = 1 + len(order_names)
    order = rows.read(GroupedOrder, found[1:middle], order_names)
    order.group = rows.read(OrderGroup, found[middle:], group_names)
    return order


def create(group: OrderGroup, order: GroupedOrder) -> None:
    """Insert both; where somebody else has, theirs stays."""
    texts = [rows.inserting(type(row), 1) + " ON CONFLICT DO NOTHING" for row in (group, order)]
    values = [rows.values_of(row) for row in (group, order)]
    _together(texts, values)


def lock(order_ids: Collection[str]) -> None:
    """Lock those of some orders that there are, in the order of their ids, as all do who lock several."""
    some = GroupedOrder.objects.select_for_update(no_key=True).filter(pk__in=order_ids).order_by("pk")
    list(some.values_list("pk"))


def record(update: OrderUpdate) -> bool:
    """Insert `update` unless its order already has that digest; tell whether it is new, and set its id."""
    return _set_id(update, rows.execute(_recording(), rows.values_of(update)).fetchone())


def record_next(update: OrderUpdate, order: GroupedOrder, order_was: Was, group: OrderGroup, group_was: Was) -> bool:
    """Record the latest update of an order with what it makes of order and purchase; nothing where it is recorded.

    `order_was`, `group_was`: copies of `vars` of the rows from before.
    """
    changes = [(row, names) for row, was in ((order, order_was), (group, group_was)) if (names := _changed(row, was))]
    values = rows.values_of(update)
    if connection.vendor != "postgresql":
        new = record(update)
        for row, names in changes if new else ():
            _save(row, names)
        return new
    for row, names in changes:
        values += [*rows.values_of(row, names), row.pk]
    text = _recording_with(tuple((type(row), names) for row, names in changes))
    return _set_id(update, rows.execute(text, values).fetchone())


def save(row: models.Model, was: Was) -> None:
    """Write the columns of `row` that are not what they were."""
    if names := _changed(row, was):
        _save(row, names)


def put_lines(lines: Sequence[models.Model], key: str) -> None:
    """Insert the lines of an order's list, or change those that have their key."""
    model = type(lines[0])
    every = tuple(name for name in rows.names(model) if name != "id")  # none is left to the database
    others = [rows.quoted(model, name) for name in every if name not in ("order_id", key)]
    sets = ", ".join(f"{name} = EXCLUDED.{name}" for name in others)
    conflict = f"ON CONFLICT (order_id, {rows.quoted(model, key)}) DO UPDATE SET {sets}"
    values = [value for line in lines for value in rows.values_of(line, every)]
    rows.once(f"{rows.inserting(model, len(lines), every)} {conflict}", values)


# --- texts ------------------------------------------------------------------------------------------------------------


@cache
def _looking(order_names: rows.Names, group_names: rows.Names) -> str:
    order, group, update = map(rows.table, (GroupedOrder, OrderGroup, OrderUpdate))
    # Whoever waited here and then found the order moved would hold it, and lock its neighbours out of order.
    lock = f" FOR NO KEY UPDATE OF {order}, {group} SKIP LOCKED" if connection.features.has_select_for_update_of else ""
    return (
        f"SELECT (SELECT id FROM {update} WHERE order_id = {order}.order_id AND digest = %s), "  # noqa: S608
        f"{rows.columns(GroupedOrder, order_names)}, {rows.columns(OrderGroup, group_names)} "
        f"FROM {order} JOIN {group} ON {group}.merchant_order_id = {order}.group_id "
        f"WHERE {order}.order_id = %s AND {order}.group_id = %s{lock}"
    )


@cache
def _recording() -> str:
    return f"{rows.inserting(OrderUpdate, 1)} ON CONFLICT (order_id, digest) DO NOTHING RETURNING id"


@lru_cache(maxsize=100)
def _recording_with(changes: tuple[tuple[type[models.Model], rows.Names], ...]) -> str:
    texts = [f"WITH new AS ({_recording()})"]
    for model, names in changes:
        pk = rows.quoted(model, "pk")
        texts.append(f"{model.__name__.lower()} AS ({_setting(model, names)} FROM new WHERE {pk} = %s)")
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


def _save(row: models.Model, names: rows.Names) -> None:
    text = f"{_setting(type(row), names)} WHERE {rows.quoted(type(row), 'pk')} = %s"
    rows.execute(text, [*rows.values_of(row, names), row.pk])


def _together(texts: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
    """Run statements about different tables; PostgreSQL gets them as one, which spares the ways there and back."""
    if connection.vendor != "postgresql":
        for text, some in zip(texts, values, strict=True):
            rows.execute(text, some)
        return
    *first, last = texts
    beside = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(first))
    rows.execute(f"WITH {beside} {last}", [value for some in values for value in some])
