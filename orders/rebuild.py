"""Folding a purchase again from nothing, to compare it with what is shown or to put it right.

rebuild(id, known_of, keep)     what comes out differently, in names without values
put_words_anew(together)        only the words that purchases are found by, of all of them
put_sums_anew(together)         only what days are summed by, of all purchases
put_couriers_anew(together)     only the couriers as they are compared, of all orders
put_invoices_anew(together)     only the order of invoices, and the names of what they say, of all orders
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from orders import kept, moves, projection, purchases, reviews
from orders.desk import needing, needs
from orders.finding import found_by
from orders.kept import Told
from orders.lines import InvoiceLine
from orders.models import GroupedOrder, Invoice, OrderGroup, OrderUpdate, Sku
from orders.projection import Facts, OrderProjection, PurchaseProjection
from orders.updates import Invoices, Payment, Sums, Update
from orders.words import normal

#: Gives what some rows record, by their ids.
KnownOf = Callable[[Collection[OrderUpdate]], Mapping[int, Update]]

#: Of an order that belongs to another purchase: what depends on that one.
_OF_THE_PLACE = frozenset({"group", "listed_at", "review_flags", "flagged_at"})
#: Columns that words are made from. A migration asks for them where others may not be there yet.
_FOUND_BY = (*projection.FOUND_BY, "onemg_order_id", "city")
#: The columns of an invoice that hold what 1mg says of it.
_OF_INVOICE = tuple(column.name for column in fields(InvoiceLine))
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
    told = kept.read(rows, known_of(rows))
    made = projection.project(group, told, _facts(told))
    stored = {order.pk: order for order in orders}
    recorded = {row.pk: row for row in rows}
    names = sorted({*_differences(made, group, stored, recorded), *_of_needs(made)})
    if keep and names:
        _write(made, group, stored, recorded)
        needing.keep_anew(group.pk)
    return names


def put_words_anew(together: int) -> None:
    """Make anew what every purchase is found by, from its columns, so many in a transaction."""
    for keys in _in_steps(together):
        with transaction.atomic():
            _put_words_of(keys)


def put_sums_anew(together: int) -> None:
    """Put on every purchase what 1mg said of its money, from its orders, so many in a transaction."""
    for keys in _in_steps(together):
        with transaction.atomic():
            _put_sums_of(keys)


def put_couriers_anew(together: int) -> None:
    """Make anew the form in which couriers are compared, of the orders of so many purchases in a transaction."""
    for keys in _in_steps(together):
        with transaction.atomic():
            _put_couriers_of(keys)


def put_invoices_anew(together: int) -> None:
    """Put invoices in the order of their numbers, and name their content, of so many purchases in a transaction."""
    for keys in _in_steps(together):
        with transaction.atomic():
            _put_invoices_of(keys)


def _in_steps(together: int) -> Iterator[list[str]]:
    """All purchases by their ids, so many at a time."""
    last = ""
    while keys := list(OrderGroup.objects.order_by("pk").filter(pk__gt=last).values_list("pk", flat=True)[:together]):
        last = keys[-1]
        yield keys


def _put_couriers_of(keys: Collection[str]) -> None:
    list(OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").only("pk"))
    orders = list(
        GroupedOrder.objects.filter(group__in=keys).exclude(delivery_partner_name="").only("delivery_partner_name")
    )
    for order in orders:
        order.courier_word = normal(order.delivery_partner_name)[:100]
    GroupedOrder.objects.bulk_update(orders, ["courier_word"])


def _put_invoices_of(keys: Collection[str]) -> None:
    list(OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").only("pk"))
    found = GroupedOrder.objects.filter(group__in=keys, lists__has_key=Invoices.name).only("lists")
    orders, moved = list(found.prefetch_related("invoices")), []
    for order in orders:
        rows = sorted(order.invoices.all(), key=lambda row: row.number)
        for place, row in enumerate(rows):
            if row.position != place:
                row.position = place
                moved.append(row)
        part = Invoices(tuple(InvoiceLine(**{name: getattr(row, name) for name in _OF_INVOICE}) for row in rows))
        order.lists = order.lists | {part.name: projection.told_of(part)}
    GroupedOrder.objects.bulk_update(orders, ["lists"])
    Invoice.objects.bulk_update(moved, ["position"])


def _put_sums_of(keys: Collection[str]) -> None:
    """The one that was said last counts, as in the fold. Whoever has sums is left as it is."""
    locked = OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=keys).exclude(heard__has_key=Sums.name)
    groups = {group.pk: group for group in locked.order_by("pk").only("heard")}
    orders = GroupedOrder.objects.order_by("pk").filter(group__in=groups, heard__has_key=Payment.name)
    told: dict[str, tuple[list[int], dict[str, Any]]] = {}
    for group_id, summary, place in orders.values_list("group_id", "payment_summary", f"heard__{Payment.name}"):
        if group_id not in told or told[group_id][0] < place:
            told[group_id] = place, summary
    for key, (place, summary) in told.items():
        vars(groups[key]).update(Sums.of(summary).columns(), heard=groups[key].heard | {Sums.name: place})
    OrderGroup.objects.bulk_update([groups[key] for key in told], ["heard", *Sums.__slots__])


def _put_words_of(keys: Collection[str]) -> None:
    """Only columns that words are made of are read: tables may be older than the code."""
    groups = OrderGroup.objects.only("city", "onemg_order_id", "other_ids", *projection.FOUND_BY)
    orders = GroupedOrder.objects.only("group_id", "tracking_number", "lists", *found_by.OF_ORDER)
    for group in groups.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk"):
        theirs = list(orders.filter(group=group))
        for order in theirs:
            names = Sku.objects.filter(order=order).order_by("position").values_list("name", flat=True)
            order.search_text = found_by.text_of_order(order)
            order.medicine_text = found_by.text_of_medicines(names)
        GroupedOrder.objects.bulk_update(theirs, ["search_text", "medicine_text"])
        moves.put_words(group)
        group.city_word = normal(group.city)[:100]
        group.save(update_fields=["search_text", "personal_text", "city_word"])


def _facts(told: Collection[Told]) -> Facts:
    orders = {one.row.order_id for one in told}
    groups = {one.update.group.group_order_id for one in told if one.update.group}
    ours = reviews.facts_of(orders)
    return Facts(moves.registered(orders | groups), ours.raised, ours.looks)


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
            yield from (f"{key}.update.{row.pk}.{name}" for name in _changed(rows[row.pk], row))


def _changed(stands: OrderUpdate, wanted: OrderUpdate) -> list[str]:
    return [name for name in _RECORDED if getattr(stands, name) != getattr(wanted, name)]


def _of_lists(mine: OrderProjection) -> Iterator[str]:
    for name, key, model in (("skus", "sku_id", Sku), ("invoices", "number", Invoice)):
        stands = {getattr(line, key): line for line in model._default_manager.filter(order=mine.order.pk)}
        wanted = {getattr(line, key): line for line in mine.lines(name)}
        label = model._meta.model_name
        yield from (f"{label}.{line}.{key}" for line in stands.keys() ^ wanted.keys())
        for line in stands.keys() & wanted.keys():
            yield from (f"{label}.{line}.{column}" for column in _differing(stands[line], wanted[line], {"order"}))


def _of_needs(made: PurchaseProjection) -> Iterator[str]:
    """The clocks of what the purchase needs; where an order belongs elsewhere, that comes first."""
    if made.elsewhere:
        return
    key = made.group.pk
    stands = needing.stored([key])[key]
    children = [needs.child_of(vars(mine.order)) for mine in made.orders]
    wanted = needs.of(needs.purchase_of(vars(made.group)), children)
    yield from (
        f"purchase.need.{clock}" for clock in stands.keys() | wanted.keys() if stands.get(clock) != wanted.get(clock)
    )


def _differing(stands: models.Model, wanted: models.Model, skipped: Collection[str]) -> list[str]:
    columns = (c for c in stands._meta.concrete_fields if not c.primary_key and c.name not in {"marks", *skipped})
    return [c.name for c in columns if _plain(getattr(stands, c.attname)) != _plain(getattr(wanted, c.attname))]


def _plain(value: Any) -> Any:
    """A value as the database gives it back."""
    return list(value) if isinstance(value, tuple) else value


# --- putting right ----------------------------------------------------------------------------------------------------


def _write(
    made: PurchaseProjection, group: OrderGroup, orders: Mapping[str, GroupedOrder], rows: Mapping[int, OrderUpdate]
) -> None:
    _take_over(group, made.group, projection.OURS)
    for mine in (*made.orders, *made.elsewhere):
        order = orders[mine.order.pk]
        order.group = group
        _take_over(order, mine.order, _OF_THE_PLACE if mine.home != group.pk else {"group"})
        if any(_of_lists(mine)):
            _write_lines(mine)
        for row in mine.updates:
            if _changed(rows[row.pk], row):
                OrderUpdate.objects.filter(pk=row.pk).update(**{name: getattr(row, name) for name in _RECORDED})
    for mine in made.elsewhere:
        moves.move(orders[mine.order.pk], mine.home, at=timezone.now())
        needing.keep(mine.home)


def _take_over(row: models.Model, wanted: models.Model, skipped: Collection[str]) -> None:
    names = _differing(row, wanted, skipped)
    for name in names:
        setattr(row, name, getattr(wanted, name))
    if names:
        row.save(update_fields=names)


def _write_lines(mine: OrderProjection) -> None:
    for name, model in (("skus", Sku), ("invoices", Invoice)):
        lines: Iterable[Any] = mine.lines(name)
        model._default_manager.filter(order=mine.order.pk).delete()
        model._default_manager.bulk_create(lines)
