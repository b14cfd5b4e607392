"""What a need says, in a sentence for staff; from the need and its purchase, whose orders are at hand.

of(need, group, now)      "1mg found no stock, 5 h 20 m ago"
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _

from orders import money, prescriptions
from orders.choices import Confirmation, Flag, Undecided
from orders.desk import needs
from orders.desk.causes import Cause
from orders.desk.to_decide import ToDecide
from orders.models import GroupedOrder, Need, OrderGroup
from orders.money import Amount
from orders.rupees import with_sign
from orders.statuses import DELIVER_AGAIN, status_of
from orders.templatetags.moments import duration

Say = Callable[[Need, OrderGroup, datetime], str]


def of(need: Need, group: OrderGroup, now: datetime) -> str:
    """The sentence. `group`: with its orders at hand. It may quote 1mg, and so name people."""
    said = _SAYING[Cause(need.cause)](need, group, now)
    many = len(group.orders.all())
    if need.many and many > 1:
        return _("%(some)s of %(all)s: %(said)s") % {"some": need.many, "all": many, "said": said}
    return said


def _ago(since: datetime, now: datetime) -> str:
    return duration(now - since)


def _order(need: Need, group: OrderGroup) -> GroupedOrder | None:
    return next((order for order in group.orders.all() if order.pk == need.order_id), None)


def _rupees(amount: Amount | None) -> str:
    """An amount, or that it is not known."""
    return with_sign(amount.rupees) if amount and amount.rupees is not None else _("an amount that is not known")


def _money(need: Need, group: OrderGroup, now: datetime) -> str:
    children = [needs.child_of(vars(order)) for order in group.orders.all()]
    told, purchase = needs.told_of(children), needs.purchase_of(vars(group))
    if needs.is_back_without_refund(purchase, children, told):
        words = {"status": _ended(group), "amount": with_sign(needs.paid(purchase, told))}
        if told.collected:
            return _("%(status)s, %(amount)s collected, and 1mg names no refund") % words
        return _("%(status)s, %(amount)s captured at Nimbbl, and 1mg names no refund") % words
    if needs.captured_differs(purchase, children, told) and group.captured_amount is not None:
        words = {"captured": with_sign(group.captured_amount), "collected": _rupees(told.online)}
        return _("%(captured)s captured at Nimbbl, %(collected)s collected at 1mg") % words
    return _("1mg names other amounts on one order than on another")


def _ended(group: OrderGroup) -> str:
    codes = {order.status_id for order in group.orders.all()}
    return status_of(99 if 99 in codes else 142).label


def _unknown(need: Need, group: OrderGroup, now: datetime) -> str:
    at = timezone.localtime(need.since).strftime("%H:%M")
    if group.confirmation_state == Confirmation.UNKNOWN:
        return _("Nobody knows whether 1mg confirmed it: no clear answer came at %(at)s") % {"at": at}
    return _("Nobody knows whether 1mg or Nimbbl did what it was asked: no clear answer came at %(at)s") % {"at": at}


def _allocation(need: Need, group: OrderGroup, now: datetime) -> str:
    return _("1mg found no stock, %(ago)s ago") % {"ago": _ago(need.since, now)}


def _rx_rejected(need: Need, group: OrderGroup, now: datetime) -> str:
    reason = rejection(group)
    if reason:
        return _("1mg rejected the prescription: “%(reason)s”") % {"reason": reason}
    return _("1mg rejected the prescription, and gives no reason")


def rejection(group: OrderGroup) -> str:
    """Why 1mg has rejected a paper, in its words."""
    papers = [
        paper for paper in group.prescriptions if prescriptions.word(paper.get("status")) == prescriptions.REJECTED
    ]
    return next((str(paper["reason"]) for paper in papers if paper.get("reason")), "")


def _late(need: Need, group: OrderGroup, now: datetime) -> str:
    order = _order(need, group)
    again = bool(order and order.status_id == DELIVER_AGAIN and (order.attempts or 0) > 1)
    if order is None or order.eta_to is None or order.eta_to > now:
        return _("The second attempt to deliver it failed")
    words = {"late": _ago(order.eta_to, now)}
    if again:
        return _("%(late)s past the promise, and the second attempt failed") % words
    return _("%(late)s past the promise") % words


def _to_confirm(need: Need, group: OrderGroup, now: datetime) -> str:
    if group.captured_amount is not None:
        words = {"amount": with_sign(group.captured_amount)}
        return _("1mg packs it only after we confirm: %(amount)s captured") % words
    told = needs.told_of(needs.child_of(vars(order)) for order in group.orders.all())
    if told.collected:
        words = {"amount": with_sign(told.collected)}
        return _("1mg packs it only after we confirm: 1mg names %(amount)s, Nimbbl is not asked yet") % words
    return _("1mg packs it only after we confirm; whether it is paid is not known yet")


def _refund_asked(need: Need, group: OrderGroup, now: datetime) -> str:
    if not group.refund_to_decide:  # somebody has decided since the need was read
        return _("A refund waited for a decision until just now")
    one = ToDecide.of(group.refund_to_decide)
    said = _undecided(one, now)
    if one.many > 1:
        return _("%(many)s refunds; the oldest: %(said)s") % {"many": one.many, "said": said}
    return said


def _undecided(one: ToDecide, now: datetime) -> str:
    """That a refund was not paid back is said of Nimbbl whether it refused, or could not be asked."""
    words = {"amount": with_sign(one.amount), "at": _clock(one.since, now)}
    match one.why:
        case Undecided.ASKED:
            return _("%(amount)s to be paid back: 1mg asked at %(at)s, nobody has decided") % words
        case Undecided.SECOND:
            return _("%(amount)s to be paid back: approved at %(at)s, a second person is to approve it too") % words
        case Undecided.FAILED:
            return _("Nimbbl did not pay back %(amount)s (%(at)s): send it again or decline it") % words


def _clock(since: datetime, now: datetime) -> str:
    """The time, with its day where that is not today."""
    at, today = timezone.localtime(since), timezone.localtime(now)
    if at.date() == today.date():
        return at.strftime("%H:%M")
    return _("%(time)s on %(day)s") % {"time": at.strftime("%H:%M"), "day": at.strftime("%d %b").lstrip("0")}


def _refund(need: Need, group: OrderGroup, now: datetime) -> str:
    due = money.said(group.payment_summary(), "total_refund_due")
    since = timezone.localtime(need.since).strftime("%d %b").lstrip("0")
    return _("%(amount)s to be paid back since %(since)s. 1mg has not said that it was paid") % {
        "amount": _rupees(due),
        "since": since,
    }


def _unread(need: Need, group: OrderGroup, now: datetime) -> str:
    order = _order(need, group)
    odd = (order and order.odd) or {}
    labels = ", ".join(str(Flag(flag).label) for flag in odd.get("flags", ()) if flag in Flag)
    return _("Delivery %(delivery)s was not understood in full: %(what)s") % {
        "delivery": odd.get("delivery", ""),
        "what": labels,
    }


def _flagged(need: Need, group: OrderGroup, now: datetime) -> str:
    marks = sorted({flag for order in group.orders.all() for flag in order.review_flags})
    return "; ".join(str(Flag(flag).label) for flag in marks)


def _rx_needed(need: Need, group: OrderGroup, now: datetime) -> str:
    if group.prescriptions:
        return _("1mg has not accepted the prescription yet, for %(ago)s") % {"ago": _ago(need.since, now)}
    return _("Waits for a prescription for %(ago)s") % {"ago": _ago(need.since, now)}


def _waits_1mg(need: Need, group: OrderGroup, now: datetime) -> str:
    label = status_of(int(need.clock.removeprefix("waits_"))).label
    return _("%(status)s for %(ago)s") % {"status": label, "ago": _ago(need.since, now)}


_SAYING: Final[dict[Cause, Say]] = {
    Cause.MONEY: _money,
    Cause.UNKNOWN: _unknown,
    Cause.ALLOCATION: _allocation,
    Cause.RX_REJECTED: _rx_rejected,
    Cause.LATE: _late,
    Cause.TO_CONFIRM: _to_confirm,
    Cause.REFUND_ASKED: _refund_asked,
    Cause.REFUND: _refund,
    Cause.UNREAD: _unread,
    Cause.FLAGGED: _flagged,
    Cause.RX_NEEDED: _rx_needed,
    Cause.WAITS_1MG: _waits_1mg,
}
