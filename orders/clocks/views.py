"""How long each thing may take before it is overdue: for everybody to read, for administrators to change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from orders.access import ACT, staff_page
from orders.clocks import services
from orders.clocks.forms import LimitForm, typed
from orders.desk import limits
from orders.desk.causes import ASKED, LIMITS, Limit, Turn, name_of, status_in, turn_of
from orders.models import ClockLimit
from orders.statuses import status_of

VIEW = "orders.view_ordergroup"
CHANGE = "orders.change_clocklimit"


@dataclass(frozen=True, slots=True)
class Line:
    """One clock, or the answer of 1mg's: what it is for, whose turn it is, what counts, and who set another."""

    clock: str
    name: str | Promise
    status: str | Promise
    turn: Turn
    limit: Limit
    default: timedelta
    own: ClockLimit | None
    form: LimitForm


@staff_page(VIEW)
def table(request: HttpRequest) -> HttpResponse:
    """All limits, each with who says so."""
    return _page(request)


@staff_page(CHANGE, methods=ACT)
def put(request: HttpRequest, clock: str) -> HttpResponse:
    """Set one. What cannot be read is shown again beside its clock."""
    form = LimitForm(request.POST, prefix=_known(clock))
    if not form.is_valid():
        return _page(request, clock, form)
    services.put(clock, form.cleaned_data["after"], form.cleaned_data["why"], by=_person(request))
    messages.success(request, _("It counts from now on."))
    return redirect("orders:limits")


@staff_page(CHANGE, methods=ACT)
def take_back(request: HttpRequest, clock: str) -> HttpResponse:
    """Go back to the one that the portal brings."""
    services.take_back(_known(clock), by=_person(request))
    messages.success(request, _("The portal's own limit counts again."))
    return redirect("orders:limits")


def _page(request: HttpRequest, clock: str = "", wrong: LimitForm | None = None) -> HttpResponse:
    lines = list(_lines({clock: wrong} if wrong else {}))
    context = {"lines": lines, "latest": services.latest()}
    return render(request, "orders/clocks/table.html", context, status=400 if wrong else 200)


def _lines(typed_anew: dict[str, LimitForm]) -> Iterator[Line]:
    counting = limits.current()
    own = {row.clock: row for row in ClockLimit.objects.select_related("set_by")}
    for clock in LIMITS:
        now, mine, status = counting[clock], own.get(clock), status_in(clock)
        begins = {**typed(now.after), "why": mine.why if mine else ""}
        yield Line(
            clock=clock,
            name=name_of(clock),
            status=status_of(status).label if status else "",
            turn=Turn.ONEMG if clock == ASKED else turn_of(clock),
            limit=now,
            default=LIMITS[clock].after,
            own=mine,
            form=typed_anew.get(clock) or LimitForm(initial=begins, prefix=clock),
        )


def _known(clock: str) -> str:
    if clock not in LIMITS:
        raise Http404
    return clock


def _person(request: HttpRequest) -> User:
    """Who has signed in; `staff_page` lets nobody else in."""
    return cast(User, request.user)
