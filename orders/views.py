"""The pages that staff read orders on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders import money, reviews
from orders.access import ACT, staff_page
from orders.actors import Actor
from orders.answering import callers
from orders.asks import gathered
from orders.choices import BESIDE_THE_ORDER, Flag, Kind, Outcome, PaymentMethod
from orders.desk import work
from orders.desk.attention import Attention
from orders.live import marks
from orders.live.marks import news
from orders.masking import harmless
from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from orders.revealing import services as revealing
from orders.revealing.sight import sight_of
from orders.stories import history, lookback, moment, reading, timeline
from orders.stories.story import Line

#: So long after a call its purchase's page shows what follows by itself: its answer, then 1mg's next words.
_AT_ONCE, _FRESH = timedelta(seconds=30), timedelta(minutes=5)
VIEW = "orders.view_ordergroup"
PERSONAL = "orders.view_personal_data"


@staff_page(VIEW)
@news(marks.of_purchase)
def purchase(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """One purchase with everything we know of it; with `as_of`, as we knew it then."""
    revealing.leave(request, merchant_order_id)
    if "as_of" in request.GET:
        return _purchase_then(request, merchant_order_id)
    group = get_object_or_404(OrderGroup.objects.with_everything(), pk=merchant_order_id)
    now = timezone.now()
    look = Attention(work.hidden_from(request.user.has_perm), now)
    works = work.of_purchase(group, look, request.user.has_perm)
    needed = {"attention": look, "works": works, "ask": gathered.of_purchase(group, works)}
    shown = _shown(request, group, now)
    answer = callers.answer_of(group, shown["facts"], now)
    return render(request, "orders/purchase.html", {**shown, **needed, "answer": answer, "whole": True})


def _purchase_then(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The purchase as we knew it, with nothing on the page that acts."""
    try:
        at = moment.read(request.GET["as_of"], timezone.now())
        known = lookback.known_at(merchant_order_id, at)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("orders:purchase", merchant_order_id)
    except OrderGroup.DoesNotExist:
        messages.error(request, _("We had not heard of it yet at that time."))
        return redirect("orders:purchase", merchant_order_id)  # where we never have, that page says so
    then = {"as_of": at, "whole": known.whole, "confirmation": _confirmation(known.group), "poll": 0}
    return render(request, "orders/purchase.html", {**_shown(request, known.group, at), **then})


def _confirmation(group: OrderGroup) -> str:
    """How the confirmation stood, in words; of a COD purchase nothing, which needs none."""
    return "" if group.payment_method == PaymentMethod.COD else str(group.get_confirmation_state_display())


def _shown(request: HttpRequest, group: OrderGroup, now: datetime) -> dict[str, Any]:
    """What the page shows, at the time `now`, of a purchase that was loaded with everything."""
    see = sight_of(request, group.pk)
    orders = list(group.orders.all())
    updates = [update for order in orders for update in order.updates.all()]
    lines = history.lines_of(group)
    worked_out = reading.of(group, lines, now)
    group, lines = see.of(group, lines)
    return {
        "sight": see,
        "veiled": see.is_veiled,
        "poll": _poll(lines),
        "group": group,
        "orders": orders,
        "several": len(orders) > 1,
        **worked_out,
        **_timeline(lines, request.GET.get("source", "")),
        "money": money.lines(group.payment_summary()),
        "placed_at": min((o.created_at for o in orders if o.created_at), default=None),
        "flagged": [(o, [Flag(f).label for f in o.review_flags]) for o in orders if o.review_flags],
        "odd": _odd(orders, updates),
        "address": _address(group, see.sees),
        "evidence": _evidence(updates),
    }


def _timeline(lines: Iterable[Line], source: str) -> dict[str, Any]:
    """The story by day, of one source where a known one is asked for."""
    labels = {"1mg": "1mg", "nimbbl": "Nimbbl", "us": _("Us"), "people": _("People")}
    source = source if source in labels else ""
    return {"days": timeline.by_day(lines, source), "source": source, "sources": list(labels.items())}


@staff_page("orders.change_groupedorder", methods=ACT)
def reviewed(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """A person has looked at what was flagged on the purchase's orders."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    for order in group.orders.exclude(review_flags=[]):
        reviews.mark_reviewed(order, by=Actor.of(request.user))
    messages.success(request, _("Marked as looked at."))
    return redirect(group)


def _poll(lines: Iterable[Line]) -> int:
    """Every how many seconds the page asks again; 0: it does not.

    Often just after somebody has acted, for the answer; then for some minutes, for what 1mg makes of it.
    """
    acted = max((line.received_at for line in lines if line.kind == Kind.CALL), default=None)
    age = timezone.now() - acted if acted else _FRESH
    return 1 if age < _AT_ONCE else 3 if age < _FRESH else 0


def _address(group: OrderGroup, sees: bool) -> list[tuple[str, Any]]:
    """The delivery address, line by line, with its place only where it is not shown."""
    shown = group.delivery_address if sees else harmless.address(group.delivery_address)
    labels = {
        "street1": _("Street"),
        "street2": "",
        "locality": _("Locality"),
        "landmark": _("Landmark"),
        "city": _("City"),
        "pincode": _("PIN"),
        "state": _("State"),
        "contact_number": _("At the door"),
    }
    return [(label, shown[key]) for key, label in labels.items() if shown.get(key)]


def _odd(orders: Iterable[GroupedOrder], updates: Iterable[OrderUpdate]) -> dict[str, list[str]]:
    """What is odd, order by order, about the updates whose words are shown; it goes when 1mg says better."""
    standing = {(order.pk, *position[2:]) for order in orders for position in order.heard.values()}
    flags: dict[str, set[str]] = {}
    for update in updates:
        if (update.order_id, update.delivery_id, update.entry) in standing:
            flags.setdefault(update.order_id, set()).update(BESIDE_THE_ORDER & set(update.flags))
    return {order_id: [str(Flag(flag).label) for flag in sorted(found)] for order_id, found in flags.items()}


def _evidence(updates: Iterable[OrderUpdate]) -> dict[str, Any]:
    """How much of what is shown rests on what."""
    told = list(updates)
    return {
        "updates": len(told),
        "stale": sum(u.outcome == Outcome.STALE for u in told),
        "again": sum(u.times_seen - 1 for u in told),
        "last": max(told, key=lambda u: u.received_at, default=None),
    }
