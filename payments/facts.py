"""What the pre-flight looks at, gathered from the records."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone

from orders import rows
from orders.models import GroupedOrder, OrderGroup
from payments.choices import LIVE, Operation
from payments.models import PartnerCall, Payment
from payments.preflight import Facts, LiveCall, OrderFact, PaymentFact


def of(
    group: OrderGroup,
    members: Sequence[GroupedOrder],
    *,
    live: PartnerCall | None,
    payment: Payment | None,
    money: PaymentFact | None = None,
) -> Facts:
    """The facts of a purchase and its orders. `live`: the confirmation that stands, unless it is the one that asks.

    `payment`: the purchase's Nimbbl order; `money`: what Nimbbl says of it, where it was asked.
    """
    at = timezone.localtime(live.created_at).strftime("%d %b %H:%M") if live else ""
    return Facts(
        merchant_order_id=group.pk,
        payment_method=group.payment_method,
        registered_method=group.registered_method,
        onemg_order_id=onemg_order_id(group, members),
        registered_order_id=group.onemg_order_id,
        group_order_id=group.group_order_id,
        orders=tuple(OrderFact(o.pk, o.status_id, bool(o.review_flags)) for o in members),
        confirmation=group.confirmation_state,
        live=LiveCall(live.state, live.by, at) if live else None,
        nimbbl_order_id=payment.pk if payment else "",
        payment=money,
        payable=group.payable_amount,
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


def live_confirmation(merchant_order_id: str) -> PartnerCall | None:
    """The confirmation of a purchase that stands: under way, in doubt or done. There is one at most."""
    calls = rows.select(PartnerCall, group=merchant_order_id, operation=Operation.CONFIRM)
    return next((call for call in calls if call.state in LIVE), None)


def payment_of(merchant_order_id: str) -> Payment | None:
    """The Nimbbl order of a purchase; the latest where the shop made several."""
    made = rows.select(Payment, group=merchant_order_id)
    return max(made, key=lambda payment: payment.created_at, default=None)
