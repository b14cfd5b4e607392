"""What to say to a caller about a purchase, from its rows.

answer_of(group, lines, now)    the answer of a purchase that was loaded with everything
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from orders import answers, money, queues
from orders.answers import Facts, Part
from orders.bilingual import Both
from orders.choices import Flag, Kind
from orders.models import GroupedOrder, OrderGroup
from orders.money import Amount
from orders.story import Line

_DELIVER_AGAIN = 45


def answer_of(group: OrderGroup, lines: Collection[Line], now: datetime) -> Both:
    """The answer. `group`: loaded `with_everything`; `lines`: its story."""
    return answers.answer(facts_of(group, lines), now)


def facts_of(group: OrderGroup, lines: Collection[Line]) -> Facts:
    """What is known of the purchase, as the answer reads it."""
    orders, summary = list(group.orders.all()), group.payment_summary()
    statuses = [line for line in lines if line.kind == Kind.STATUS]
    return Facts(
        tuple(_part(order, [line for line in statuses if line.order_id == order.pk]) for order in orders),
        group.prescriptions,
        queues.waits_for_confirmation(group, orders),
        money.said(summary, "total_refund_due"),
        money.said(summary, "total_refunded_amount"),
        _collected(money.said(summary, "online_collected"), money.said(summary, "amount_collected")),
    )


def _part(order: GroupedOrder, statuses: list[Line]) -> Part:
    """An order. A clock that cannot be believed tells no time to a customer."""
    last = statuses[-1] if statuses else None
    believed = last is not None and last.update is not None and Flag.CLOCK_UNTRUSTED not in last.update.flags
    since = last.at if last and believed else None
    tried = sum(line.status_id == _DELIVER_AGAIN for line in statuses)
    return Part(order.status_id, order.eta_from, order.eta_to, since, tried)


def _collected(online: Amount | None, at_the_door: Amount | None) -> Amount | None:
    """What 1mg says that it collected, wherever; an unknown amount is not nothing."""
    said = [amount for amount in (online, at_the_door) if amount]
    return next((amount for amount in said if not amount.zero), said[0] if said else None)
