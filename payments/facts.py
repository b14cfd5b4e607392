"""What the pre-flight looks at, gathered from the records."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from orders import prescriptions, rows
from orders.models import GroupedOrder, OrderGroup
from payments import parties
from payments.choices import LIVE, Operation
from payments.models import PartnerCall, Payment, Ruling
from payments.preflight import Facts, LiveCall, OrderFact, PaymentFact, Rival


def of(
    group: OrderGroup,
    members: Sequence[GroupedOrder],
    *,
    payment: Payment | None,
    money: PaymentFact | None = None,
    besides: PartnerCall | None = None,
) -> Facts:
    """The facts of a purchase and its orders.

    `payment`: the purchase's Nimbbl order; `money`: what Nimbbl says of it, where it was asked. `besides`: the
    confirmation that is about to be sent, which does not stand in its own way.
    """
    ids = group.onemg_ids(members)
    return Facts(
        merchant_order_id=group.pk,
        payment_method=group.payment_method,
        registered_method=group.registered_method,
        onemg_order_id=onemg_order_id(group, members),
        registered_order_id=group.onemg_order_id,
        group_order_id=group.group_order_id,
        orders=tuple(OrderFact(o.pk, o.status_id, bool(o.review_flags)) for o in members),
        confirmation=group.confirmation_state,
        live=_live(group, ids, besides),
        nimbbl_order_id=payment.pk if payment else "",
        payment=money,
        payable=group.payable_amount,
        prescription_state=_prescription(group, members),
        prescription_reason=rejection(group, members),
        rivals=rivals(group, ids),
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


def _live(group: OrderGroup, ids: Sequence[str], besides: PartnerCall | None) -> LiveCall | None:
    """The confirmation that stands of the purchase, or of an order with one of these ids."""
    about = Q(group=group) | Q(about__live=True, about__onemg_id__in=ids)
    calls = PartnerCall.objects.filter(about, operation=Operation.CONFIRM, state__in=sorted(LIVE))
    call = calls.exclude(pk=besides.pk if besides else 0).order_by("pk").first()
    if call is None:
        return None
    at = timezone.localtime(call.created_at).strftime("%d %b %H:%M")
    return LiveCall(call.state, call.by, at, "" if call.group_id == group.pk else call.group_id)


def rivals(group: OrderGroup, ids: Sequence[str]) -> tuple[Rival, ...]:
    """The other purchases that name one of these 1mg orders, and what a person has said of each.

    Their word holds for the orders that both named then; where the two have come to share another, nobody has said.
    """
    others = OrderGroup.objects.naming(ids).exclude(pk=group.pk)
    return tuple(_rival(group, other, ids) for other in others.prefetch_related("orders").order_by("pk"))


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


def payment_of(merchant_order_id: str) -> Payment | None:
    """The Nimbbl order of a purchase; the latest where the shop made several."""
    made = rows.select(Payment, group=merchant_order_id)
    return max(made, key=lambda payment: payment.created_at, default=None)
