"""Going through what is kept once more: replay of deliveries, and rebuilding orders from the bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from django.db.models import QuerySet

from orders import kept
from orders import rebuild as rebuilding
from orders.models import OrderGroup, OrderUpdate
from orders.stories import history
from orders.stories.changes import Change
from orders.updates import Update
from webhooks import reading
from webhooks.models import Delivery, Outcome
from webhooks.strict_json import BodyProblem

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


Key = tuple[int, str, int]
"""A delivery, an order in it, and its place there: one update as it was said."""


def rebuild(groups: QuerySet[OrderGroup], *, keep: bool) -> Iterator[tuple[OrderGroup, list[str] | None]]:
    """Fold purchases again from their deliveries' bytes; of each, the names of what came out differently.

    `None` stands for a purchase of which not all can be read any more. Each body is read once for as many purchases as
    are folded together, however many of their orders it holds.
    """
    for some in _together(groups):
        said = _Said()
        said.of([row for group in some for row in _updates_of(group)])
        for group in some:
            try:
                yield group, rebuilding.rebuild(group.pk, said.of, keep=keep)
            except kept.BytesGone:
                yield group, None


def read(rows: Collection[OrderUpdate]) -> Mapping[int, Update]:
    """The updates that some rows record, by the rows' ids, from the bytes that are kept (`orders.kept`)."""
    return _Said().of(rows)


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
    return OrderUpdate.objects.filter(order__group=group).defer("changes")


class _Said:
    """What deliveries said, of the updates that were asked for; each body is read when it is asked for first."""

    def __init__(self) -> None:
        self._found: dict[Key, Update | None] = {}

    def of(self, rows: Collection[OrderUpdate]) -> Mapping[int, Update]:
        """The updates that rows record, by the rows' ids; those that are not in the bytes any more are left out."""
        self._look_up({_key(row) for row in rows})
        return {row.pk: update for row in rows if (update := self._found[_key(row)]) is not None}

    def _look_up(self, keys: set[Key]) -> None:
        missing = keys - self._found.keys()
        self._found |= dict.fromkeys(missing)
        wanted = {delivery_id for delivery_id, _order, _entry in missing}
        for delivery in Delivery.objects.filter(pk__in=wanted).only("body", "source").iterator(chunk_size=20):
            for update in _updates_in(delivery):
                if (key := (delivery.pk, update.order_id, update.entry)) in missing:
                    self._found[key] = update


def _updates_in(delivery: Delivery) -> tuple[Update, ...]:
    try:
        return reading.of(delivery).updates
    except BodyProblem:  # it was read once: what is read of a body has become less since
        return ()


def _key(row: OrderUpdate) -> Key:
    return row.delivery_id, row.order_id, row.entry
