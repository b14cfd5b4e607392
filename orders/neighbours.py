"""The purchases before and after one in the list that somebody came from.

Nothing of it is kept: the list's filters stand in the address of the list, which the browser names on the way to a
purchase, and then in the links from one purchase to the next. What was searched for stands in neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from orders import paging
from orders.filters import ListFilter
from orders.models import OrderGroup

#: The parameter that names the list on a purchase's page.
LIST: Final = "list"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Addresses of the purchases beside one, in the list's order; empty where it ends."""

    newer: str = ""
    older: str = ""


def of(group: OrderGroup, request: HttpRequest) -> Neighbours:
    """Those in the list that the reader came from; none where they came from elsewhere, or searched."""
    filters = _filters(request)
    if filters is None or "q" in filters:
        return Neighbours()
    found = ListFilter(
        filters,
        OrderGroup.objects.with_something_to_show(),
        may_see_personal_data=request.user.has_perm("orders.view_personal_data"),
        user_id=request.user.pk,
    )
    if not found.is_valid():
        return Neighbours()
    here = paging.cursor_of(group)
    beside = {way: paging.page(found.qs, {way: here}, size=1).rows for way in ("newer", "older")}
    return Neighbours(**{way: _address(rows[0], filters) for way, rows in beside.items() if rows})


def _filters(request: HttpRequest) -> QueryDict | None:
    """The filters of the list, without the place in it; `None` where no list is named."""
    query = request.GET[LIST] if LIST in request.GET else _query_of_the_list_before(request)
    if query is None:
        return None
    found = QueryDict(query, mutable=True)
    for name in paging.PLACES:
        found.pop(name, None)
    return found


def _query_of_the_list_before(request: HttpRequest) -> str | None:
    """The query of the list that the browser says it came from, or that the page names from which it came."""
    try:
        before = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return None
    if before.netloc != request.get_host():
        return None
    return before.query if before.path == reverse("orders:list") else QueryDict(before.query).get(LIST)


def _address(group: OrderGroup, filters: QueryDict) -> str:
    return f"{group.get_absolute_url()}?{urlencode({LIST: filters.urlencode()})}"
