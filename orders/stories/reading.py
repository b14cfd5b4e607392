"""What a purchase's page works out from its rows and its story, at a time: facts, promises, lanes, sums, papers.

of(group, lines, now)    what is shown, by the names that the templates have; none of it is personal
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from orders import prescriptions, reckoning
from orders.answering import callers
from orders.answering.answers import Part
from orders.choices import Kind, Stage
from orders.models import GroupedOrder, OrderGroup
from orders.statuses import status_of
from orders.stories import history, lanes, promises
from orders.stories.lanes import Chart, Way
from orders.stories.promises import Promises, Said
from orders.stories.story import Line

#: Stages in which nothing arrives any more, unless it has.
_OVER = frozenset({Stage.RETURN, Stage.CANCEL, Stage.DONE})


def of(group: OrderGroup, lines: Sequence[Line], now: datetime) -> dict[str, Any]:
    """What is shown. `group`: loaded `with_everything`; `lines`: its story, nothing of it masked."""
    orders, updates = list(group.orders.all()), history.updates_of(group)
    facts, said = callers.facts_of(group, lines), promises.of(updates)
    each = zip(orders, facts.parts, strict=True)
    return {
        "facts": facts,
        "promises": {order.pk: _promises(said.get(order.pk, []), order, part, now) for order, part in each},
        "chart": _chart(orders, lines, now),
        "sums": _sums(group, orders),
        "rejections": prescriptions.rejections(group.prescriptions, updates),
    }


def _promises(said: list[Said], order: GroupedOrder, part: Part, now: datetime) -> Promises:
    """What 1mg has promised of an order. One that arrived nobody knows when has neither kept nor broken it."""
    arrived = part.since if order.stage == Stage.DONE else None
    if order.stage in _OVER and arrived is None:
        return Promises(tuple(said))
    return Promises(tuple(said), *promises.standing(order.eta_to, arrived, now))


def _chart(orders: Iterable[GroupedOrder], lines: Iterable[Line], now: datetime) -> Chart | None:
    statuses = [line for line in lines if line.kind == Kind.STATUS]
    ways = []
    for order in orders:
        began = [(status_of(line.status_id), line.at) for line in statuses if line.order_id == order.pk]
        ways.append(Way(order.pk, began, order.eta_from, order.eta_to))
    return lanes.chart(ways, now)


def _sums(group: OrderGroup, orders: Iterable[GroupedOrder]) -> list[str]:
    """What of the money does not add up."""
    skus = [sku for order in orders for sku in order.skus.all()]
    items = reckoning.items_total(reckoning.line_total(sku.quantity, sku.offered_price) for sku in skus)
    return list(reckoning.notes(group.payment_summary(), items))
