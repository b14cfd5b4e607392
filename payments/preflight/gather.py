"""What the pre-flight looks at, gathered from the records, in one place and each record once.

look(group, members, ...)   what the checks find of a purchase whose rows are at hand, and locked for a press
facts(group, members, ...)  what they look at
payments_of(id)             its orders at Nimbbl, the latest first
rivals(group, members)      the other purchases that name an order of 1mg's which this one names
rejection(group, members)   why 1mg has rejected a paper
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from orders import prescriptions
from orders.choices import Confirmation
from orders.models import GroupedOrder, OrderGroup
from payments import parties
from payments.choices import LIVE, Operation
from payments.models import ConfirmedOrder, PartnerCall, Payment, Ruling
from payments.preflight import ticks
from payments.preflight.facts import Facts, LiveCall, OrderFact, PaymentFact, Rival
from payments.preflight.ticks import Look

_LIVE: Final = sorted(LIVE)


def look(
    group: OrderGroup,
    members: Sequence[GroupedOrder],
    *,
    payment: Payment | None,
    money: PaymentFact | None = None,
    besides: PartnerCall | None = None,
) -> Look:
    """What the checks find of a purchase and its orders.

    `payment`: the purchase's Nimbbl order; `money`: what Nimbbl says of it, where it was asked. `besides`: the
    confirmation that is about to be sent, which does not stand in its own way.
    """
    found = facts(group, members, payment=payment, money=money, besides=besides)
    return Look(ticks.of(found), found.onemg_order_id)


def facts(
    group: OrderGroup,
    members: Sequence[GroupedOrder],
    *,
    payment: Payment | None = None,
    money: PaymentFact | None = None,
    besides: PartnerCall | None = None,
) -> Facts:
    """What the checks look at. `besides`: the call that is about to be sent."""
    ids = group.onemg_ids(members)
    live = _live(group, ids, besides)
    return Facts(
        merchant_order_id=group.pk,
        payment_method=group.payment_method,
        registered_method=group.registered_method,
        onemg_order_id=onemg_order_id(group, members),
        registered_order_id=group.onemg_order_id,
        group_order_id=group.group_order_id,
        orders=tuple(OrderFact(o.pk, o.status_id, bool(o.review_flags)) for o in members),
        confirmation=group.confirmation_state,
        live=_confirming(group, live),
        cancelling=_cancelling(group, live),
        nimbbl_order_id=payment.pk if payment else "",
        payment=money,
        payable=group.payable_amount,
        prescription_state=_prescription(group, members),
        prescription_reason=rejection(group, members),
        rivals=rivals(group, members),
        environment=group.environment,
        portal_environment=settings.PORTAL_ENVIRONMENT,
        configured=settings.ONEMG_CONFIGURED,
    )


def onemg_order_id(group: OrderGroup, members: Sequence[GroupedOrder]) -> str:
    """1mg's id of the order to confirm: what Create Order answered, else what 1mg calls the whole purchase.

    1mg's page does not say how the id that Create Order answers relates to a split order's children; its samples name
    the whole purchase by it. A single child's id serves where no other is known.
    """
    return group.onemg_order_id or group.group_order_id or (members[0].pk if len(members) == 1 else "")


def payments_of(merchant_order_id: str) -> list[Payment]:
    """The Nimbbl orders of a purchase, the latest first; the shop may have made several."""
    made = Payment.objects.filter(group=merchant_order_id).order_by("pk")
    return sorted(made, key=lambda payment: payment.created_at, reverse=True)


def payment_of(merchant_order_id: str) -> Payment | None:
    """The latest of them, which is the one that counts."""
    return next(iter(payments_of(merchant_order_id)), None)


def _live(group: OrderGroup, ids: Sequence[str], besides: PartnerCall | None) -> list[PartnerCall]:
    """What stands already of the purchase, or of an order with one of these ids; the earlier ones first."""
    about = ConfirmedOrder.objects.order_by().filter(live=True, onemg_id__in=ids).values_list("call_id")
    live = PartnerCall.objects.order_by().filter(state__in=_LIVE)
    cancellations = live.filter(operation=Operation.CANCEL, onemg_order_id__in=ids).values_list("pk")
    calls = {key for (key,) in about.union(cancellations)}
    if _may_have_own(group, besides):
        calls |= set(live.filter(group=group, operation=Operation.CONFIRM).values_list("pk", flat=True))
    if besides:
        calls.discard(besides.pk)
    return list(live.filter(pk__in=calls).order_by("pk")) if calls else []


def _confirming(group: OrderGroup, live: Iterable[PartnerCall]) -> LiveCall | None:
    """The confirmation among them; of two the earlier one."""
    call = next((call for call in live if call.operation == Operation.CONFIRM), None)
    return _in_words(group, call) if call else None


def _cancelling(group: OrderGroup, live: Iterable[PartnerCall]) -> dict[str, LiveCall]:
    """1mg's id -> the cancellation of it; the database keeps a second one out."""
    return {call.onemg_order_id: _in_words(group, call) for call in live if call.operation == Operation.CANCEL}


