"""The pages of refunds: one refund, and each decision about it. Each is a POST of its own; its GET says what will come.

All lead back to the refund, where the result shows by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from orders.access import ACT, FORM, staff_page
from orders.actors import Actor
from orders.models import OrderGroup
from payments.asking import CannotDo
from payments.models import Refund
from payments.preflight.ticks import blocking
from payments.refunds import services, shown
from payments.refunds.forms import StartForm

VIEW = "payments.view_refund"
PAY_BACK = "payments.refund_payment"
Decide = Callable[[Refund, Actor, str], object]


@staff_page(VIEW)
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund: who asked, who said so, what became of it, and what may be done."""
    found = get_object_or_404(Refund.objects.select_related("group"), pk=pk)
    (readable,) = shown.readable([found], request.user.has_perm)
    context = {
        "refund": readable,
        "group": found.group,
        "requests": shown.readable_requests(
            found.requests.defer("body").order_by("-pk")[: shown.MOST], request.user.has_perm
        ),
        "calls": found.calls.order_by("-pk"),
    }
    return render(request, "payments/refunds/refund.html", context)


@staff_page(PAY_BACK, methods=FORM)
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """What is known of it; a POST says yes."""
    return _decision(request, pk, "approve", lambda found, by, why: services.approve(found, by=by, why=why))


@staff_page(PAY_BACK, methods=FORM)
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """What 1mg will be told; a POST says no."""
    return _decision(request, pk, "decline", lambda found, by, why: services.decline(found, by=by, why=why))


@staff_page(PAY_BACK, methods=FORM)
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The risk, and what is known of it; a POST sends it once more."""
    return _decision(request, pk, "send-again", lambda found, by, why: services.send_again(found, by=by, why=why))


@staff_page(PAY_BACK, methods=ACT)
def ask_nimbbl(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask Nimbbl how it stands."""
    found = get_object_or_404(Refund, pk=pk)
    if services.ask_nimbbl(found):
        messages.success(request, _("Nimbbl was asked."))
    else:
        messages.warning(request, _("Nimbbl did not answer; ask again later."))
    return redirect(found)


@staff_page(PAY_BACK, methods=FORM)
def start(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """What is left to pay back; a POST with an amount and a reason starts a refund."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    newest = group.refunds.aggregate(newest=Max("pk"))["newest"] or 0
    posted = request.POST if request.method == "POST" else None
    form, problem = StartForm(posted, initial={"seen": newest}), ""
    if posted is not None and form.is_valid():
        said = form.cleaned_data
        try:
            found = services.start(group.pk, said["amount"], by=_person(request), why=said["why"], seen=said["seen"])
            return redirect(found)
        except CannotDo as error:
            problem = str(error)
    ticks = shown.ticks_of_new(group)
    context = {"group": group, "form": form, "ticks": ticks, "blocked": blocking(ticks), "problem": problem}
    status = 409 if problem else 400 if form.errors else 200
    return render(request, "payments/refunds/start.html", context, status=status)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _decision(request: HttpRequest, pk: int, act: str, decide: Decide) -> HttpResponse:
    """The page of one decision, and the decision."""
    found = get_object_or_404(Refund.objects.select_related("group"), pk=pk)
    by, why, problem = _person(request), request.POST.get("why", ""), ""
    if request.method == "POST":
        try:
            decide(found, by, why)
            return redirect(found)
        except CannotDo as error:
            problem = str(error)
            found.refresh_from_db()
    (readable,) = shown.readable([found], request.user.has_perm)
    ticks = shown.ticks_of(found, by)
    context = {
        "refund": readable,
        "group": found.group,
        "act": act,
        "consequence": f"payments/refunds/{act}.html",
        "ticks": ticks,
        "blocked": blocking(ticks) if act != "decline" else [],
        "needs_why": act != "approve" or bool(found.hold),
        "why": why,
        "problem": problem,
    }
    return render(request, "payments/refunds/decide.html", context, status=409 if problem else 200)


def _person(request: HttpRequest) -> Actor:
    return Actor.of(cast(User, request.user))
