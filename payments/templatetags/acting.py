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
from payments.preflight import gather

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
    """The banners of a purchase: what stands in the way, what is wanted of us, what is on its way."""
    group: OrderGroup = context["group"]
    orders: list[GroupedOrder] = context["orders"]
    rivals = gather.rivals(group, group.onemg_ids(orders))
    elsewhere = any(rival.kept == rival.merchant_order_id for rival in rivals)
    waits = queues.waits_for_confirmation(group, orders) and not elsewhere
    call = _of_confirmation(group) if group.confirmation_state != Confirmation.NONE or waits else None
    update = _latest(group, Operation.UPDATE_ORDER) if context["poll"] else None
    if (call or update) and not context["perms"]["orders"]["view_personal_data"]:
        known = parties.of(group, orders)
        call, update = call and parties.masked(call, known), update and parties.masked(update, known)
    return {
        "group": group,
        "call": call,
        "waits": waits,
        "banner": _banner(group, call, waits, bool(context["poll"])),
        "rivals": rivals,
        "undecided": any(rival.kept != group.pk for rival in rivals),
        "rejected_paper": waits and gather.rejected(group, orders),
        "rejection": gather.rejection(group, orders),
        "update": update,
        "perms": context["perms"],
        "since": min((o.status_since for o in orders if o.status_since), default=group.registered_at),
    }


def _banner(group: OrderGroup, call: PartnerCall | None, waits: bool, fresh: bool) -> str:
    """The template of the banner that says how the confirmation stands; none where there is nothing to say.

    `fresh`: somebody has just acted, and looks for what came of it.
    """
    state = group.confirmation_state
    shown = {
        Confirmation.IN_FLIGHT: call is not None,
        Confirmation.UNKNOWN: call is not None,
        Confirmation.REJECTED: call is not None and (waits or fresh),
        Confirmation.CONFIRMED: fresh,
    }
    if shown.get(Confirmation(state)):
        return f"payments/banner/{state}.html"
    return "payments/banner/waits.html" if waits else ""


@register.inclusion_tag("payments/_at_partners.html", takes_context=True)
def at_partners(context: template.Context) -> dict[str, Any]:
    """How the purchase stands at 1mg and at Nimbbl, and the way to the update."""
    group: OrderGroup = context["group"]
    return {
        "group": group,
        "perms": context["perms"],
        "payments": list(group.payments.all()),
        "confirmation": chips.confirmation_chip(group.confirmation_state, str(group.get_confirmation_state_display())),
        "update": _latest(group, Operation.UPDATE_ORDER),
    }


@register.filter
def tick_mark(verdict: str) -> str:
    """The mark of a tick."""
    return {Verdict.PASS: "✓", Verdict.WARN: "!", Verdict.FAIL: "✕"}.get(Verdict(verdict), "?")


@register.filter
def may_be_settled(call: PartnerCall) -> bool:
    """Whether a person may say what became of it."""
    return call.state == State.UNKNOWN or call.is_overdue


@register.filter
def tick_word(verdict: str) -> str:
    """What a tick found, for who cannot see its mark."""
    return str(
        {
            Verdict.PASS: _("Passed:"),
            Verdict.WARN: _("Warning:"),
            Verdict.FAIL: _("Failed:"),
            Verdict.UNKNOWN: _("Not known:"),
        }[Verdict(verdict)]
    )


def _of_confirmation(group: OrderGroup) -> PartnerCall | None:
    """The purchase's last confirmation, or the one of another purchase that is about an order of this one."""
    return _latest(group, Operation.CONFIRM) or PartnerCall.objects.filter(about__group=group).first()


def _latest(group: OrderGroup, operation: Operation) -> PartnerCall | None:
    return PartnerCall.objects.filter(group=group, operation=operation).first()
