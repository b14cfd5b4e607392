"""The inbox: what 1mg posted, what we made of it, and applying it again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import paging
from orders.access import ACT, staff_page
from orders.actors import Actor
from orders.live import marks
from orders.masking import people
from orders.masking.personal import NOBODY
from orders.models import OrderGroup, OrderUpdate
from orders.stories import history
from orders.stories.changes import Change
from orders.views import PERSONAL
from payments.asking import CannotDo
from webhooks import reading, refused, results, services, tracking
from webhooks.filters import DeliveryFilter
from webhooks.models import Delivery, Outcome, RejectedAttempt
from webhooks.pieces import Oddity
from webhooks.strict_json import BodyProblem

VIEW = "webhooks.view_delivery"
#: Letters of a body that a page shows; a published one has some thousand.
SHOWN_LETTERS = 50_000


def _mark(request: HttpRequest) -> str | None:
    """How far deliveries have come."""
    return marks.quiet(Delivery.objects.order_by("-pk").values_list("pk", "received_at").first())


@staff_page(VIEW)
@marks.news(_mark)
def delivery_list(request: HttpRequest) -> HttpResponse:
    """Deliveries, newest first."""
    filters = DeliveryFilter(request.GET, Delivery.objects.for_list())
    valid = filters.is_valid()
    page = paging.page(filters.qs if valid else Delivery.objects.none(), request.GET, by=paging.NUMBERED)
    results.fill(page.rows)
    further = paging.is_further(request.GET)
    return render(
        request,
        "webhooks/list.html",
        {
            "filters": filters,
            "valid": valid,
            "page": page,
            "live": not further,
            "outcomes": Outcome,
            "set_aside": Delivery.objects.set_aside()[:1000].count(),
            "rejected": [] if further else RejectedAttempt.objects.all()[:10],
            "refused": [] if request.GET else refused.groups(timezone.now()),
        },
    )


@staff_page(VIEW)
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One delivery: what it changed, its bytes (for who may see personal data), its headers and our answer."""
    found = get_object_or_404(Delivery.objects.for_list(), pk=pk)
    results.fill([found])
    ids = [result["update"] for result in found.first_results if result.get("update")]  # type: ignore[attr-defined]
    updates = list(OrderUpdate.objects.filter(pk__in=ids).select_related("order"))
    may_see = request.user.has_perm(PERSONAL)
    return render(
        request,
        "webhooks/delivery.html",
        {
            "delivery": found,
            "updates": _changed(updates, found, may_see=may_see),
            "odd": _odd(found),
            "may_see": may_see,
            "body": pretty(bytes(found.body)) if may_see else "",
        },
    )


@staff_page(VIEW, PERSONAL)
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes of one delivery as they came, to be saved: a page shows only their beginning."""
    found = get_object_or_404(Delivery, pk=pk)
    answer = HttpResponse(bytes(found.body), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="delivery-{pk}.json"'
    return answer


@staff_page("webhooks.change_delivery", methods=ACT)
def apply_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and apply one delivery again."""
    found = get_object_or_404(Delivery, pk=pk)
    outcome = services.reprocess(found)
    messages.success(request, _("Applied again: %(outcome)s.") % {"outcome": outcome.label})
    return redirect("webhooks:delivery", pk=pk)


@staff_page("webhooks.track_order", methods=ACT)
def track(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Ask 1mg how the purchase stands; what comes shows on its page."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    try:
        tracking.ask(group.pk, by=Actor.of(request.user))
        messages.success(request, _("1mg is being asked. What it says shows in the timeline."))
    except CannotDo as error:
        messages.error(request, str(error))
    return redirect(group)


def _changed(updates: list[OrderUpdate], by: Delivery, *, may_see: bool) -> list[tuple[OrderUpdate, list[Change]]]:
    """What each update changed where this delivery brought it, without people for who may not see them."""
    mine = {update.order.group_id for update in updates if update.delivery_id == by.pk}
    steps = history.steps_of(mine)
    known = {} if may_see else people.of_purchases(mine)
    found = []
    for update in updates:
        changes = steps[update.pk].changes if update.delivery_id == by.pk else []
        if not may_see:
            changes = people.masked_changes(changes, known.get(update.order.group_id, NOBODY))
        found.append((update, changes))
    return found


def _odd(delivery: Delivery) -> list[Oddity]:
    """What could not be read of a delivery that was not understood in full; the body is read anew for it."""
    if delivery.outcome == Outcome.REFUSED or (delivery.answer or {}).get("status") == "SUCCESS":
        return []
    try:
        return reading.of(delivery).oddities()
    except BodyProblem:  # it was read when the reading was another one
        return []


def pretty(body: bytes) -> str:
    """The beginning of the bytes as text: indented where they are JSON, with escapes where they are not even text."""
    try:
        parsed: Any = json.loads(body, parse_float=str)
        return _beginning(json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(parsed))
    except (ValueError, RecursionError):
        return _beginning([body[: 4 * SHOWN_LETTERS].decode("utf-8", "backslashreplace")])


def _beginning(parts: Iterable[str]) -> str:
    """As many letters of a text as are shown; no more of it is made."""
    found, room = [], SHOWN_LETTERS
    for part in parts:
        found.append(part[:room])
        room -= len(part)
        if room < 0:
            found.append("…")
            break
    return "".join(found).encode("utf-8", "backslashreplace").decode()
