"""Giving the updates that the code before recorded what this code works from, and putting right what follows from it.

    fill_all()       every purchase that needs it; `migrate` runs it, and it may be stopped and begun again
    fill_newest()    the same for what the code before still writes while both run: the worker's job

A purchase is filled by folding it again (`orders.rebuild`), a transaction each: what its updates said and their flags,
what it needs, and the parts of purchases that an order has left or joined. One that is done is not found again:
`OrderUpdate.generation` tells what the code before has written since `migrate` filled in the rest.

Where the bytes of an update are gone, its own columns must do: the status, and those ids that stand as its word.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Final

from django.db import OperationalError, transaction
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from orders import backfill, kept, moves, projection, purchases, rebuild, reviews
from orders.desk import needing
from orders.flags import OF_OTHERS
from orders.fold import GENERATION
from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from orders.said import Said, said_of
from orders.updates import Update
from webhooks import replay

#: Purchases that are looked up at once.
TOGETHER: Final = 200
#: Among so many of the newest updates the worker looks for those of the code before.
NEWEST: Final = 20_000
#: A purchase that somebody holds is tried so often, a second apart.
TRIES: Final = 30


def fill_all() -> int:
    """Fill every purchase that needs it; how many did."""
    backfill.fill(TOGETHER)
    filled, last = 0, ""
    while some := list(_needing().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:TOGETHER]):
        last, filled = some[-1], filled + len(some)
        _fill(some)
    return filled


def fill_newest() -> int:
    """Fill the purchases of updates that the code before has just written; how many."""
    newest = OrderUpdate.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = OrderUpdate.objects.filter(_unfilled(), pk__gt=newest - NEWEST)
    orders = set(rows.values_list("order", flat=True))
    some = set(GroupedOrder.objects.filter(pk__in=orders).values_list("group", flat=True))
    _fill(sorted(some))
    told = OrderUpdate.objects.filter(order__in=orders).values_list("said", flat=True)
    left = {words["purchase"] for words in told if words and "purchase" in words} - some
    _fill(sorted(left))
    return len(some)


def _needing() -> QuerySet[OrderGroup]:
    """Purchases with an update that is not filled in, those that their orders have left with something on them, and
    those that were only registered: they lack words.
    """
    orders = GroupedOrder.objects.order_by().filter(group=OuterRef("pk"))
    unfilled = OrderUpdate.objects.order_by().filter(_unfilled(), order__group=OuterRef("pk"))
    left = ~Exists(orders) & ~Q(heard={})
    return OrderGroup.objects.filter(Q(Exists(unfilled)) | left | Q(personal_text=""))


def _unfilled() -> Q:
    return Q(said__isnull=True) | _of_before()


def _of_before() -> Q:
    return Q(generation=None) | Q(generation__lt=GENERATION)


def _fill(purchases: Iterable[str]) -> None:
    left = list(purchases)
    for attempt in range(TRIES):
        if attempt:
            time.sleep(1)
        left = [pk for pk in left if not _is_filled(pk)]
        if not left:
            return
    raise OperationalError(f"{len(left)} purchases were held by others all the time; migrate again to fill them too")


def _is_filled(pk: str) -> bool:
    """Fill one purchase; `False` where somebody holds it."""
    try:
        _fold_again(pk)
    except OperationalError:
        return False
    except OrderGroup.DoesNotExist:
        pass
    return True


@transaction.atomic
def _fold_again(pk: str) -> None:
    try:
        rebuild.rebuild(pk, replay.read, keep=True)
    except kept.BytesGone:
        _fill_from_columns(pk)
    OrderUpdate.objects.filter(_of_before(), order__group=pk).update(generation=GENERATION)


# --- where bytes are gone ---------------------------------------------------------------------------------------------


@transaction.atomic
def _fill_from_columns(pk: str) -> None:
    """Fill what can be filled without all the bytes; what the purchase's parts are stays as it is."""
    group, orders = purchases.locked(pk)
    for order in orders:
        order.group = group
        rows = list(OrderUpdate.objects.filter(order=order))
        known = replay.read(rows)
        for row in rows:
            _fill_row(row, order, known.get(row.pk))
        order.status_since = projection.status_since(rows)
        projection.count(order, rows)
        reviews.review(order, rows)
        order.save(update_fields=["status_since", "attempts", "odd", "review_flags", "flagged_at"])
    moves.put_words(group)
    group.save(update_fields=["search_text", "personal_text"])
    needing.keep(pk)


def _fill_row(row: OrderUpdate, order: GroupedOrder, update: Update | None) -> None:
    if row.said is None:
        row.said = said_of(update) if update else row.words | _standing(row, order)
        row.flags = sorted({*row.flags} - OF_OTHERS)
        row.save(update_fields=["said", "flags"])


def _standing(row: OrderUpdate, order: GroupedOrder) -> Said:
    """The ids that stand on the rows as the word of this update."""
    found = {}
    if order.heard.get("purchase") == [*row.position]:
        found["purchase"] = order.group_id
    if order.group.heard.get("group") == [*row.position]:
        found["group"] = order.group.group_order_id
    return found
