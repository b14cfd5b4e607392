"""The pages of acting: confirm, update at Nimbbl, the calls and what may be done about one.

Each action is a POST of its own; its GET says what will happen. All of them lead back to the purchase, where the
result shows by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from orders import paging
from orders.access import ACT, FORM, staff_page
from orders.actors import Actor
from orders.live import marks
from orders.masking import privacy
from orders.models import OrderGroup
from orders.views import PERSONAL
from payments import (
    address,
    banners,
    glance,
    links,
    parties,
    probe,
    rulings,
    services,
    settling,
    update_form,
    update_log,
)
from payments.asking import CannotDo, NotAsRead, NotReady
from payments.choices import Operation, Partner, State
from payments.filters import CallFilter
from payments.models import PartnerCall
from payments.partners import clients, curl
from payments.preflight import gather
from payments.preflight.ticks import Look
from payments.update_form import UpdateForm

VIEW = "payments.view_partnercall"
SEND = "payments.send_partnercall"
SETTLE = "payments.settle_partnercall"
OVERRIDE = "payments.override_preflight"


@staff_page(SEND, methods=FORM)
def confirm(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The ticks and what will be sent; a POST asks for it."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    stopped: NotReady | None = None
    if request.method == "POST":
        try:
            services.confirm(group.pk, by=_person(request), why=request.POST.get("why", ""), **_read(request))
            return redirect(group)
        except NotReady as error:
            stopped = error
    look = services.look(group, anew=stopped is None)
    refused = links.of_refusal(group)
    context = {
        "group": group,
        "merchant_id": settings.ONEMG_MERCHANT_ID,
        "glance": glance.of([group])[group.pk],
        "refused": refused,
        "reason": _refusal(request, group) if refused else "",
        "quiet": refused is not None or gather.rejected(group, list(group.orders.all())),
    }
    context |= _ticked(request, look, stopped)
    return render(request, "payments/confirm.html", context, status=409 if stopped else 200)


@staff_page(SEND, PERSONAL, methods=FORM)
def nimbbl_update(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The form; a POST shows what will change, a second one with `sure` asks for it."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    payment = gather.payment_of(group.pk)
    if payment is None or clients.for_nimbbl() is None:
        return render(request, "payments/update.html", {"group": group, "payment": payment, "impossible": True})
    onemg = address.shipping_address(group.delivery_address)
    posted = request.POST if request.method == "POST" and "take" not in request.POST else None
    start = update_form.initial(payment.known, onemg)
    if "take" in request.POST:
        start = update_form.taking(request.POST, onemg, request.POST["take"])
    form = UpdateForm(posted, known=payment.known, initial=start)
    seen = update_form.version(payment.known)
    context: dict[str, Any] = {
        "group": group,
        "payment": payment,
        "form": form,
        "seen": seen,
        "onemg": address.in_words(group.delivery_address),
        "beside": update_form.beside(form, onemg, address.not_text(group.delivery_address)),
        "unshown": "shipping_address" in payment.known.get("unshown", ()),
        "under_way": _under_way(group, Operation.UPDATE_ORDER),
    }
    if request.method == "POST" and request.POST.get("seen", seen) != seen:
        problem = _("What Nimbbl has was changed since you opened this page. Look again at what differs.")
        return render(request, "payments/update.html", context | {"problem": problem}, status=409)
    if posted is None or not form.is_valid() or "change" in posted:
        status = 400 if posted is not None and not form.is_valid() else 200
        return render(request, "payments/update.html", context, status=status)
    if "sure" not in posted:
        rows, whole = form.difference(), form.whole_address()
        return render(request, "payments/update_review.html", context | {"rows": rows, "whole": whole})
    try:
        services.update_order(payment.pk, form.changes(), by=_person(request))
    except CannotDo as error:
        return render(request, "payments/update.html", context | {"problem": str(error)}, status=409)
    return redirect(group)


@staff_page(VIEW)
@marks.news(marks.of_desk)
def call_list(request: HttpRequest) -> HttpResponse:
    """Calls, newest first."""
    filters = CallFilter(request.GET, PartnerCall.objects.defer("answer_body", "request_body"))
    valid = filters.is_valid()
    page = paging.page(filters.qs if valid else PartnerCall.objects.none(), request.GET, by=paging.NUMBERED)
    context: dict[str, Any] = {
        "filters": filters,
        "valid": valid,
        "page": page,
        "live": not paging.is_further(request.GET),
        "calls": _readable(request, page.rows),
        "states": State.choices,
        "partners": Partner.choices,
    }
    return render(request, "payments/calls.html", context)


@staff_page(VIEW)
def call(request: HttpRequest, pk: int) -> HttpResponse:
    """One call: what was asked, sent and answered, redacted, and what may be done about it."""
    found = get_object_or_404(PartnerCall.objects.select_related("group", "resend_of"), pk=pk)
    return render(request, "payments/call.html", _about(request, found))


@staff_page(SETTLE, methods=ACT)
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """A person says what became of a call in doubt."""

    def act(found: PartnerCall) -> str:
        if request.POST.get("worked") not in ("yes", "no"):
            raise CannotDo(_("Say whether it worked."))
        services.settle(
            found, worked=request.POST["worked"] == "yes", why=request.POST.get("why", ""), by=_person(request)
        )
        return _("Settled.")

    return _acted(request, pk, act)


@staff_page(SEND, methods=FORM)
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a confirmation in doubt once more: the GET names the risk and what stands against it, the POST does it."""
    found = get_object_or_404(PartnerCall.objects.select_related("group"), pk=pk)
    problem, stopped = "", None
    if request.method == "POST":
        try:
            services.resend(found, by=_person(request), why=request.POST.get("why", ""), **_read(request))
            return redirect(found.group)
        except CannotDo as error:
            problem = str(error)
        except NotReady as error:
            stopped = error
    context = {"call": found, "group": found.group, "problem": problem}
    context |= _ticked(request, services.look(found.group, besides=found, anew=not (problem or stopped)), stopped)
    return render(request, "payments/resend.html", context, status=409 if problem or stopped else 200)


