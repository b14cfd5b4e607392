"""Folding a purchase again from nothing, to compare it with what is shown or to put it right.

rebuild(id, known_of, keep)     what comes out differently, in names without values
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from orders import kept, moves, projection, purchases, reviews
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.projection import Facts, OrderProjection, PurchaseProjection
from orders.updates import Update

#: Gives what some rows record, by their ids.
KnownOf = Callable[[Collection[OrderUpdate]], Mapping[int, Update]]

#: Of an order that belongs to another purchase: what depends on that one.
_OF_THE_PLACE = frozenset({"group", "listed_at", "review_flags"})
#: What an update's row keeps that is worked out from the bytes.
_RECORDED = ("status_id", "said", "flags")


@transaction.atomic
def rebuild(merchant_order_id: str, known_of: KnownOf, *, keep: bool) -> list[str]:
    """Fold the purchase again and say what comes out differently; with `keep` it is put right.

    Everything that a page or an answer shows is compared, and in which purchase each of its orders belongs. What
    arrives meanwhile waits. Raises `kept.BytesGone` where not all can be read any more: folding the rest would make
    another purchase of it.
    """
    group, orders = purchases.locked(merchant_order_id)
    rows = list(OrderUpdate.objects.filter(order__in=orders).defer("changes").order_by("pk"))
    made = projection.project(group, kept.read(rows, known_of(rows)), _facts(rows))
    stored = {order.pk: order for order in orders}
    names = sorted(_differences(made, group, stored, {row.pk: row for row in rows}))
    if keep and names:
        _write(made, group, stored)
    return names


def _facts(rows: Collection[OrderUpdate]) -> Facts:
    ids = {row.order_id for row in rows}
    ours = reviews.facts_of(ids)
    return Facts(moves.registered(ids | {row.words.get("group", "") for row in rows}), ours.raised, ours.looks)


# --- comparing --------------------------------------------------------------------------------------------------------


def _differences(
    made: PurchaseProjection, group: OrderGroup, orders: Mapping[str, GroupedOrder], rows: Mapping[int, OrderUpdate]
) -> Iterator[str]:
    yield from (f"purchase.{name}" for name in _differing(group, made.group, projection.OURS))
    for mine in (*made.orders, *made.elsewhere):
        key, away = mine.order.pk, mine.home != group.pk
        if away:
            yield f"{key}.group"
        skipped = _OF_THE_PLACE if away else frozenset({"group"})
        yield from (f"{key}.{name}" for name in _differing(orders[key], mine.order, skipped))
        yield from (f"{key}.{name}" for name in _of_lists(mine))
        for row in mine.updates:
            changed = [name for name in _RECORDED if getattr(row, name) != getattr(rows[row.pk], name)]
            yield from (f"{key}.update.{row.pk}.{name}" for name in changed)


def _of_lists(mine: OrderProjection) -> Iterator[str]:
    for name, key, model in (("skus", "sku_id", Sku), ("invoices", "number", Invoice)):
        stands = {getattr(line, key): line for line in model._default_manager.filter(order=mine.order.pk)}
        wanted = {getattr(line, key): line for line in mine.lines(name)}
        label = model._meta.model_name
        yield from (f"{label}.{line}.{key}" for line in stands.keys() ^ wanted.keys())
        for line in stands.keys() & wanted.keys():
            yield from (f"{label}.{line}.{column}" for column in _differing(stands[line], wanted[line], {"order"}))


def _differing(stands: models.Model, wanted: models.Model, skipped: Collection[str]) -> list[str]:
    columns = (c for c in stands._meta.concrete_fields if not c.primary_key and c.name not in skipped)
    return [c.name for c in columns if _plain(getattr(stands, c.attname)) != _plain(getattr(wanted, c.attname))]


def _plain(value: Any) -> Any:
    """A value as the database gives it back."""
    return list(value) if isinstance(value, tuple) else value


# --- putting right ----------------------------------------------------------------------------------------------------


def _write(made: PurchaseProjection, group: OrderGroup, orders: Mapping[str, GroupedOrder]) -> None:
    _take_over(group, made.group, projection.OURS)
    for mine in (*made.orders, *made.elsewhere):
        order = orders[mine.order.pk]
        order.group = group
        _take_over(order, mine.order, _OF_THE_PLACE if mine.home != group.pk else {"group"})
        _write_lines(mine)
        for row in mine.updates:
            OrderUpdate.objects.filter(pk=row.pk).update(**{name: getattr(row, name) for name in _RECORDED})
    for mine in made.elsewhere:
        moves.move(orders[mine.order.pk], mine.home, at=timezone.now())


def _take_over(row: models.Model, wanted: models.Model, skipped: Collection[str]) -> None:
    for column in row._meta.concrete_fields:
        if not column.primary_key and column.name not in skipped:
            setattr(row, column.attname, getattr(wanted, column.attname))
    row.save()


def _write_lines(mine: OrderProjection) -> None:
    for name, model in (("skus", Sku), ("invoices", Invoice)):
        lines: Iterable[Any] = mine.lines(name)
        model._default_manager.filter(order=mine.order.pk).delete()
        model._default_manager.bulk_create(lines)
