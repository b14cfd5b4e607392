"""The pages that staff read orders on."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from orders import paging, services, story
from orders.choices import Stage
from orders.filters import OrderGroupFilter
from orders.models import GroupedOrder, OrderGroup

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
        request.GET, OrderGroup.objects.exclude(orders=None), may_see_personal_data=request.user.has_perm(PERSONAL)
    )
    valid = filters.is_valid()
    groups = filters.qs if valid else OrderGroup.objects.none()
    page = paging.page(groups.prefetch_related("orders"), request.GET)
    context: dict[str, Any] = {
        "filters": filters, "page": page, "stages": Stage, "asked": bool(_asked(filters)), "valid": valid,
        "query": _without(request, "older", "newer", "from"),
        "news": paging.newer_than(groups, request.GET["from"]) if "from" in request.GET else 0,
    }  # fmt: skip
    rows_only = request.htmx and not request.htmx.boosted  # type: ignore[attr-defined]
    return render(request, "orders/_rows.html" if rows_only else "orders/list.html", context)


@require_GET
@login_required
@permission_required(VIEW, raise_exception=True)
def purchase(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """One purchase with everything we know of it."""
    group = get_object_or_404(OrderGroup.objects.with_everything(), pk=merchant_order_id)
    orders = list(group.orders.all())
    entries = list(group.timeline.all())
    return render(request, "orders/purchase.html", {
        "group": group, "orders": orders, "money": group.payment_summary(), "days": story.tell(entries),
        "flags": [o for o in orders if o.review_flags],
    })  # fmt: skip


@require_POST
@login_required
@permission_required("orders.change_groupedorder", raise_exception=True)
def reviewed(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """A person has looked at what was flagged on the purchase's orders."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    for order in group.orders.exclude(review_flags=[]):
        services.mark_reviewed(order, by=request.user)
    messages.success(request, _("Marked as looked at."))
    return redirect(group)


def _exact(question: str) -> OrderGroup | None:
    """The purchase whose id, or one of whose orders' ids, is exactly what was asked."""
    word = question.strip()
    if not word or len(word) > 64:
        return None
    order = GroupedOrder.objects.filter(pk=word).select_related("group").first()
    return order.group if order else OrderGroup.objects.filter(pk=word).first()


def _asked(filters: OrderGroupFilter) -> dict[str, Any]:
    """The filters that are set."""
    return {k: v for k, v in (filters.form.cleaned_data if filters.is_valid() else filters.data).items() if v}


def _without(request: HttpRequest, *names: str) -> str:
    """The query string without some of its parameters."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
