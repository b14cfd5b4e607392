"""What the filters of the list ask for that is not one column of the purchase.

needed(look, ...)        something that the purchase needs, all of it of one need
promise_passed(look)     1mg has promised an order for a moment that is over, and it has not arrived
with_order(**columns)    at least one order has that
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q

from orders.choices import Stage
from orders.desk import limits
from orders.desk.attention import Attention
from orders.desk.causes import CLOCKS, Cause, Turn, turn_of
from orders.models import GroupedOrder, Need

#: Stages in which no promise is kept or broken any more.
_OVER: Final = frozenset({Stage.DONE, Stage.RETURN, Stage.CANCEL})


def needed(look: Attention, *, causes: Collection[str], turns: Collection[str], wait: timedelta | None) -> Q:
    """Purchases with a need that holds, whether somebody is to see to it by now or not: of one of the causes, in one of
    the turns, and since so long ago. What is left empty may be any.
    """
    needs = look.holding
    if causes:
        needs = needs.filter(cause__in=[cause for cause in Cause if cause.slug in causes])
    if turns:
        needs = needs.filter(_in_turn(look, turns))
    if wait is not None:
        needs = needs.filter(since__lte=look.at - wait)
    return Q(pk__in=needs.values("group"))


def _in_turn(look: Attention, turns: Collection[str]) -> Q:
    """Needs that are somebody's turn; once 1mg was asked it is 1mg's, whatever the cause."""
    asked = limits.asked(look.limits, look.at)
    found = Q(clock__in=[clock for clock in CLOCKS if turn_of(clock) in turns]) & ~asked
    return found | asked if Turn.ONEMG in turns else found


def promise_passed(at: datetime) -> Q:
    """Purchases of which an order that is still on its way was promised for a moment before that.

    Their needs say which those may be, so that few orders are looked at: with a promise there is a need from when it
    passes, or, while 1mg waits for us, that to confirm.
    """
    some = Need.objects.order_by().filter(Q(clock="late", since__lte=at) | Q(clock="to_confirm"))
    passed = GroupedOrder.objects.filter(group=OuterRef("pk"), eta_to__lte=at).exclude(stage__in=_OVER)
    return Q(pk__in=some.values("group")) & Q(Exists(passed))


def with_order(**columns: Any) -> Q:
    """Purchases of which at least one order has that."""
    return Q(Exists(GroupedOrder.objects.filter(group=OuterRef("pk"), **columns)))
