"""The page that cancels an order at 1mg."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from orders.access import FORM, staff_page
from orders.actors import Actor
from orders.models import OrderGroup
from payments import glance
from payments.asking import CannotDo, NotAsRead, NotReady
from payments.cancelling import looking, services
from payments.cancelling.services import LONGEST_REASON

CANCEL = "payments.cancel_order"


@staff_page(CANCEL, methods=FORM)
def cancel(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Which order, the ticks, and what follows; a POST asks 1mg for it. `order` names one where there are several."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    problem, stopped = "", None
    if request.method == "POST":
        try:
            order_id, why = request.POST.get("order", ""), request.POST.get("why", "")
            person = Actor.of(cast(User, request.user))
            services.cancel(group.pk, order_id, why=why, by=person, seen=request.POST.get("seen", ""))
            return redirect(group)
        except CannotDo as error:
            problem = str(error)
        except NotReady as error:
            stopped = error
    context = _shown(request, group) | {"problem": problem, "stopped": stopped, "why": request.POST.get("why", "")}
    context["changed"] = [tick.code for tick in stopped.ticks] if isinstance(stopped, NotAsRead) else []
    return render(request, "payments/cancel.html", context, status=409 if problem or stopped else 200)


def _shown(request: HttpRequest, group: OrderGroup) -> dict[str, Any]:
    """What the page shows: the orders to choose from, and the ticks of the one that is chosen, or the only one."""
    members = list(group.orders.order_by("pk"))
    ids = looking.candidates(group, members)
    asked = request.POST.get("order") or request.GET.get("order") or (ids[0] if len(ids) == 1 else "")
    look = looking.look(group, members, asked) if asked in ids else None
    return {
        "group": group,
        "orders": members,
        "ids": ids,
        "order_id": asked if look else "",
        "look": look,
        "blocked": look.stopped() if look else [],
        "glance": glance.of([group])[group.pk],
        "merchant_id": settings.ONEMG_MERCHANT_ID,
        "longest": LONGEST_REASON,
    }
