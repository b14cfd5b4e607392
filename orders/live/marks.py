"""Whether a page that asks for news gets any: the mark of what it shows is its ETag, and the same again is 304.

    @staff_page(VIEW)
    @news(of_desk)            def now(request): ...
    @news(of_purchase)        def purchase(request, merchant_order_id): ...

A mark is worked out only for the script that asks, before anything is read: what happens meanwhile counts as not shown.
It goes out of date every minute, since promises and limits pass without anybody writing it down.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from django.db.models import Count, Max, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.views.decorators.http import etag

from orders.access import View
from orders.models import Act, OrderUpdate
from orders.revealing import services as revealing

MarkOf = Callable[..., str | None]
#: What is as young as this may have been overtaken by what began before it and is written after it.
_SETTLES: Final = timedelta(minutes=1)


class Newest(NamedTuple):
    """The number of the newest row of a kind, and when it came (UTC)."""

    pk: int
    at: datetime


def news(mark_of: MarkOf) -> Callable[[View], View]:
    """Answer 304 to a script that has seen this mark already. No mark: it is always news."""

    def asked(request: HttpRequest, *args: Any, **kwargs: Any) -> str | None:
        mark = mark_of(request, *args, **kwargs) if "HX-Request" in request.headers else None
        return mark and f'"{request.user.pk}-{mark}"'

    return etag(asked)


def of_purchase(request: HttpRequest, merchant_order_id: str) -> str | None:
    """How far a purchase's story has come, since whatever happens to it is an update or an act; and what is shown."""
    if "as_of" in request.GET:
        return None
    acts = Act.objects.filter(group=merchant_order_id, update=None).order_by().aggregate(n=Count("pk"), last=Max("pk"))
    told = OrderUpdate.objects.filter(order__group=merchant_order_id).order_by()
    updates = told.aggregate(n=Count("pk"), last=Max("pk"))
    shown = revealing.shown_until(request.session, merchant_order_id) is not None
    return f"{acts['n']}-{acts['last']}-{updates['n']}-{updates['last']}-{shown:d}-{_minute()}"


def of_desk(request: HttpRequest) -> str | None:
    """How far the stories of all purchases have come."""
    acts = Act.objects.order_by("-pk")
    told = OrderUpdate.objects.order_by("-pk").annotate(
        act=Subquery(acts.values("pk")[:1]), acted_at=Subquery(acts.values("received_at")[:1])
    )
    found = told.values_list("pk", "received_at", "act", "acted_at").first()  # in one statement
    if not found:
        return None
    update, heard_at, act, acted_at = found
    return quiet((update, heard_at), (act, acted_at) if act else None)


def quiet(*newest: tuple[int, datetime] | None) -> str | None:
    """The mark of what is ordered by number, by the newest of each kind; none while one of them has just come."""
    found = [Newest(*one) for one in newest if one]
    if any(timezone.now() - one.at < _SETTLES for one in found):
        return None
    return "-".join([*(str(one.pk) for one in found), str(_minute())])


def _minute() -> int:
    return int(timezone.now().timestamp() // 60)
