"""The presses that show whose purchase it is."""

from __future__ import annotations

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from orders.access import ACT, staff_page
from orders.choices import OpenedFrom
from orders.desk.work import PERSONAL
from orders.models import OrderGroup
from orders.revealing import services

VIEW = "orders.view_ordergroup"
WRITE = "orders.change_groupedorder"


@staff_page(VIEW, PERSONAL, methods=ACT)
def reveal(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Show contact, address and papers on the purchase's page, as it was opened."""
    group = get_object_or_404(OrderGroup.objects.only("pk"), pk=merchant_order_id)
    said = request.POST.get("opened_from", "")
    opened_from = OpenedFrom(said) if said in OpenedFrom else OpenedFrom.LINK
    services.reveal(request.session, group.pk, opened_from, by=cast(User, request.user))
    query = request.GET.urlencode()
    return redirect(f"{group.get_absolute_url()}?{query}" if query else group.get_absolute_url())


@staff_page(WRITE, PERSONAL, methods=ACT)
def reveal_to_call(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Show them on the call sheet: who presses *Call* means to."""
    group = get_object_or_404(OrderGroup.objects.only("pk"), pk=merchant_order_id)
    services.reveal(request.session, group.pk, OpenedFrom.CALL, by=cast(User, request.user))
    return redirect("orders:call", group.pk)
