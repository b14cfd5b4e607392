"""Holding what is about to change: the lock of a purchase covers its orders, so an order needs none of its own.

    hold(order_ids, purchases)    lock the purchases of some orders, and some others; the orders as they are then
    MovedMeanwhile                a purchase is held in vain, and another one would have to be held with it

Whoever changes an order holds the purchase that it is in, and whoever files it elsewhere holds both. Several are locked
in the order of their ids, so that of two who want the same ones the second waits for all of them. The locks leave keys
alone (`no_key`), so a line that names a purchase never waits for one.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db import OperationalError, transaction

from orders.models import GroupedOrder, OrderGroup


class MovedMeanwhile(OperationalError):  # noqa: N818 - named by what it says
    """1mg has filed the order elsewhere in the very moment of locking; the transaction may be begun anew."""

    #: As PostgreSQL calls it where a transaction must be begun anew since somebody else's came first.
    sqlstate: Final = "40001"


def hold(order_ids: Collection[str], purchases: Collection[str] = ()) -> list[GroupedOrder]:
    """Lock the purchases that some orders are in, and `purchases`; those of the orders that there are, by their ids.

    Until the end of the transaction. An order that is filed elsewhere while we wait is followed, holding nothing.
    """
    named = GroupedOrder.objects.filter(pk__in=order_ids).order_by("pk")
    wanted = {*purchases, *named.values_list("group", flat=True)}
    while True:
        before = transaction.savepoint()
        locked = OrderGroup.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        groups = {group.pk: group for group in locked}
        found = list(named.all())
        if groups.keys() >= {order.group_id for order in found}:
            break
        transaction.savepoint_rollback(before)
        wanted = {*purchases, *(order.group_id for order in found)}
    transaction.savepoint_commit(before)
    for order in found:
        order.group = groups[order.group_id]
    return found
