"""The pages that staff read orders on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Max, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders import history, money, paging, people, privacy, queues, reviews, story
from orders.choices import BESIDE_THE_ORDER, Flag, Kind, Outcome, Stage
from orders.filters import OrderGroupFilter
from orders.models import Act, GroupedOrder, OrderGroup, OrderUpdate
from orders.story import Line

#: So long after a call its purchase's page shows what follows by itself: its answer, then 1mg's next words.
_AT_ONCE, _FRESH = timedelta(seconds=30), timedelta(minutes=5)
VIEW = "orders.view_ordergroup"
PERSONAL = "orders.view_personal_data"


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
def order_list(request: HttpRequest) -> HttpResponse:
    """The list; an exact id in the search box goes straight to its purchase."""
    if (found := _exact(request.GET.get("q", ""))) is not None:
        return redirect(found)
    filters = OrderGroupFilter(
        request.GET,
        OrderGroup.objects.with_something_to_show(),
        may_see_personal_data=request.user.has_perm(PERSONAL),
    )
    valid = filters.is_valid()
    groups = filters.qs if valid else OrderGroup.objects.none()
    page = paging.page(groups.prefetch_related("orders"), request.GET)
    context: dict[str, Any] = {
        "filters": filters,
        "valid": valid,
        "page": page,
        "stages": Stage,
        "pills": _pills(filters),
        "tabs": lambda: queues.tabs(_counted(request.GET)),
        "shared": OrderGroup.objects.sharing(page.rows),
        "live": not {"older", "newer"} & request.GET.keys(),
        "news": paging.newer_than(groups, request.GET["from"]) if "from" in request.GET else 0,
        "receiver_url": request.build_absolute_uri("/update-status/"),
    }
    htmx = getattr(request, "htmx", False)
    return render(request, "orders/_rows.html" if htmx else "orders/list.html", context)


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
def purchase(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """One purchase with everything we know of it."""
    seen = _seen(merchant_order_id)  # first: what is read later is as new as that, or newer
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)  # nothing new: the page stays as it is, and under the hand that is on it
    group = get_object_or_404(OrderGroup.objects.with_everything(), pk=merchant_order_id)
    orders = list(group.orders.all())
    lines = history.lines_of(group)
    if not request.user.has_perm(PERSONAL):
        lines = people.masked_lines(lines, people.of(group, orders))
        group = people.masked(group)
    return render(
        request,
        "orders/purchase.html",
        {
            "poll": _poll(lines),
            "seen": seen,
            "group": group,
            "orders": orders,
            "days": story.by_day(lines),
            "money": money.lines(group.payment_summary()),
            "placed_at": min((o.created_at for o in orders if o.created_at), default=None),
            "flagged": [(o, [Flag(f).label for f in o.review_flags]) for o in orders if o.review_flags],
            "odd": _odd(orders),
            "address": _address(group, request.user.has_perm(PERSONAL)),
            "evidence": _evidence(update for order in orders for update in order.updates.all()),
        },
    )


@require_POST
@login_required
@permission_required("orders.change_groupedorder", raise_exception=True)
def reviewed(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """A person has looked at what was flagged on the purchase's orders."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    for order in group.orders.exclude(review_flags=[]):
        reviews.mark_reviewed(order, by=cast(AbstractBaseUser, request.user))
    messages.success(request, _("Marked as looked at."))
    return redirect(group)


def _counted(params: QueryDict) -> list[str]:
    """The queues whose numbers help beside the list: not to who searches one purchase, nor of the queue shown."""
    return [] if params.get("q") else [name for name in queues.TABS if name != params.get("queue")]


def _seen(merchant_order_id: str) -> str:
    """A mark of how far a purchase's story has come: whatever happens to it is an update or an act."""
    acts = Act.objects.filter(group=merchant_order_id)
    updates = OrderUpdate.objects.filter(order__group=merchant_order_id)
    counted = [rows.order_by().aggregate(n=Count("pk"), newest=Max("pk")) for rows in (acts, updates)]
    return "-".join(f"{of['n']}-{of['newest'] or 0}" for of in counted)


def _poll(lines: Iterable[Line]) -> int:
    """Every how many seconds the page asks again; 0: it does not.

    Often just after somebody has acted, for the answer; then for some minutes, for what 1mg makes of it.
    """
    acted = max((line.received_at for line in lines if line.kind == Kind.CALL), default=None)
    age = timezone.now() - acted if acted else _FRESH
    return 1 if age < _AT_ONCE else 3 if age < _FRESH else 0


def _exact(question: str) -> OrderGroup | None:
    """The purchase whose id, or one of whose orders' ids, is exactly what was asked."""
    word = question.strip()
    if not word or len(word) > 64 or "\0" in word:
        return None
    keys: QuerySet[Any, Any] = GroupedOrder.objects.order_by().filter(pk=word).values("group_id")
    keys = keys.union(
        OrderGroup.objects.order_by().filter(pk=word).values("pk"),
        OrderGroup.objects.order_by().exclude(onemg_order_id="").filter(onemg_order_id=word).values("pk"),
    )
    found = list(OrderGroup.objects.filter(pk__in=keys))  # two where an order's id is also a purchase's
    return next((group for group in found if group.pk != word), found[0] if found else None)


def _pills(filters: OrderGroupFilter) -> list[dict[str, str]]:
    """The filters that are set, in words."""
    if not filters.is_valid():
        return []
    pills = []
    for name, value in filters.form.cleaned_data.items():
        if not value:
            continue
        words = dict(getattr(filters.form.fields[name], "choices", ()))
        chosen = value if isinstance(value, list) else [value]
        shown = ", ".join(str(words.get(v, v)) for v in chosen)
        pills.append({"name": name, "label": str(filters.form.fields[name].label), "value": shown})
    return pills


def _address(group: OrderGroup, may_see: bool) -> list[tuple[str, Any]]:
    """The delivery address, line by line, with its place only for who may not see it."""
    shown = group.delivery_address if may_see else privacy.address(group.delivery_address)
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


def _odd(orders: Iterable[GroupedOrder]) -> dict[str, list[str]]:
    """What is odd, order by order, about the updates whose words are shown; it goes when 1mg says better."""
    standing = {(order.pk, *position[2:]) for order in orders for position in order.heard.values()}
    deliveries = {delivery_id for _order, delivery_id, _entry in standing}
    flags: dict[str, set[str]] = {}
    for update in OrderUpdate.objects.filter(order__in=orders, delivery_id__in=deliveries).defer("changes"):
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
