"""What pages show of refunds."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Count

from orders.chips import Chip
from orders.models import OrderGroup
from payments import chips
from payments.choices import FOR_A_PERSON, RefundState
from payments.models import Refund
from payments.refunds import shown

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def refund_chip(refund: Refund) -> dict[str, Chip]:
    """The chip of a refund."""
    return {"chip": chips.refund_chip(refund.state, str(refund.get_state_display()))}


@register.inclusion_tag("payments/refunds/_at_work.html", takes_context=True)
def refunds_at_work(context: template.Context) -> dict[str, Any]:
    """Refunds that wait for a person, and others of which something is to come; requests that came to none."""
    may_see = context["perms"]["payments"]["view_refund"]
    may = context["request"].user.has_perm
    found = shown.readable(list(shown.at_work()[: shown.MOST]), may) if may_see else []
    due = [one for one in found if one.state in FOR_A_PERSON or one.state == RefundState.UNKNOWN]
    return {
        "due": due,
        "may_decide": context["perms"]["payments"]["refund_payment"],
        "on_their_way": [one for one in found if one not in due],
        "odd": shown.readable_requests(shown.odd_requests()[: shown.MOST], may) if may_see else [],
    }


@register.inclusion_tag("payments/refunds/_of_purchase.html", takes_context=True)
def refunds_of(context: template.Context) -> dict[str, Any]:
    """The refunds of a purchase, how often 1mg asked for each, and the way to start one."""
    group: OrderGroup = context["group"]
    found = list(group.refunds.annotate(asked=Count("requests"))) if context["perms"]["payments"]["view_refund"] else []
    may_start = context["perms"]["payments"]["refund_payment"] and group.payment_method != "COD"
    return {"group": group, "refunds": found, "may_start": may_start}
