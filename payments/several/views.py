"""The pages on which several purchases are confirmed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.access import FORM, staff_page
from orders.actors import Actor
from payments import parties
from payments.choices import MOST, State
from payments.models import PartnerCall
from payments.several import candidates, results, services
from payments.several.results import Row

SEND = "payments.send_partnercall"
#: Where purchases are ticked.
TO_CONFIRM = "/?cause=to_confirm"


@staff_page(SEND, methods=FORM)
def confirm(request: HttpRequest) -> HttpResponse:
    """What stands against each of the ticked; a POST asks for those that it names."""
    said = request.POST if request.method == "POST" else request.GET
    ids = candidates.ids_of(said.getlist("id"))
    if not ids:
        messages.error(request, _("Tick the purchases to confirm; nothing was sent."))
        return redirect(TO_CONFIRM)
    if len(ids) > MOST:
        context = {"many": len(ids), "most": MOST, "back": TO_CONFIRM}
        return render(request, "payments/several/too_many.html", context, status=400)
    if request.method == "POST":
        return _pressed(request, ids)
    chosen = candidates.chosen(ids)
    found = candidates.candidates(chosen.groups)
    context = {
        "ready": [one for one in found if not one.stopped],
        "left_out": [one for one in found if one.stopped],
        "unknown": chosen.unknown,
        "asking": any(one.look.asking for one in found if not one.stopped),
        "back": TO_CONFIRM,
    }
    return render(request, "payments/several/confirm.html", context)


@staff_page(SEND)
def result(request: HttpRequest) -> HttpResponse:
    """What came of the press, row by row; it looks again by itself while anything is under way."""
    chosen = candidates.chosen(candidates.ids_of(request.GET.getlist("id"))[:MOST])
    after = request.GET.get("after", "")
    rows = results.of(
        chosen.groups,
        after=int(after) if after.isdecimal() and len(after) < 19 else 0,
        otherwise=request.GET.getlist("otherwise"),
        readable=lambda calls: parties.readable(calls, request.user.has_perm),
    )
    context = {
        "rows": rows,
        "unknown": chosen.unknown,
        "under_way": any(row.under_way for row in rows),
        "counts": _counts(rows),
        "again": _address("payments:confirm-several", id=some) if (some := results.again(rows)) else "",
        "back": TO_CONFIRM,
    }
    return render(request, "payments/several/result.html", context)


def _pressed(request: HttpRequest, ids: Sequence[str]) -> HttpResponse:
    """Ask for each, and lead to what comes of it."""
    marks = {one: request.POST.get(f"seen-{one}", "") for one in ids}
    done = services.confirm(marks, by=Actor.of(request.user))
    return redirect(_address("payments:several-result", id=ids, after=done.after, otherwise=done.otherwise))


def _address(name: str, **query: object) -> str:
    return f"{reverse(name)}?{urlencode(query, doseq=True)}"


def _counts(rows: Collection[Row]) -> list[tuple[str, int]]:
    """How many came to what, in words."""
    found = Counter(_word(row.call) for row in rows)
    return [(word, many) for word, many in found.items()]


def _word(call: PartnerCall | None) -> str:
    return str(State(call.state).label) if call else _("Not sent")
