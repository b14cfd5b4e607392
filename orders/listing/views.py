"""The list of purchases."""

from __future__ import annotations

from typing import Any, Final, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders import paging
from orders.access import staff_page
from orders.choices import Stage
from orders.desk import work
from orders.desk.attention import Attention
from orders.filters import ListFilter
from orders.listing import again, waits
from orders.listing.addresses import Narrowing, first_page, pills
from orders.live import marks
from orders.live.marks import news
from orders.models import OrderGroup
from orders.saved import queries, shown

VIEW = "orders.view_ordergroup"
PERSONAL = "orders.view_personal_data"
#: Filters that stand behind "More".
_MORE: Final = frozenset({"prescription", "promise", "mode", "money", "courier", "since", "until"})


@staff_page(VIEW)
@news(marks.of_desk)
def purchases(request: HttpRequest) -> HttpResponse:
    """The list, newest first. By words in its address only ids are found; the search box finds the rest.

    While it is looked at its rows change in place and none moves, however untouched the page is: who reads it from the
    top has touched nothing yet, and would press what has just come in between. What is new waits behind a pill ("6 new
    · show"); what is in the list no longer stays where it is, and says so (`orders.listing.again`).
    """
    look = Attention(work.hidden_from(request.user.has_perm))
    filters = ListFilter(
        request.GET,
        OrderGroup.objects.with_something_to_show(),
        may_see_personal_data=request.user.has_perm(PERSONAL),
        user_id=request.user.pk,
        look=look,
    )
    rows = {"attention": look, **_rows(request, filters)}
    if getattr(request, "htmx", False):
        return render(request, "orders/_rows.html", rows)
    return render(request, "orders/list.html", rows | _around(request, look))


def _rows(request: HttpRequest, filters: ListFilter) -> dict[str, Any]:
    """What the rows show, and what is asked for again while they are looked at."""
    valid = filters.is_valid()
    groups = filters.qs if valid else OrderGroup.objects.none()
    found = again.of(groups, request.GET)
    return {
        "filters": filters,
        "valid": valid,
        "page": found.page,
        "gone": found.gone,
        "again": found.address(first_page(request.GET)),
        "pills": pills(filters, request.GET),
        "narrowing": Narrowing(filters, request.GET),
        "shared": OrderGroup.objects.sharing(found.page.rows),
        "live": not paging.is_further(request.GET),
        "news": paging.newer_than(groups, request.GET["from"]) if "from" in request.GET else 0,
        "receiver_url": request.build_absolute_uri("/update-status/"),
    }


def _around(request: HttpRequest, look: Attention) -> dict[str, Any]:
    """What stands around the rows. Where something is searched for, nothing is counted: that takes its time already."""
    around = {
        "stages": Stage,
        "waits": waits.OFFERED,
        "more_set": any(request.GET.get(name) for name in _MORE),
        "chosen": _kept(request),
    }
    if request.GET.get("q"):
        return around
    counts = look.counts_of_holding()
    saved = shown.views_of(_person(request), request.user.has_perm)
    return {**around, "saved": saved, "tabs": counts.tabs, "need_count": counts.due}


def _person(request: HttpRequest) -> User:
    """Who has signed in; `staff_page` lets nobody else in."""
    return cast(User, request.user)


def _kept(request: HttpRequest) -> str:
    """What a saved view would keep of the filters that are set."""
    try:
        return queries.clean(request.GET.urlencode())
    except queries.CannotBeKept:
        return ""
