"""The causes for which a purchase needs somebody, each as a plain question to the rows; `now` is the play's clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q

from orders.models import GroupedOrder, OrderGroup
from payments.models import Payment, Refund

Found = set[str]


def _groups(orders: Iterable[GroupedOrder]) -> Found:
    return {order.group_id for order in orders}


def _money(summary: dict[str, str], *keys: str) -> Decimal:
    return sum((Decimal(summary.get(key) or 0) for key in keys), Decimal(0))


def cancelled_and_no_refund_named(now: datetime) -> Found:
    """Cancelled, collected, and neither due nor paid back."""
    return _groups(
        order
        for order in GroupedOrder.objects.filter(status_id=99)
        if _money(order.payment_summary, "online_collected")
        and not _money(order.payment_summary, "total_refund_due", "total_refunded_amount")
    )


def children_disagree(now: datetime) -> Found:
    """One purchase, two sums."""
    several = OrderGroup.objects.annotate(n=Count("orders")).filter(n__gt=1)
    return {
        group.pk
        for group in several
        if len({o.payment_summary.get("online_collected") for o in group.orders.all()}) > 1
    }


def captured_is_not_collected(now: datetime) -> Found:
    """Confirmed, and 1mg says that it collected another sum than Nimbbl took."""
    payments = Payment.objects.filter(group__confirmation_state="confirmed", captured_amount__isnull=False)
    return {
        payment.group_id
        for payment in payments
        for order in payment.group.orders.filter(payment_summary__online_pending_amount="0.00")
        if abs(_money(order.payment_summary, "online_collected") - payment.captured_amount) > 1
    }


def unknown(now: datetime) -> Found:
    """Nobody knows what became of a call."""
    return set(OrderGroup.objects.filter(confirmation_state="unknown").values_list("pk", flat=True))


def _standing(*codes: int) -> Callable[[datetime], Found]:
    return lambda now: _groups(GroupedOrder.objects.filter(status_id__in=codes))


def rx_rejected(now: datetime) -> Found:
    """1mg waits for another paper."""
    return _groups(GroupedOrder.objects.filter(status_id=100, group__prescription_state="rejected"))


def rx_needed(now: datetime) -> Found:
    """1mg waits for a paper, or has not looked at it."""
    return _groups(GroupedOrder.objects.filter(status_id=100, group__prescription_state__in=("none", "in_progress")))


def promise_passed(now: datetime) -> Found:
    """Not there, and the promise has passed."""
    return _groups(GroupedOrder.objects.filter(eta_to__lt=now, stage__in=("fulfil", "ship")))


def delivered_again_twice(now: datetime) -> Found:
    """45 for the second time."""
    twice = GroupedOrder.objects.filter(status_id=45).annotate(n=Count("updates", Q(updates__status_id=45)))
    return _groups(twice.filter(n__gte=2))


def to_confirm(now: datetime) -> Found:
    """Registered, paid online, and 1mg waits."""
    waits = GroupedOrder.objects.filter(status_id__in=(15, 17), group__confirmation_state="none")
    return _groups(waits.filter(group__registered_method="ONLINE"))


def paid_late(now: datetime) -> Found:
    """1mg waits, and so far nothing was captured."""
    captured = Payment.objects.filter(captured_amount__gt=0).values_list("group_id", flat=True)
    return to_confirm(now) - set(captured)


def _refunds(**which: str) -> Callable[[datetime], Found]:
    return lambda now: set(Refund.objects.filter(**which).values_list("group_id", flat=True))


def refund_due(now: datetime) -> Found:
    """Owed to the customer."""
    return _groups(o for o in GroupedOrder.objects.all() if _money(o.payment_summary, "total_refund_due"))


def unread(now: datetime) -> Found:
    """The last update of the order has a part that could not be read."""
    return _groups(
        order
        for order in GroupedOrder.objects.prefetch_related("updates")
        if {"part_unreadable", "amount_unreadable"} & set(max(order.updates.all(), key=lambda u: u.at_ms).flags)
    )


def flagged(now: datetime) -> Found:
    """A person must look."""
    return _groups(GroupedOrder.objects.exclude(review_flags=[]))


def waits_for_1mg(now: datetime) -> Found:
    """A status unchanged for longer than its limit."""
    day = Q(status_id__in=(110, 120, 130, 131, 132, 160, 170), status_since__lt=now - timedelta(hours=24))
    return _groups(
        GroupedOrder.objects.filter(day | Q(status_id__in=(25, 30, 95), status_since__lt=now - timedelta(hours=48)))
    )


#: Cause -> the questions that find it.
CAUSES: Final = {
    "money": (cancelled_and_no_refund_named, children_disagree, captured_is_not_collected),
    "unknown": (unknown,),
    "allocation": (_standing(20),),
    "rx_rejected": (rx_rejected,),
    "late": (promise_passed, delivered_again_twice),
    "to_confirm": (to_confirm,),
    "paid_late": (paid_late,),
    "refund_asked": (_refunds(state="waiting", hold=""),),
    "refund_refused": (_refunds(state="failed"),),
    "refund_done": (_refunds(state="paid"),),
    "refund_held": (_refunds(state="waiting", hold="second_child"),),
    "refund": (refund_due,),
    "unread": (unread,),
    "flagged": (flagged,),
    "rx_needed": (rx_needed,),
    "waits_1mg": (waits_for_1mg,),
}


def lengths(now: datetime) -> dict[str, int]:
    """How many purchases there are of each cause."""
    return {cause: len(set().union(*(found(now) for found in questions))) for cause, questions in CAUSES.items()}
