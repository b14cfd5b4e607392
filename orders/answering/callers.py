"""What to say to a caller about a purchase, from its rows.

facts_of(group, lines)          what is known of a purchase that was loaded with everything
answer_of(group, facts, now)    what to say
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from orders import money
from orders.answering import alike, answers
from orders.answering.answers import Facts, Part
from orders.answering.bilingual import Both
from orders.choices import Flag, Kind
from orders.desk import needs
from orders.models import GroupedOrder, OrderGroup
from orders.money import Amount
from orders.stories.story import Line

_DELIVER_AGAIN = 45


def answer_of(group: OrderGroup, facts: Facts, now: datetime) -> Both:
    """The answer. `facts`: of the purchase; what became of orders like it is looked up here."""
    return answers.answer(replace(facts, alike=_alike(group, facts, now)), now)


def _alike(group: OrderGroup, facts: Facts, now: datetime) -> int | None:
    """How many hours orders took that were where its only order is, while that is still to arrive."""
    orders = list(group.orders.all())
    if len(orders) != 1 or not group.city_word:
        return None
    if orders[0].status_id is None or not answers.arrives(facts.parts[0]):
        return None
    return alike.hours(orders[0].status_id, orders[0].delivery_partner_name, group.city_word, now)


def facts_of(group: OrderGroup, lines: Collection[Line]) -> Facts:
    """What is known of the purchase, as the answer reads it."""
    orders, summary = list(group.orders.all()), group.payment_summary()
    statuses = [line for line in lines if line.kind == Kind.STATUS]
    return Facts(
        tuple(_part(order, [line for line in statuses if line.order_id == order.pk]) for order in orders),
        group.prescriptions,
        needs.waits_for_confirmation(needs.purchase_of(vars(group)), [needs.child_of(vars(order)) for order in orders]),
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
