"""The order that an update is about, with its purchase: locked, and made where they are new.

find(update, arrival)     the order, or the row that records the update already
hold(updates, arrival)    all that one body is about, before anything is done with the first of them
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from orders import fold, locks, moves, projection, store
from orders.fold import Arrival
from orders.locks import MovedMeanwhile
from orders.models import GroupedOrder
from orders.store import Found, Known
from orders.updates import Update


def find(update: Update, arrival: Arrival) -> Found | Known:
    """The order with its purchase, locked until the end of the transaction; or the update, if the order has it.

    Where the update names another purchase than the one the order is in, or none, both are locked. Raises
    `MovedMeanwhile`.
    """
    if here := store.look(update.order_id, update.purchase_id, update.digest):
        return here
    if not store.stands(update.order_id):
        return _create(update, arrival)
    if known := store.known(update.order_id, update.digest):
        return known
    (order,) = _hold([update], arrival)
    return Found(order, is_alone=False)  # as far as we know


def hold(updates: Collection[Update], arrival: Arrival) -> None:
    """Lock what some updates are about until the end of the transaction.

    Whoever applies to several orders in one transaction holds purchases from the first on, and would lock those of the
    next out of order.
    """
    first, *others = {update.purchase_id for update in updates}
    if others or not store.hold(first, [update.order_id for update in updates]):
        _hold(updates, arrival)


def _hold(updates: Collection[Update], arrival: Arrival) -> list[GroupedOrder]:
    """Lock the purchases that the orders are in and those that the updates name; the orders that there are.

    Those that orders go to now are made first, while nothing is held: whoever makes the same ones is waited for then.
    """
    ids = [update.order_id for update in updates]
    heard = dict(GroupedOrder.objects.filter(pk__in=ids).values_list("pk", "heard"))
    goals = {update.purchase_id for update in updates if _goes_there(update, heard.get(update.order_id, {}), arrival)}
    moves.make(goals, arrival.received_at)
    return locks.hold(ids, [update.purchase_id for update in updates])


def _goes_there(update: Update, heard: Mapping[str, list[int]], arrival: Arrival) -> bool:
    """Whether the update names the purchase of its order, and nobody has named one later."""
    if update.purchase is None:
        return False
    trusted = fold.believable(update, arrival.received_at)
    position = fold.place(heard, update, arrival, trusted=trusted)
    return bool(fold.take(heard, [update.purchase], position))


def _create(update: Update, arrival: Arrival) -> Found | Known:
    """Make the rows of an order never heard of; whoever else is doing the same, one of us wins and both go on.

    Raises `MovedMeanwhile` where the other one made it in another purchase.
    """
    words = {"purchase": update.purchase_id} if update.purchase else {"group": update.purchase_id}
    home = projection.home_of(update.order_id, words, moves.registered_where(update))
    new = moves.new_group(home, arrival.received_at)
    group = store.open_purchase(new)
    order = GroupedOrder(order_id=update.order_id, group=group, listed_at=arrival.received_at)
    if store.add(order):
        return Found(order, is_alone=group is new)
    if made := store.look(update.order_id, home, update.digest):
        return made
    raise MovedMeanwhile(update.order_id)
