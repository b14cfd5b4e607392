"""The one door for showing a purchase's contact, address and papers to who may see them.

    reveal(session, id, opened_from, by)    keep that it was asked for, and show it for this visit
    shown_until(session, id)                until when it is shown; `None`: it is not
    leave(request, id)                      another purchase is opened: the visit is over
    found(session, ids), opened_from(...)   what led to a purchase

A visit ends when another purchase's page is opened, after a quarter of an hour, or with the session, which holds it:
one purchase at a time, kept on the server, so that looking costs no query.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from django.utils import timezone

from orders.choices import OpenedFrom
from orders.models import Reveal

#: So long after the press it is masked again, since she may have left the screen.
VISIT: Final = timedelta(minutes=15)
#: Where the session keeps what is shown, and what was found last.
_SHOWN, _FOUND = "shown", "found"
#: The name of the page's address -> what it is, for whoever reads why something was shown.
_PAGES: Final = {
    "desk": OpenedFrom.NOW,
    "orders:list": OpenedFrom.LIST,
    "orders:found": OpenedFrom.SEARCH,
    "orders:papers": OpenedFrom.QUEUE,
    "orders:refunds": OpenedFrom.QUEUE,
}


def reveal(session: SessionBase, merchant_order_id: str, opened_from: OpenedFrom, *, by: User) -> None:
    """Keep who is shown what, and then show it. While it is shown, asking again is nothing new.

    The purchase's row is written before anything is shown: who cannot be kept is not shown it.
    """
    if shown_until(session, merchant_order_id):
        return
    now = timezone.now()
    Reveal.objects.create(purchase=merchant_order_id, user=by, name=by.get_username(), at=now, opened_from=opened_from)
    session[_SHOWN] = {"purchase": merchant_order_id, "until": (now + VISIT).isoformat()}


def shown_until(session: SessionBase, merchant_order_id: str) -> datetime | None:
    """Until when it is shown to her (UTC); `None` where she has not asked, or has left."""
    visit: dict[str, Any] = session.get(_SHOWN, {})
    if visit.get("purchase") != merchant_order_id:
        return None
    until = datetime.fromisoformat(visit["until"])
    return until if until > timezone.now() else None


def leave(request: HttpRequest, merchant_order_id: str) -> None:
    """This purchase's page is opened: what was shown of another one is masked again. A script only looks for news."""
    session = request.session
    if "HX-Request" in request.headers:
        return
    if session.get(_SHOWN, {}).get("purchase", merchant_order_id) != merchant_order_id:
        del session[_SHOWN]


def found(session: SessionBase, ids: Collection[str]) -> None:
    """A search has led to these purchases."""
    session[_FOUND] = list(ids)


def opened_from(request: HttpRequest, merchant_order_id: str) -> OpenedFrom:
    """What led to a purchase's page: a search that found it, or the page that the browser says it came from."""
    if merchant_order_id in request.session.get(_FOUND, ()):
        return OpenedFrom.SEARCH
    try:
        before = urlsplit(request.headers.get("Referer", ""))
        page = resolve(before.path).view_name if before.netloc == request.get_host() else ""
    except (ValueError, Resolver404):
        page = ""
    return _PAGES.get(page, OpenedFrom.LINK)
