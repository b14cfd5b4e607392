"""The page *Now*: what needs somebody, one row a purchase, the most overdue first; and what every page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders import work
from orders.access import staff_page
from orders.attention import Attention, Row
from orders.causes import Cause
from orders.live import marks
from orders.live.marks import news
from orders.models import OrderGroup
from orders.work import Work

VIEW = "orders.view_ordergroup"


class Line(NamedTuple):
    """A row of the page. `more`: how many other things the purchase needs."""

    group: OrderGroup
    work: Work
    more: Sequence[Work]


@staff_page(VIEW)
@news(marks.of_desk)
def now(request: HttpRequest) -> HttpResponse:
    """What needs somebody; with `cause` only what needs them for that."""
    look = Attention(work.hidden_from(request.user.has_perm))
    cause = _cause(request.GET.get("cause", ""))
    after = request.GET.get("after", "")
    page, counts = look.page(cause, after=after), look.counts()
    context: dict[str, Any] = {
        "lines": _lines(page.rows, look, request),
        "after": page.after,
        "tabs": counts.tabs,
        "cause": cause,
        "attention": look,
        "need_count": counts.many,
        "live": not after,
        "checked_at": look.at,
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "orders/_now_rows.html" if htmx else "orders/now.html", context)


@staff_page(VIEW)
def pulse(request: HttpRequest) -> HttpResponse:
    """What moves on every page: when 1mg spoke last, and how many purchases need somebody."""
    return render(request, "frame/_moving.html")


def _lines(rows: Sequence[Row], look: Attention, request: HttpRequest) -> list[Line]:
    """The rows in words; all needs of all rows at once."""
    asked = [(need, row.group) for row in rows for need in (row.first, *row.others)]
    words = iter(work.in_words(asked, look, request.user.has_perm))
    return [Line(row.group, next(words), [next(words) for _other in row.others]) for row in rows]


def _cause(slug: str) -> Cause | None:
    """The cause that an address names; `None` for any."""
    return next((cause for cause in Cause if cause.slug == slug), None)
