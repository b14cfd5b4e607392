"""Working out what purchases need that the code before has written, which kept nothing of it.

fill(together)      all that lack it, so many in a transaction; it may be stopped and begun again

Nothing but rows is read: how often an order was to be delivered again, what of it was not understood and since when it
is flagged stand in its updates. Most orders have neither, so they are written together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from orders import flags, projection, reviews
from orders.choices import Confirmation, PaymentMethod
from orders.desk import needing
from orders.models import GroupedOrder, Need, OrderGroup, OrderUpdate
from orders.projection import Facts
from orders.statuses import DELIVER_AGAIN


def fill(together: int) -> None:
    """Every purchase with an order of which nothing was counted, and those that are registered and nothing else."""
    last = ""
    while keys := _keys(GroupedOrder.objects.filter(attempts=None, group__gt=last), "group", together):
        _fill(keys)
        last = keys[-1]
    last = ""
    while keys := _keys(_only_registered().filter(pk__gt=last), "pk", together):
        _fill(keys)
        last = keys[-1]


def _keys(rows: QuerySet[Any], column: str, together: int) -> list[str]:
    return list(rows.order_by(column).values_list(column, flat=True).distinct()[:together])


def _only_registered() -> QuerySet[OrderGroup]:
    kept = Need.objects.filter(group=OuterRef("pk"))
    groups = OrderGroup.objects.order_by().filter(~Exists(kept), registered_at__isnull=False)
    return groups.filter(payment_method=PaymentMethod.ONLINE, confirmation_state=Confirmation.NONE)


@transaction.atomic
def _fill(keys: Collection[str]) -> None:
    groups = OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
    by_key = {group.pk: group for group in groups}
    orders = list(GroupedOrder.objects.filter(group__in=by_key, attempts=None))
    eventful = _eventful(orders)
    quiet = [order.pk for order in orders if order.pk not in eventful]
    GroupedOrder.objects.filter(pk__in=quiet).update(attempts=0, odd={})
    facts = reviews.facts_of(eventful)
    for order in orders:
        if order.pk in eventful:
            order.group = by_key[order.group_id]
            _count(order, eventful[order.pk], facts)
    needing.fill(by_key)


def _eventful(orders: Collection[GroupedOrder]) -> dict[str, list[OrderUpdate]]:
    """All updates of those orders of which there is something to count."""
    keys = [order.pk for order in orders]
    told = OrderUpdate.objects.filter(~Q(flags=[]) | Q(status_id=DELIVER_AGAIN), order__in=keys)
    wanted = {*told.values_list("order", flat=True), *(order.pk for order in orders if order.review_flags)}
    found: dict[str, list[OrderUpdate]] = defaultdict(list)
    for update in OrderUpdate.objects.filter(order__in=wanted).defer("changes"):
        found[update.order_id].append(update)
    return found


def _count(order: GroupedOrder, updates: Iterable[OrderUpdate], facts: Facts) -> None:
    """Count one order; its flags stay as they are."""
    mine = list(updates)
    raised = [*flags.raised(mine, projection.place_of(order.group)), *facts.raised.get(order.pk, ())]
    order.flagged_at = flags.standing_since(raised, facts.looks.get(order.pk, ()))
    projection.count(order, mine)
    order.save(update_fields=["attempts", "odd", "flagged_at"])
