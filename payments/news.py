"""What an update of 1mg's means for what was asked of it: it may settle a doubt, and it may file an order anew."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from django.db.models import Q

from orders.choices import Confirmation
from orders.models import OrderGroup
from orders.services import Applied
from orders.statuses import CANCELLED
from payments import evidence, states
from payments.cancelling.checks import TOO_LATE
from payments.choices import Operation, SettledBy, State
from payments.models import ConfirmedOrder, PartnerCall

#: How a confirmation stands that news may settle; a cancellation that settled it may turn out to be the later news.
IN_DOUBT: Final = frozenset({Confirmation.UNKNOWN, Confirmation.REJECTED})


def settle(news: Applied) -> None:
    """1mg has said something new of an order; settle what is in doubt about it, where that shows the outcome.

    Called inside the transaction that applied the update, which holds the purchase. Mostly nobody has asked for
    anything, and what the update has at hand says so.
    """
    if news.appeared or news.confirmation in IN_DOUBT:
        _settle_confirmations(news)
    if news.group_id and (news.status_id in CANCELLED or (news.is_doubted and news.status_id in TOO_LATE)):
        _settle_cancellations(news.order_id)


def _settle_cancellations(order_id: str) -> None:
    """Those of which nobody knows what became, and those that news has settled: it may not have been all."""
    calls = PartnerCall.objects.filter(Q(state=State.UNKNOWN) | Q(settled_by=SettledBy.UPDATE))
    for call_id in calls.filter(operation=Operation.CANCEL, onemg_order_id=order_id).values_list("pk", flat=True):
        call = states.held(call_id)
        states.settle_by_news(call, OrderGroup.objects.get(pk=call.group_id))


def _settle_confirmations(news: Applied) -> None:
    """The same of confirmations.

    An order that appears under another purchase than the one that asked for its confirmation takes along how that
    stands. Mostly nobody has asked for any confirmation of it, and nothing more is looked up.
    """
    asked = ConfirmedOrder.objects.filter(onemg_id__in=news.onemg_ids).exists()
    if news.appeared and asked:
        adopt(OrderGroup.objects.get(pk=news.group_id), news.onemg_ids)
    if not evidence.proves(news.status_id) or not (asked or news.confirmation in IN_DOUBT):
        return
    about = Q(group=news.group_id) | Q(about__onemg_id__in=news.onemg_ids)
    by_news = Q(state=State.ABANDONED, settled_by=SettledBy.UPDATE)
    calls = PartnerCall.objects.filter(about, Q(state=State.UNKNOWN) | by_news, operation=Operation.CONFIRM)
    for call_id in sorted(set(calls.values_list("pk", flat=True))):
        call = states.held(call_id)
        states.settle_by_news(call, OrderGroup.objects.get(pk=call.group_id))


def adopt(group: OrderGroup, onemg_ids: Collection[str]) -> None:
    """The locked purchase has come to hold orders of 1mg's: how a confirmation of theirs stands comes along."""
    about = ConfirmedOrder.objects.filter(live=True, onemg_id__in=onemg_ids).exclude(call__group=group)
    for call_id in sorted(set(about.values_list("call_id", flat=True))):
        states.adopt(states.held(call_id), group, onemg_ids)