@staff_page(SETTLE, methods=FORM)
def same_order(request: HttpRequest, merchant_order_id: str, other_id: str) -> HttpResponse:
    """Two purchases that name one 1mg order, side by side; a POST says which of the two it belongs to."""
    if merchant_order_id == other_id:
        raise Http404
    both = [get_object_or_404(OrderGroup.objects.with_everything(), pk=pk) for pk in (merchant_order_id, other_id)]
    problem = ""
    if request.method == "POST":
        kept = next((group for group in both if group.pk == request.POST.get("kept")), None)
        try:
            if kept is None:
                raise CannotDo(_("Say which of the two it is."))
            dropped = both[1] if kept is both[0] else both[0]
            rulings.rule(kept, dropped, by=_person(request), why=request.POST.get("why", ""))
            return redirect(both[0])
        except CannotDo as error:
            problem = str(error)
    context = {"group": both[0], "both": both, "problem": problem, "why": request.POST.get("why", "")}
    return render(request, "payments/same_order.html", context, status=409 if problem else 200)


@staff_page(SEND, methods=ACT)
def send_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Try a waiting call without waiting further."""

    def act(found: PartnerCall) -> str:
        services.send_now(found)
        return _("Trying again now.")

    return _acted(request, pk, act)


@staff_page(SEND, methods=ACT)
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a call that was never sent."""

    def act(found: PartnerCall) -> str:
        services.drop(found, by=_person(request))
        return _("Given up; nothing was sent.")

    return _acted(request, pk, act)


@staff_page("payments.check_partners", methods=FORM)
def partners(request: HttpRequest) -> HttpResponse:
    """Whether the partners can be called as configured; a POST tries it, without touching an order."""
    found = probe.probes() if request.method == "POST" else []
    return render(
        request, "payments/partners.html", {"probes": found, "verdict": probe.verdict(found) if found else ""}
    )


# --- pieces -----------------------------------------------------------------------------------------------------------


def _acted(request: HttpRequest, pk: int, act: Callable[[PartnerCall], str]) -> HttpResponse:
    """Do something about one call and go back to it; what cannot be done is said there, with 409."""
    found = get_object_or_404(PartnerCall.objects.select_related("group", "resend_of"), pk=pk)
    try:
        messages.success(request, act(found))
        return redirect("payments:call", pk=pk)
    except CannotDo as error:
        found.refresh_from_db()
        context = _about(request, found) | {"problem": str(error), "why": request.POST.get("why", "")}
        return render(request, "payments/call.html", context, status=409)


def _about(request: HttpRequest, found: PartnerCall) -> dict[str, Any]:
    (shown,) = _readable(request, [found])
    may_see = request.user.has_perm(PERSONAL)
    return {
        "call": shown,
        "group": found.group,
        "curl": curl.command(shown.method, shown.url, shown.request_headers, shown.request_body),
        "evidence": settling.evidence_of(found) if found.state == State.UNKNOWN or found.is_overdue else None,
        "resends": found.resends.order_by("pk"),
        "told": update_log.lines(found, may_see=may_see),
        "may_see": may_see,
        "onemg": address.in_words(found.group.delivery_address) if may_see else "",
    }


def _readable(request: HttpRequest, calls: Sequence[PartnerCall]) -> list[PartnerCall]:
    """The calls as this reader may read them."""
    return parties.readable(calls, request.user.has_perm)


def _under_way(group: OrderGroup, operation: Operation) -> PartnerCall | None:
    waiting = (State.INTENDED, State.SENDING)
    return PartnerCall.objects.filter(group=group, operation=operation, state__in=waiting).first()


def _read(request: HttpRequest) -> dict[str, Any]:
    """What the form says of the page that was read, and which failing ticks to go on in spite of."""
    overridden = request.POST.getlist("override") if request.user.has_perm(OVERRIDE) else []
    return {"seen": request.POST.get("seen", ""), "overridden": overridden}


def _refusal(request: HttpRequest, group: OrderGroup) -> str:
    """Why 1mg refused the confirmation, as this reader may read it."""
    if request.user.has_perm(PERSONAL):
        return group.confirmation_reason
    return privacy.sentence(group.confirmation_reason, parties.private_of_purchases([group.pk])[group.pk])


def _ticked(request: HttpRequest, look: Look, stopped: NotReady | None) -> dict[str, Any]:
    """The ticks as a page shows them. `stopped`: why the press before came to nothing."""
    blocked = look.stopped()
    return {
        "look": look,
        "blocked": blocked,
        "press": banners.press(blocked, may_override=request.user.has_perm(OVERRIDE)),
        "stopped": stopped,
        "changed": [tick.code for tick in stopped.ticks] if isinstance(stopped, NotAsRead) else [],
        "why": request.POST.get("why", ""),
    }


def _person(request: HttpRequest) -> Actor:
    return Actor.of(cast(User, request.user))
