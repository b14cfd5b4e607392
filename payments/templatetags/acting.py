"""What the purchase page and the calls show of acting."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import template
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from orders import money
from orders.chips import Chip
from orders.choices import Confirmation
from orders.desk import needs
from orders.masking import people
from orders.models import GroupedOrder, OrderGroup
from orders.rupees import with_sign
from payments import banners, chips, parties, queue
from payments.banners import Button, Standing, Weight
from payments.cancelling import looking
from payments.choices import Operation, SettledBy, State, Verdict
from payments.models import PartnerCall
from payments.partners.nimbbl_money import is_rupees
from payments.preflight import gather
from payments.preflight.facts import Rival

register = template.Library()
_WORDS = {
    Button.CONFIRM: gettext_lazy("Confirm at 1mg"),
    Button.CALL: gettext_lazy("The call"),
    Button.SAY_WHICH: gettext_lazy("Say which"),
    Button.SAY_OTHERWISE: gettext_lazy("Change that"),
}


@register.inclusion_tag("includes/_chip.html")
def call_chip(call: PartnerCall) -> dict[str, Chip]:
    """The chip of a call."""
    label = str(call.get_state_display())
    if call.operation == Operation.CANCEL and call.state == State.SUCCEEDED:
        label = _("Accepted by 1mg")
    if call.settled_by == SettledBy.PERSON:
        label = _("It worked") if call.state == State.SUCCEEDED else _("It did not work")
    return {"chip": chips.call_chip(call.state, label, doubt=_doubt(call))}


def _doubt(call: PartnerCall) -> str:
    """What is wrong with an update that Nimbbl took."""
    if call.findings.get("not_applied"):
        return _("Not applied")
    return _("Not verified") if "shipping_address" in call.findings.get("not_echoed", ()) else ""


@register.inclusion_tag("payments/_acting.html", takes_context=True)
def acting(context: template.Context) -> dict[str, Any]:
    """The banners of a purchase: what stands in the way, what is wanted of us, what is on its way."""
    group: OrderGroup = context["group"]
    orders: list[GroupedOrder] = context["orders"]
    perms = context["perms"]
    children = [needs.child_of(vars(order)) for order in orders]
    waits = needs.waits_for_confirmation(needs.purchase_of(vars(group)), children)
    call = _of_confirmation(group) if group.confirmation_state != Confirmation.NONE or waits else None
    update = _latest(group, Operation.UPDATE_ORDER) if context["poll"] else None
    cancelling = _latest(group, Operation.CANCEL) if context["poll"] else None
    if (call or update or cancelling) and not perms["orders"]["view_personal_data"]:
        known = parties.of(group, orders) | people.medicines(orders)
        call, update, cancelling = (one and parties.masked(one, known) for one in (call, update, cancelling))
    standing = Standing(
        merchant_order_id=group.pk,
        confirmation=group.confirmation_state,
        waits=waits,
        may_confirm=perms["payments"]["send_partnercall"],
        has_call=call is not None,
        fresh=bool(context["poll"]),
        rivals=gather.rivals(group, orders),
    )
    banner = banners.banner(standing)
    return {
        "group": group,
        "call": call,
        "banner": f"payments/banner/{banner}.html" if banner else "",
        "buttons": [_link(*button, group, call) for button in banners.buttons(standing).items()],
        "rivals": [
            (rival, _link(banners.of_rival(rival), Weight.PLAIN, group, call, rival)) for rival in standing.rivals
        ],
        "may_settle": perms["payments"]["settle_partnercall"],
        "next": _next(standing, group),
        "update": update,
        "tone": banners.tone_of_update(update.state, doubtful=_doubt(update) != "") if update else "",
        "cancelling": cancelling,
        "cancelling_tone": banners.tone_of_cancellation(cancelling.state) if cancelling else "",
    }


def _next(standing: Standing, group: OrderGroup) -> queue.Next | None:
    """The next purchase to confirm, for who has just confirmed this one."""
    done = standing.has_call and standing.fresh and standing.may_confirm
    return queue.after(group) if done else None


def _link(
    button: Button, weight: Weight, group: OrderGroup, call: PartnerCall | None, rival: Rival | None = None
) -> dict[str, str]:
    """A button as it is drawn: its words, where it leads, and how much it stands out."""
    address = reverse("payments:confirm", args=[group.pk]) if button == Button.CONFIRM else ""
    if rival:
        address = reverse("payments:same-order", args=[group.pk, rival.merchant_order_id])
    elif call and not address:
        address = call.get_absolute_url()
    return {"words": str(_WORDS[button]), "address": address, "weight": weight}


@register.inclusion_tag("payments/_at_partners.html", takes_context=True)
def at_partners(context: template.Context) -> dict[str, Any]:
    """How the purchase stands at 1mg and at Nimbbl, and the way to the update."""
    group: OrderGroup = context["group"]
    return {
        "group": group,
        "perms": context["perms"],
        "payments": list(group.payments.prefetch_related("transactions")),
        "collected": money.said(group.payment_summary(), "online_collected"),
        "confirmation": chips.confirmation_chip(group.confirmation_state, str(group.get_confirmation_state_display())),
        "update": _latest(group, Operation.UPDATE_ORDER),
        "cancellations": _latest_of_each(group),
        "may_be_cancelled": looking.may_ask(group, context["orders"]),
    }


@register.filter
def in_currency(amount: Decimal | None, currency: str) -> str:
    """An amount as it is written; a dash where it is not known."""
    if amount is None:
        return "—"
    return with_sign(amount) if is_rupees(currency) else f"{amount} {currency}"


@register.filter
def tick_mark(verdict: str) -> str:
    """The mark of a tick."""
    return {Verdict.PASS: "✓", Verdict.WARN: "!", Verdict.FAIL: "✕"}.get(Verdict(verdict), "?")


@register.filter
def may_be_settled(call: PartnerCall) -> bool:
    """Whether a person may say what became of it."""
    return call.state == State.UNKNOWN or call.is_overdue


_SETTLING: Final = {
    Operation.CONFIRM: {
        "look": gettext_lazy(
            "Look at 1mg, or ask them: was the order confirmed? "
            "If 1mg's next update shows it packed or cancelled, this settles itself."
        ),
        "yes": gettext_lazy("It was confirmed"),
        "no": gettext_lazy("It was not confirmed"),
    },
    Operation.CANCEL: {
        "look": gettext_lazy(
            "Look at 1mg, or ask them: do they cancel the order? "
            "If 1mg's next update shows it cancelled or packed, this settles itself."
        ),
        "yes": gettext_lazy("1mg took the cancellation"),
        "no": gettext_lazy("1mg did not take it"),
    },
    Operation.UPDATE_ORDER: {
        "look": gettext_lazy("Look at Nimbbl's order. Sending the same update again is harmless."),
        "yes": gettext_lazy("It was applied"),
        "no": gettext_lazy("It was not applied"),
    },
    Operation.REFUND: {
        "look": gettext_lazy(
            "Look at the payment in Nimbbl's dashboard: does it list this refund? "
            "If Nimbbl says so by itself, this settles itself."
        ),
        "yes": gettext_lazy("Nimbbl has taken it"),
        "no": gettext_lazy("Nimbbl has not taken it"),
    },
}


@register.filter
def settling_words(call: PartnerCall) -> dict[str, Any]:
    """What to look at where nobody knows what became of a call, and the two answers."""
    return _SETTLING[Operation(call.operation)]


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
    prefetch_related_objects([group], "calls")  # once a page, however often it is asked for
    return next((call for call in group.calls.all() if call.operation == operation), None)


def _latest_of_each(group: OrderGroup) -> list[PartnerCall]:
    """The last cancellation that was asked for of each of 1mg's orders."""
    prefetch_related_objects([group], "calls")
    latest: dict[str, PartnerCall] = {}
    for call in group.calls.all():
        if call.operation == Operation.CANCEL:
            latest.setdefault(call.onemg_order_id, call)
    return list(latest.values())
