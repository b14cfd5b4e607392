"""The search box and its page. What was typed is sent in a form, and kept with the session alone: in no address, so in
no history and no log. And yet going back, or loading again, shows what was found.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url

from orders import slots
from orders.access import ACT, FORM, staff_page
from orders.desk import work
from orders.desk.attention import Attention
from orders.finding import listed, search
from orders.finding.reasons import named, reasons
from orders.finding.search import Found
from orders.finding.terms import MAX_LISTED, list_of, terms_of
from orders.ids import is_id
from orders.models import GroupedOrder, OrderGroup
from orders.revealing import services as revealing
from orders.views import PERSONAL, VIEW

#: Letters of a question: a list of a hundred long ids.
LONGEST: Final = 6_600
#: Where the session keeps searches, and how many of the last ones.
_KEPT, _MOST = "searches", 5
#: So many purchases the palette lists.
_OFFERED: Final = 8


@staff_page(VIEW, methods=FORM)
def find(request: HttpRequest) -> HttpResponse:
    """Search, and lead to what was found: the one purchase, or the list. Its GET is the page before any search."""
    if request.method != "POST":
        return render(request, "orders/found.html")
    typed = request.POST.get("q", "").strip()[:LONGEST]
    if not typed:
        return _see("orders:find")
    if address := slots.behind_a_door(typed, request.user.has_perm):
        return _see(address)
    found = _find(typed, personal=request.user.has_perm(PERSONAL))
    if len(found.hits) == 1 and not (found.missing or found.common):
        revealing.found(request.session, found.hits)
        return _see("orders:purchase", found.hits[0])
    return _see("orders:found", _keep(request.session, typed, found))


@staff_page(VIEW)
def found(request: HttpRequest, key: str) -> HttpResponse:
    """What one of her last searches found: the same purchases, as they are now."""
    kept = request.session.get(_KEPT, {}).get(key)
    if kept is None:
        return render(request, "orders/found.html", {"gone": True})
    typed = kept["typed"]
    what = Found(**{name: value for name, value in kept.items() if name != "typed"})
    hits = _hits(what, typed, personal=request.user.has_perm(PERSONAL))
    look = Attention(work.hidden_from(request.user.has_perm))
    needed = work.first_of([group for group, _why in hits], look, request.user.has_perm)
    context: dict[str, Any] = {
        "asked": typed,
        "found": what,
        "hits": [(group, why, needed.get(group.pk)) for group, why in hits],
        "ids": len(list_of(typed)),
        "most": MAX_LISTED,
        "attention": look,
    }
    return render(request, "orders/found.html", context)


@staff_page(VIEW, methods=ACT)
def hits(request: HttpRequest) -> HttpResponse:
    """What the palette lists while somebody types: the nearest purchases, each with why."""
    typed, personal = request.POST.get("q", "").strip()[:LONGEST], request.user.has_perm(PERSONAL)
    found = _find(typed, personal=personal) if typed else Found([])
    few = replace(found, hits=found.hits[:_OFFERED])
    revealing.found(request.session, few.hits)
    return render(request, "orders/found/_options.html", {"hits": _hits(few, typed, personal=personal)})


def _see(to: str, *args: str) -> HttpResponse:
    """303: the answer to the form is a page of its own."""
    return HttpResponseRedirect(resolve_url(to, *args), status=303)


def _find(typed: str, *, personal: bool) -> Found:
    if (exact := _exact(typed)) is not None:
        return Found([exact])
    if ids := list_of(typed):
        return listed.find(ids[:MAX_LISTED], personal=personal)
    return search.find(typed, personal=personal)


def _exact(typed: str) -> str | None:
    """The purchase whose id, or one of whose orders' ids, is exactly what was typed."""
    if not is_id(typed):
        return None
    keys: Any = GroupedOrder.objects.order_by().filter(pk=typed).values("group_id")
    keys = keys.union(
        OrderGroup.objects.order_by().filter(pk=typed).values("pk"),
        OrderGroup.objects.order_by().exclude(onemg_order_id="").filter(onemg_order_id=typed).values("pk"),
    )
    found = list(OrderGroup.objects.filter(pk__in=keys).values_list("pk", flat=True))
    return next((key for key in found if key != typed), found[0] if found else None)  # two: an order's id, a purchase's


def _keep(session: SessionBase, typed: str, found: Found) -> str:
    """Keep a search with the session, in the place of the oldest; the key that it is kept by."""
    key = secrets.token_urlsafe(6)
    kept = {**session.get(_KEPT, {}), key: {"typed": typed, **asdict(found)}}
    session[_KEPT] = dict(list(kept.items())[-_MOST:])
    return key


def _hits(found: Found, typed: str, *, personal: bool) -> list[tuple[OrderGroup, list[str]]]:
    """The purchases that were found, in that order, each with why."""
    groups = OrderGroup.objects.prefetch_related("orders", "needs").in_bulk(found.hits)
    hits = [groups[key] for key in found.hits if key in groups]
    if ids := list_of(typed):
        words = {word for one in ids[:MAX_LISTED] for word in listed.words_of_listed(one)}
        return [(group, named(group, words, personal=personal)) for group in hits]
    terms = terms_of(typed)
    return [(group, reasons(group, terms, personal=personal)) for group in hits]
