"""Going through what is kept once more: replay of deliveries, and rebuilding orders from the bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import Q, QuerySet

from orders import services as orders
from orders.fold import Arrival
from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from orders.updates import Update
from webhooks import onemg
from webhooks.models import Delivery, Outcome
from webhooks.strict_json import BodyProblem


def select(
    *, ids: Iterable[int] = (), since: datetime | None = None, until: datetime | None = None,
    order: str | None = None, quarantined: bool = False,
) -> QuerySet[Delivery]:  # fmt: skip
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


class BytesGoneError(Exception):
    """Some of what a purchase was made from is no longer kept: folding the rest would make another purchase of it."""


def rebuild(group: OrderGroup, *, keep: bool) -> list[str]:
    """Fold one purchase again from its deliveries' bytes; the names of what came out differently."""
    return orders.rebuild(group, story_of(group), keep=keep)


def story_of(group: OrderGroup) -> list[tuple[Update, Arrival]]:
    """Every update of the purchase's orders, read again from the bytes, in order of arrival.

    An order that 1mg has moved elsewhere is among them while a word of its still stands on the purchase. Raises
    `BytesGoneError`.
    """
    spoke = {position[2] for position in group.heard.values()}
    orders = GroupedOrder.objects.filter(Q(group=group) | Q(updates__delivery_id__in=spoke)).values("pk")
    rows = list(OrderUpdate.objects.filter(order__in=orders).order_by("delivery_id", "entry"))
    wanted = {row.delivery_id for row in rows}
    bodies = Delivery.objects.in_bulk(wanted)
    if len(bodies) < len(wanted):
        raise BytesGoneError(group.pk)
    return list(_read(rows, bodies))


def _read(rows: list[OrderUpdate], bodies: dict[int, Delivery]) -> Iterator[tuple[Update, Arrival]]:
    for row in rows:
        delivery = bodies[row.delivery_id]
        try:
            document = onemg.read(bytes(delivery.body))
        except BodyProblem:  # pragma: no cover - it was read when it came
            continue
        for update in document.updates:
            if update.order_id == row.order_id and update.entry == row.entry:
                yield update, Arrival(delivery.pk, delivery.received_at, row.at_ms)
