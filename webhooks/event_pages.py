"""The list of what Nimbbl posted, and one event: what proves it, and what became of it.

Their bytes hold people and what a bank wrote; every role is shown what of them is known to be harmless.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from orders import paging
from orders.access import staff_page
from orders.live import marks
from payments.acts import in_words
from payments.models import Payment
from payments.partners import nimbbl_events
from webhooks.filters import NimbblEventFilter
from webhooks.models import EventOutcome, NimbblEvent

VIEW = "webhooks.view_nimbblevent"


class Row(NamedTuple):
    """An event as a page shows it. `purchase`: whose order it names, where it is proved and linked."""

    event: NimbblEvent
    said: str
    purchase: str


def _mark(request: HttpRequest) -> str | None:
    """How far the events have come."""
    return marks.quiet(NimbblEvent.objects.order_by("-pk").values_list("pk", "last_seen_at").first())


@staff_page(VIEW)
@marks.news(_mark)
def event_list(request: HttpRequest) -> HttpResponse:
    """Events, newest first."""
    filters = NimbblEventFilter(request.GET, NimbblEvent.objects.for_list())
    valid = filters.is_valid()
    page = paging.page(filters.qs if valid else NimbblEvent.objects.none(), request.GET, by=paging.NUMBERED)
    return render(
        request,
        "webhooks/events/list.html",
        {
            "filters": filters,
            "valid": valid,
            "page": page,
            "rows": _rows(page.rows),
            "live": not paging.is_further(request.GET),
            "outcomes": EventOutcome,
        },
    )


@staff_page(VIEW)
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event."""
    found = get_object_or_404(NimbblEvent, pk=pk)
    [row] = _rows([found])
    return render(request, "webhooks/events/event.html", {"row": row, "body": nimbbl_events.shown(bytes(found.body))})


def _rows(events: Collection[NimbblEvent]) -> list[Row]:
    """The events with what they say. One statement for all."""
    linked = dict(_homes([event.nimbbl_order_id for event in events if event.said]))
    return [Row(event, _said(event), linked.get(event.nimbbl_order_id, "") if event.said else "") for event in events]


def _homes(orders: Collection[str]) -> Iterable[tuple[str, str]]:
    """Each order of Nimbbl's with its purchase."""
    return Payment.objects.filter(pk__in=orders).values_list("pk", "group_id")


def _said(event: NimbblEvent) -> str:
    """What it says of money; of any other, what it calls itself."""
    if not event.said:
        return event.event_type
    said = event.said
    return in_words(said["kind"], said["word"], Decimal(said["amount"]), said["currency"])
