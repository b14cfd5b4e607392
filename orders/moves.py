"""Filing an order under another purchase, and what both purchases are then.

    make(purchases, at)     purchases that are new
    move(order, to)         file the locked order under another purchase
    put_words(group)        the words that it is found by
    refold(group, known)    what the purchase's orders say of it, from the kept bytes
    registered(ids)         the purchases that the shop has registered with ids of 1mg's
    updates_of(order)       an order's updates, for whoever works something out from all of them

A purchase's parts are the fold of the updates of the orders that are in it now, whatever purchase those updates named.
So what an order brought goes with it, and the purchase that it leaves is what the others say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.conf import settings

from orders import acts, kept, projection, reviews, store
from orders.choices import Flag, Kind, Source
from orders.desk import needing
from orders.finding import found_by
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from orders.updates import Update


def new_group(merchant_order_id: str, first_seen_at: datetime) -> OrderGroup:
    """A purchase that we hear of for the first time."""
    return OrderGroup(
        merchant_order_id=merchant_order_id, first_seen_at=first_seen_at, environment=settings.PORTAL_ENVIRONMENT
    )


def make(purchases: Iterable[str], at: datetime) -> None:
    """Insert purchases that we hear of for the first time, `at` this time; those that stand stay as they are."""
    groups = [new_group(one, at) for one in sorted(purchases)]
    for group in groups:
        projection.put_words(group, [])
    OrderGroup.objects.bulk_create(groups, ignore_conflicts=True)


def registered(onemg_ids: Iterable[str]) -> dict[str, str]:
    """1mg's id -> the purchase that the shop has registered with it."""
    wanted = {one for one in onemg_ids if one}
    found = OrderGroup.objects.order_by().filter(onemg_order_id__in=wanted).exclude(onemg_order_id="")
    return dict(found.values_list("onemg_order_id", "pk"))


def registered_where(update: Update) -> dict[str, str]:
    """The same for the ids of an update that names no purchase."""
    return {} if update.purchase else registered([update.order_id, update.purchase_id])


def updates_of(order: GroupedOrder) -> list[OrderUpdate]:
    """All updates of the order."""
    return list(OrderUpdate.objects.filter(order=order).defer("changes"))


def move(order: GroupedOrder, to: str, *, at: datetime, known: Mapping[int, Update] | None = None) -> None:
    """File the locked order under the purchase `to`, which is made `at` this time where it is new; its acts go along.

    Both purchases are folded again. Where the bytes for that are gone what stands there stays, and the order is marked
    for a person. `known`: updates at hand, by the ids of their rows. The order is saved; what `to` needs is for the
    caller to work out, when all of it is known.
    """
    left = order.group
    make([to], at)
    order.group = store.lock_purchase(to)
    order.listed_at = order.group.first_seen_at
    order.save()
    Act.objects.filter(order=order).update(group=order.group)
    _record_leaving(order, left, at)
    whole = [refold(group, known) for group in (left, order.group)]
    order.refresh_from_db(fields=["review_flags", "flagged_at"])
    if not all(whole):
        reviews.flag([order], Flag.PURCHASE_MOVED)
    needing.keep(left.pk)


def _record_leaving(order: GroupedOrder, left: OrderGroup, at: datetime) -> None:
    """So that whoever looks back finds the order where it was."""
    acts.record(
        acts.ORDER_LEFT,
        group_id=left.pk,
        at=at,
        source=Source.ONEMG,
        kind=Kind.CHANGE,
        order=order.pk,
        to=order.group_id,
    )


def refold(group: OrderGroup, known: Mapping[int, Update] | None = None) -> bool:
    """Fold the locked purchase again from the updates of its orders; `False` where bytes are gone: then only words are
    made anew.
    """
    rows = list(OrderUpdate.objects.filter(order__group=group).defer("changes").order_by("pk"))
    try:
        told = kept.read(rows, known)
    except kept.BytesGone:
        put_words(group)
        group.save(update_fields=["search_text", "personal_text"])
        return False
    projection.forget(group)
    projection.fold_purchase(group, ((one.row.position, one.update) for one in told))
    put_words(group)
    group.save()
    review_all(group)
    return True


def put_words(group: OrderGroup) -> None:
    """Make the words anew that the purchase is found by; it is not saved."""
    orders = GroupedOrder.objects.order_by().filter(group=group)
    projection.put_words(group, orders.values_list(*found_by.OF_ORDER))


def review_all(group: OrderGroup, *, but: GroupedOrder | None = None) -> None:
    """Work out anew what of the purchase's orders needs a person; what the purchase is decides a part of it."""
    orders = GroupedOrder.objects.filter(group=group).order_by("pk")
    for order in orders.exclude(pk=but.pk) if but else orders:
        before, order.group = (order.review_flags, order.flagged_at), group
        reviews.review(order, updates_of(order))
        if (order.review_flags, order.flagged_at) != before:
            order.save(update_fields=["review_flags", "flagged_at"])
