"""Which orders of a purchase can be cancelled, and what the ticks find of one."""

from __future__ import annotations

from collections.abc import Sequence

from orders.models import GroupedOrder, OrderGroup
from payments.cancelling import checks
from payments.models import PartnerCall
from payments.preflight import gather
from payments.preflight.ticks import Look


def candidates(group: OrderGroup, members: Sequence[GroupedOrder]) -> list[str]:
    """1mg's ids to choose from: each order that it speaks of; else the one that the shop has registered.

    1mg does not publish whether cancelling acts on one order or on all of a purchase, so one is named, always.
    """
    return [order.pk for order in members] or ([group.onemg_order_id] if group.onemg_order_id else [])


def may_ask(group: OrderGroup, members: Sequence[GroupedOrder]) -> bool:
    """Whether there is an order that 1mg may still cancel."""
    status_of = {order.pk: order.status_id for order in members}
    return any(checks.may_be_cancelled(status_of.get(key)) for key in candidates(group, members))


def look(
    group: OrderGroup, members: Sequence[GroupedOrder], order_id: str, *, besides: PartnerCall | None = None
) -> Look:
    """What the ticks find of one order now. `besides`: the cancellation that is about to be sent."""
    facts = gather.facts(group, members, besides=besides)
    return Look(checks.of(facts, order_id, group.all_captured_amount), order_id)
