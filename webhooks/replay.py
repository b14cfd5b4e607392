"""Going through what is kept once more: replay of deliveries, and rebuilding orders from the bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Q, QuerySet

from orders import history
from orders import services as orders
from orders.changes import Change
from orders.fold import Arrival
from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from orders.updates import Update
from webhooks import onemg
from webhooks.models import Delivery, Outcome

#: Updates that are held in memory while the purchases they belong to are folded.
UPDATES_TOGETHER: Final = 5_000


def select(
    *,
    ids: Iterable[int] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    order: str | None = None,
    quarantined: bool = False,
) -> QuerySet[Delivery]:
    """The deliveries meant, in order of arrival. Given nothing: all of them."""
    found = Delivery.objects.order_by("pk")
    if ids:
        found = found.filter(pk__in=list(ids))
    if since:
        found = found.filter(received_at__gte=since)
    if until:
        found = found.filter(received_at__lt=until)
    if order:
        found = found.filter(pk__in=OrderUpdate.objects.filter(order=order).values("delivery_id"))
    if quarantined:
        found = found.filter(outcome=Outcome.QUARANTINED)
    return found


def brought_by(delivery: Delivery) -> set[int]:
    """The updates that the delivery was the first to bring."""
    return set(OrderUpdate.objects.filter(delivery_id=delivery.pk).values_list("pk", flat=True))


def changes(update_ids: Collection[int]) -> list[str]:
    """What some updates change, order by order, in names without values."""
    updates = list(OrderUpdate.objects.filter(pk__in=update_ids).select_related("order").order_by("entry"))
    steps = history.steps_of({update.order.group_id for update in updates})
    names = {update.order_id: [_name(change) for change in steps[update.pk].changes] for update in updates}
    return [f"{order_id}: {', '.join(found) or 'nothing'}" for order_id, found in names.items()]


def _name(change: Change) -> str:
    return f"{change.part}.{change.field}" if change.field else change.part


class BytesGoneError(Exception):
    """Some of what a purchase was made from is no longer kept, or beyond what is read of one body by now."""


Key = tuple[int, str, int]
"""A delivery, an order in it, and its place there: one update as it was said."""


def rebuild(groups: QuerySet[OrderGroup], *, keep: bool) -> Iterator[tuple[OrderGroup, list[str] | None]]:
    """Fold purchases again from their deliveries' bytes; of each, the names of what came out differently.

    `None` stands for a purchase of which not all can be read any more: folding the rest would make another purchase
    of it. Each body is read once for as many purchases as are folded together, however many of their orders it holds.
    """
    for some in _together(groups):
        said = _Said()
        said.look_up([row for group in some for row in _updates_of(group)])
        for group in some:
            yield group, _rebuilt(group, said, keep=keep)


@transaction.atomic
def _rebuilt(group: OrderGroup, said: _Said, *, keep: bool) -> list[str] | None:
    """Fold one purchase again; what arrives meanwhile waits, so that its story is whole."""
    group, _its_orders = orders.locked(group.pk)
    rows = list(_updates_of(group))
    said.look_up(rows)
    try:
        return orders.rebuild(group, [said.by(row) for row in rows], keep=keep)
    except BytesGoneError:
        return None


def _together(groups: QuerySet[OrderGroup]) -> Iterator[list[OrderGroup]]:
    """Purchases in lots that have some thousand updates between them, which is what memory has to hold."""
    lot: list[OrderGroup] = []
    room = UPDATES_TOGETHER
    for group in groups.iterator(chunk_size=200):
        lot.append(group)
        room -= _updates_of(group).count()
        if room <= 0:
            yield lot
            lot, room = [], UPDATES_TOGETHER
    if lot:
        yield lot


def _updates_of(group: OrderGroup) -> QuerySet[OrderUpdate]:
    """Every update of the purchase's orders, in order of arrival.

    An order that 1mg has moved elsewhere is among them while a word of its still stands on the purchase.
    """
    spoke = {position[2] for position in group.heard.values()}
    theirs = GroupedOrder.objects.filter(Q(group=group) | Q(updates__delivery_id__in=spoke)).values("pk")
    return OrderUpdate.objects.filter(order__in=theirs).order_by("delivery_id", "entry").defer("changes")


class _Said:
    """What deliveries said, of the updates that were asked for; each body is read when it is asked for first."""

    def __init__(self) -> None:
        self._found: dict[Key, Update | None] = {}
        self._received: dict[int, datetime] = {}

    def look_up(self, rows: Iterable[OrderUpdate]) -> None:
        """Read the bodies of those updates that have not been asked for yet."""
        missing = {_key(row) for row in rows} - self._found.keys()
        self._found |= dict.fromkeys(missing)
        wanted = {delivery_id for delivery_id, _order, _entry in missing}
        for delivery in Delivery.objects.filter(pk__in=wanted).iterator(chunk_size=20):
            self._received[delivery.pk] = delivery.received_at
            for update in onemg.read(bytes(delivery.body)).updates:
                if (key := (delivery.pk, update.order_id, update.entry)) in missing:
                    self._found[key] = update

    def by(self, row: OrderUpdate) -> tuple[Update, Arrival]:
        """The update that a row records. Raises `BytesGoneError` where it is not in the bytes any more."""
        update = self._found[_key(row)]
        if update is None:
            raise BytesGoneError(row.delivery_id)
        return update, Arrival(row.delivery_id, self._received[row.delivery_id], row.at_ms)


def _key(row: OrderUpdate) -> Key:
    return row.delivery_id, row.order_id, row.entry
