"""What the purchase page and the calls show of acting."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext as _

from orders import chips, queues
from orders.chips import Chip
from orders.choices import Confirmation
from orders.models import GroupedOrder, OrderGroup
from payments import parties
from payments.choices import Operation, SettledBy, State, Verdict
from payments.models import PartnerCall

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def call_chip(call: PartnerCall) -> dict[str, Chip]:
    """The chip of a call."""
    doubt = ""
    if call.findings.get("not_applied"):
        doubt = _("Not applied")
    elif "shipping_address" in call.findings.get("not_echoed", ()):
        doubt = _("Not verified")
    label = str(call.get_state_display())
    if call.settled_by == SettledBy.PERSON:
        label = _("It worked") if call.state == State.SUCCEEDED else _("It did not work")
    return {"chip": chips.call_chip(call.state, label, doubt=doubt)}


@register.inclusion_tag("payments/_acting.html", takes_context=True)
def acting(context: template.Context) -> dict[str, Any]:
    """The banner of a purchase: what is wanted of us, what is on its way, what nobody knows."""
    group: OrderGroup = context["group"]
    orders: list[GroupedOrder] = context["orders"]
    waits = queues.waits_for_confirmation(group, orders)
    call = _latest(group, Operation.CONFIRM) if group.confirmation_state != Confirmation.NONE or waits else None
    update = _latest(group, Operation.UPDATE_ORDER) if context["poll"] else None
    if (call or update) and not context["perms"]["orders"]["view_personal_data"]:
        known = parties.of(group, orders)
        call, update = call and parties.masked(call, known), update and parties.masked(update, known)
    return {"group": group, "call": call, "waits": waits, "fresh": context["poll"],
            "update": update, "perms": context["perms"],
            "since": min((o.status_since for o in orders if o.status_since), default=group.registered_at)}  # fmt: skip


@register.inclusion_tag("payments/_at_partners.html", takes_context=True)
def at_partners(context: template.Context) -> dict[str, Any]:
    """How the purchase stands at 1mg and at Nimbbl, and the way to the update."""
    group: OrderGroup = context["group"]
    return {
        "group": group, "perms": context["perms"], "payments": list(group.payments.all()),
        "confirmation": chips.confirmation_chip(group.confirmation_state, str(group.get_confirmation_state_display())),
        "update": _latest(group, Operation.UPDATE_ORDER),
    }  # fmt: skip


@register.filter
def tick_mark(verdict: str) -> str:
    """The mark of a tick."""
    return {Verdict.PASS: "✓", Verdict.FAIL: "✕"}.get(Verdict(verdict), "?")


@register.filter
def may_be_settled(call: PartnerCall) -> bool:
    """Whether a person may say what became of it."""
    return call.state == State.UNKNOWN or call.is_overdue


def _latest(group: OrderGroup, operation: Operation) -> PartnerCall | None:
    return PartnerCall.objects.filter(group=group, operation=operation).first()
