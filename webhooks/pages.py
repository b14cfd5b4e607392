"""The inbox: what 1mg posted, what we made of it, and applying it again."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders import history, people
from orders.changes import Change
from orders.models import OrderUpdate
from orders.personal import NOBODY
from orders.views import PERSONAL
from webhooks import results, services
from webhooks.models import Delivery, Outcome, RejectedAttempt

VIEW = "webhooks.view_delivery"
PAGE_SIZE = 50
#: The word for deliveries that were set aside, beside the outcomes; they are quarantined, too.
SET_ASIDE = "set_aside"
#: Letters of a body that a page shows; a published one has some thousand.
SHOWN_LETTERS = 50_000


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
def delivery_list(request: HttpRequest) -> HttpResponse:
    """Deliveries, newest first; keyset by id."""
    outcome = request.GET.get("outcome", "")
    rows = Delivery.objects.for_list()
    if outcome in Outcome.values:
        rows = rows.filter(outcome=outcome)
    elif outcome == SET_ASIDE:
        rows = rows.set_aside()
    if (before := request.GET.get("before", "")).isascii() and before.isdigit() and len(before) < 19:
        rows = rows.filter(pk__lt=int(before))
    page = list(rows[: PAGE_SIZE + 1])
    results.fill(page)
    return render(
        request,
        "webhooks/list.html",
        {
            "deliveries": page[:PAGE_SIZE],
            "outcomes": Outcome,
            "outcome": outcome,
            "older": page[PAGE_SIZE - 1].pk if len(page) > PAGE_SIZE else None,
            "set_aside": Delivery.objects.set_aside()[:1000].count(),
            "rejected": RejectedAttempt.objects.all()[:10] if not before else [],
        },
    )


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
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
            "may_see": may_see,
            "body": pretty(bytes(found.body)) if may_see else "",
        },
    )


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
@permission_required(PERSONAL, raise_exception=True)
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """The bytes of one delivery as they came, to be saved: a page shows only their beginning."""
    found = get_object_or_404(Delivery, pk=pk)
    answer = HttpResponse(bytes(found.body), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="delivery-{pk}.json"'
    return answer


@require_POST
@login_required
@permission_required("webhooks.change_delivery", raise_exception=True)
def apply_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Read and apply one delivery again."""
    found = get_object_or_404(Delivery, pk=pk)
    outcome = services.reprocess(found)
    messages.success(request, _("Applied again: %(outcome)s.") % {"outcome": outcome.label})
    return redirect("webhooks:delivery", pk=pk)


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
