"""Where pages of orders lead to at the calls."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from orders import slots
from orders.choices import Confirmation
from orders.desk.causes import Verb
from orders.desk.to_decide import ToDecide
from orders.desk.verbs import Asked, Link
from orders.models import OrderGroup
from orders.stories.story import Line
from payments.choices import Operation, Refusal, State
from payments.models import PartnerCall, Ruling


def to_call(line: Line) -> slots.Link | None:
    """The call that the line is about."""
    if line.act is None or line.act.call_id is None:
        return None
    call_id = line.act.call_id
    return _("call #%(id)s") % {"id": call_id}, reverse("payments:call", args=[call_id])


def to_confirm(asked: Collection[Asked]) -> dict[str, Link]:
    """Where purchases are confirmed; after a refusal, what that asks for; never the main thing while others claim them.

    Of several purchases that name one 1mg order, somebody says first which of them it belongs to.
    """
    groups = [group for _need, group in asked]
    refusals = _refusals([group.pk for group in groups if group.confirmation_state == Confirmation.REJECTED])
    claims = OrderGroup.objects.sharing(groups)
    kept = _rulings(claims.keys())
    return {
        group.pk: _of_claims(group, claims.get(group.pk, ()), kept) or _confirming(group, refusals.get(group.pk))
        for group in groups
    }


#: Two purchases -> which of them a person has said the order belongs to.
_Kept = dict[frozenset[str], str]


def _rulings(keys: Collection[str]) -> _Kept:
    rulings = Ruling.objects.filter(Q(kept__in=keys) | Q(dropped__in=keys)).order_by("pk") if keys else ()
    return {frozenset((ruling.kept_id, ruling.dropped_id)): ruling.kept_id for ruling in rulings}


def _of_claims(group: OrderGroup, others: Collection[str], kept: _Kept) -> Link | None:
    """What is to be said of other purchases that name the same order; nothing where all of them were dropped."""
    for other in others:
        address = reverse("payments:same-order", args=[group.pk, other])
        keeper = kept.get(frozenset((group.pk, other)))
        if keeper is None:
            return Link(_("Say which"), address)
        if keeper != group.pk:
            return Link(_("Change that"), address, main=False)
    return None


def _confirming(group: OrderGroup, refused: PartnerCall | None) -> Link:
    if refused is None:
        return Link(Verb.CONFIRM.label, reverse("payments:confirm", args=[group.pk]))
    return after_refusal(group, refused)


def after_refusal(group: OrderGroup, refused: PartnerCall) -> Link:
    """What the refusal of a confirmation asks for, before another try."""
    page = group.get_absolute_url()
    asks = {
        Refusal.NOT_FOUND: Link(_("Check the ids"), f"{page}#partners"),
        Refusal.NOT_MAPPED: Link(_("Look at the status"), f"{page}#shipments"),
    }
    return asks.get(refused.findings.get("refusal"), Link(_("Look at the answer"), refused.get_absolute_url()))


def of_refusal(group: OrderGroup) -> Link | None:
    """What the refusal of a purchase's last confirmation asks for; nothing where it was not refused."""
    refused = _refusals([group.pk]).get(group.pk) if group.confirmation_state == Confirmation.REJECTED else None
    return after_refusal(group, refused) if refused else None


def _refusals(keys: Collection[str]) -> dict[str, PartnerCall]:
    """The last confirmation of each of some purchases."""
    calls = PartnerCall.objects.filter(group__in=keys, operation=Operation.CONFIRM).order_by("pk") if keys else ()
    return {call.group_id: call for call in calls}


def to_doubt(asked: Collection[Asked]) -> dict[str, Link]:
    """The calls of which nobody knows what became; those of other purchases about an order of these as well."""
    keys = [group.pk for _need, group in asked]
    doubtful = PartnerCall.objects.order_by().filter(state=State.UNKNOWN)
    elsewhere = doubtful.filter(about__group__in=keys).values_list("about__group", "pk")
    own = doubtful.filter(group__in=keys).values_list("group", "pk")
    call_of = dict(sorted(elsewhere.union(own), reverse=True))  # of several the earliest
    return {group.pk: Link(Verb.FIND_OUT.label, _address_of_doubt(group, call_of)) for _need, group in asked}


def to_refund(asked: Collection[Asked]) -> dict[str, Link]:
    """The refunds that wait for a decision, of several of a purchase the oldest."""
    return {group.pk: Link(Verb.DECIDE.label, _address_of_refund(group)) for _need, group in asked}


def _address_of_refund(group: OrderGroup) -> str:
    """The refund; the purchase, where somebody has decided since the need was read."""
    if group.refund_to_decide:
        return reverse("payments:refund", args=[ToDecide.of(group.refund_to_decide).refund_id])
    return group.get_absolute_url()


def _address_of_doubt(group: OrderGroup, call_of: Mapping[str, int]) -> str:
    """The call; else the purchase, where that is said."""
    if group.pk in call_of:
        return reverse("payments:call", args=[call_of[group.pk]])
    return group.get_absolute_url()