def _in_words(group: OrderGroup, call: PartnerCall) -> LiveCall:
    at = timezone.localtime(call.created_at).strftime("%d %b %H:%M")
    return LiveCall(call.state, call.by, at, "" if call.group_id == group.pk else call.group_id)


def _may_have_own(group: OrderGroup, besides: PartnerCall | None) -> bool:
    """Whether the purchase may have a live confirmation of its own, besides that one; spares the question.

    Every confirmation is told on its purchase in its own transaction, and of two live ones the database refuses one.
    """
    asked_for = group.confirmation_at is not None or group.confirmation_state != Confirmation.NONE
    return asked_for and (besides is None or besides.state not in LIVE)


def rivals(group: OrderGroup, members: Sequence[GroupedOrder]) -> tuple[Rival, ...]:
    """The other purchases that name an order of 1mg's which this one names, and what a person has said of each.

    Their word holds for the orders that both named then; where the two have come to share another, nobody has said.
    """
    ids = group.onemg_ids(members)
    if not _may_have_rivals(group, members, ids):
        return ()
    others = OrderGroup.objects.naming(ids).exclude(pk=group.pk)
    return tuple(_rival(group, other, ids) for other in others.prefetch_related("orders").order_by("pk"))


def _may_have_rivals(group: OrderGroup, members: Sequence[GroupedOrder], ids: Sequence[str]) -> bool:
    """Whether any other purchase has one of these ids at all; hardly ever, and `naming` takes far longer."""
    registered = ~Q(onemg_order_id="") & Q(onemg_order_id__in=ids)
    named = OrderGroup.objects.filter(registered | Q(group_order_id__in=ids)).order_by().values_list("pk", flat=True)
    if set(named) - {group.pk}:
        return True
    elsewhere = set(ids) - {order.pk for order in members}
    return bool(elsewhere) and GroupedOrder.objects.filter(pk__in=elsewhere).exists()


def _rival(group: OrderGroup, other: OrderGroup, ids: Sequence[str]) -> Rival:
    shared = tuple(one for one in other.onemg_ids(other.orders.all()) if one in ids)
    ruling = Ruling.objects.between(group, other)
    if ruling and set(shared) <= set(ruling.onemg_ids):
        return Rival(other.pk, shared, ruling.kept_id, ruling.by)
    return Rival(other.pk, shared)


def rejected(group: OrderGroup, members: Sequence[GroupedOrder]) -> bool:
    """Whether 1mg has rejected a paper and waits for another, as far as anybody can tell."""
    return prescriptions.rejection_stands(group.prescriptions, [order.status_id for order in members])


def rejection(group: OrderGroup, members: Sequence[GroupedOrder]) -> str:
    """Why 1mg has rejected a paper of the purchase, where it says; without people in it."""
    papers = [paper for paper in group.prescriptions if prescriptions.word(paper.get("status")) == "rejected"]
    reason = next((str(paper["reason"]) for paper in papers if paper.get("reason")), "")
    return parties.of(group, members).hide(reason) if reason else ""


def _prescription(group: OrderGroup, members: Sequence[GroupedOrder]) -> str:
    """The one word for the purchase's papers; a rejected one counts while the rejection stands."""
    if rejected(group, members):
        return prescriptions.REJECTED
    others = [paper for paper in group.prescriptions if prescriptions.word(paper.get("status")) != "rejected"]
    return prescriptions.state(others)
