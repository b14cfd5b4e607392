"""The page *Now*: what needs somebody, one row a purchase, the most overdue first; and what every page says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.access import staff_page
from orders.care import owners
from orders.care.owners import ME, NOBODY
from orders.desk import verbs, work
from orders.desk.attention import Attention, Row
from orders.desk.causes import ABOUT, Cause
from orders.desk.work import Work
from orders.live import marks
from orders.live.marks import news
from orders.models import OrderGroup

VIEW = "orders.view_ordergroup"


class Line(NamedTuple):
    """A row of the page. `more`: how many other things the purchase needs."""

    group: OrderGroup
    work: Work
    more: Sequence[Work]


class Whose(NamedTuple):
    """A tab: whose purchases; nobody's in particular where `owner` is empty. `many`: how many of them are due."""

    owner: str
    words: str | Promise
    many: int


#: What an address may say of the owner.
_WHOSE: Final = {"": _("All"), ME: _("Mine"), NOBODY: _("Nobody's")}


@staff_page(VIEW)
@news(marks.of_desk)
def now(request: HttpRequest) -> HttpResponse:
    """What needs somebody; with `cause` only what needs them for that, with `owner` only what is theirs."""
    look = Attention(work.hidden_from(request.user.has_perm))
    cause = _cause(request.GET.get("cause", ""))
    owner = said if (said := request.GET.get("owner", "")) in _WHOSE else ""
    after = request.GET.get("after", "")
    among = owners.owned_by(owner, request.user.pk, "group") if owner else Q()
    page = look.page(cause, among, after)
    counts = look.counts(among, _by_owner(cause, request.user.pk))
    context: dict[str, Any] = {
        "lines": _lines(page.rows, look, request),
        "after": page.after,
        "tabs": counts.tabs,
        "many": counts.many,
        "cause": cause,
        "owner": owner,
        "whose": [Whose(owner, words, counts.beside.get(owner, counts.due)) for owner, words in _WHOSE.items()],
        "several": verbs.several_of(ABOUT[cause].verb, request.user.has_perm) if cause else None,
        "attention": look,
        "need_count": counts.due,
        "live": not after,
        "checked_at": look.at,
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "orders/_now_rows.html" if htmx else "orders/now.html", context)


def _by_owner(cause: Cause | None, user_id: int | None) -> dict[str, Q]:
    """What is due within a cause, by who looks after it; of what is due at all, all of it is counted already."""
    within = Q(cause=cause) if cause else Q()
    whose = {word: within & owners.owned_by(word, user_id, "group") for word in (ME, NOBODY)}
    return {**whose, **({"": within} if cause else {})}


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
