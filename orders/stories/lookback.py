"""A purchase as we knew it at some time: what had been received and done by then, through the same fold and story.

    known_at(id, at)     the purchase at that time

Nothing of it is kept: the updates that had reached us are folded again in memory, from their bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from orders import acts, kept, projection, reviews
from orders.choices import Confirmation, Kind
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from orders.projection import Facts, OrderProjection


@dataclass(frozen=True, slots=True)
class Known:
    """A purchase as we knew it, in memory and loaded with everything; never to be saved.

    `whole`: whether all that 1mg had said is still kept. Where it is not the story stands and the state is not known:
    the orders then have their ids alone.
    """

    group: OrderGroup
    whole: bool


def known_at(merchant_order_id: str, at: datetime) -> Known:
    """The purchase at the time `at`. Raises `OrderGroup.DoesNotExist` where we had not heard of it."""
    group = _as_registered(OrderGroup.objects.get(pk=merchant_order_id, first_seen_at__lte=at), at)
    updates = _updates_of(group, at)
    facts = _facts(updates, at)
    here = {key: rows for key, rows in updates.items() if _home(key, rows, facts) == group.pk}
    ours = _acts_of(group, here, at)
    _put_confirmation(group, ours, at)
    try:
        told = kept.read([row for rows in here.values() for row in rows])
    except kept.BytesGone:
        return Known(_loaded(projection.blank(group), [_unknown(key) for key in here], here, ours), whole=False)
    made = projection.project(group, told, facts)
    return Known(_loaded(made.group, made.orders, here, ours), whole=True)


def _as_registered(group: OrderGroup, at: datetime) -> OrderGroup:
    """The purchase without what the shop said of it only later."""
    found = copy(group)
    if found.registered_at and found.registered_at > at:
        found.registered_at = found.payable_amount = None
        found.registered_method = found.onemg_order_id = ""
    return found


def _updates_of(group: OrderGroup, at: datetime) -> dict[str, list[OrderUpdate]]:
    """By order, what had been received of the orders that are in the purchase or have left it."""
    left = Act.objects.filter(group=group, act=acts.ORDER_LEFT).values_list("params__order", flat=True)
    theirs = Q(order__group=group) | Q(order__in=list(left))
    found: dict[str, list[OrderUpdate]] = defaultdict(list)
    for row in OrderUpdate.objects.filter(theirs, received_at__lte=at).defer("changes").order_by("order", "pk"):
        if row.last_seen_at > at:
            row.times_seen = 1  # how often it had come by then is not kept
        found[row.order_id].append(row)
    return found


def _facts(updates: Mapping[str, Collection[OrderUpdate]], at: datetime) -> Facts:
    """What was registered, raised and looked at by then."""
    ids = {*updates, *(row.words.get("group", "") for rows in updates.values() for row in rows)} - {""}
    registered = OrderGroup.objects.order_by().filter(onemg_order_id__in=ids, registered_at__lte=at)
    ours = reviews.facts_of(updates)
    return Facts(
        dict(registered.values_list("onemg_order_id", "pk")),
        {key: [one for one in raised if one.since and one.since <= at] for key, raised in ours.raised.items()},
        {key: [look for look in looks if look.at <= at] for key, looks in ours.looks.items()},
    )


def _home(order_id: str, rows: Collection[OrderUpdate], facts: Facts) -> str:
    return projection.home_of(order_id, projection.last_words(rows), facts.registered)


def _acts_of(group: OrderGroup, order_ids: Collection[str], at: datetime) -> list[Act]:
    """What we had done about the purchase and its orders of then; acts go along where an order moves."""
    theirs = Q(group=group, order=None) | Q(order__in=order_ids)
    found = Act.objects.filter(theirs, update=None, received_at__lte=at)
    return list(found.select_related("actor").order_by("at", "id"))


def _put_confirmation(group: OrderGroup, ours: list[Act], at: datetime) -> None:
    """How the confirmation stood: by the last act that says so. The code before kept only how it stands now."""
    if group.confirmation_at is None or group.confirmation_at <= at:
        return
    said = [act for act in ours if "standing" in act.params]
    if said:
        words = said[-1].params
        _set(group, Confirmation(words["standing"]), said[-1].at, words.get("reason", words.get("said", "")))
    elif any(act.kind == Kind.CALL for act in ours):
        _set(group, Confirmation.UNKNOWN, None, "How it stood then was not kept.")
    else:
        _set(group, Confirmation.NONE, None, "")


def _set(group: OrderGroup, state: Confirmation, at: datetime | None, reason: str) -> None:
    group.confirmation_state, group.confirmation_at, group.confirmation_reason = state, at, reason


def _unknown(order_id: str) -> OrderProjection:
    return OrderProjection(GroupedOrder(order_id=order_id))


def _loaded(
    group: OrderGroup, made: list[OrderProjection], updates: Mapping[str, list[OrderUpdate]], ours: list[Act]
) -> OrderGroup:
    """The purchase as `with_everything` loads one."""
    for mine in made:
        mine.order.group = group
        _prefetched(
            mine.order, skus=mine.lines("skus"), invoices=mine.lines("invoices"), updates=updates[mine.order.pk]
        )
    _prefetched(group, orders=[mine.order for mine in made], acts=ours)
    return group


def _prefetched(row: Any, **related: list[Any]) -> None:
    """Give the row what is related to it, as `prefetch_related` does; there is no query then."""
    vars(row)["_prefetched_objects_cache"] = related
