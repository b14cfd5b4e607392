"""What to write to 1mg about a purchase that waits for them: of what 1mg said itself, without people.

message(group, works)      the text, "" where nothing is to be asked
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils import timezone

from orders.causes import Cause
from orders.models import GroupedOrder, OrderGroup
from orders.work import Work

_ASKS = {
    Cause.ALLOCATION: "Allocation failed. Will it be fulfilled, and when; or will you cancel it?",
    Cause.LATE: "The delivery is late. When will it be delivered?",
    Cause.REFUND: "A refund is due. Was it paid back, when, and with what reference?",
    Cause.WAITS_1MG: "The order has not moved. What does it wait for?",
}


def message(group: OrderGroup, works: Iterable[Work]) -> str:
    """A message to 1mg about all that is theirs to do, in English. `group`: with its orders at hand."""
    asked = [one for one in works if one.cause in _ASKS]
    if not asked:
        return ""
    lines = [f"Our order {group.pk}, your group {group.group_order_id or 'not given'}"]
    lines += [f"- {_ASKS[one.cause]} Since {_at(one)}." for one in asked]
    return "\n".join([*lines, *(_last_word(order) for order in group.orders.all())])


def _at(one: Work) -> str:
    return timezone.localtime(one.since).strftime("%d %b %Y %H:%M IST")


def _last_word(order: GroupedOrder) -> str:
    updated = timezone.localtime(order.updated_at).strftime(", updated %d %b %Y %H:%M IST") if order.updated_at else ""
    return f"Order {order.pk}: status {order.status_id} ({order.status.label}){updated}."
