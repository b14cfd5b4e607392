"""The pages on which staff ask 1mg: what is to be asked, the message, and the answer."""

from __future__ import annotations

import csv
import logging
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from django.contrib import messages as notices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from orders.access import ACT, FORM, staff_page
from orders.actors import Actor
from orders.asks import gathered, messages, services, sheet
from orders.asks.forms import CLOCKS_TO_ASK, AnswerForm, TickedForm
from orders.asks.messages import Facts
from orders.asks.services import Asked
from orders.desk import work
from orders.desk.attention import Attention
from orders.models import Ask, Need, OrderGroup
from orders.templatetags.moments import plain_when

VIEW = "orders.view_ordergroup"
WRITE = "orders.change_groupedorder"
PERSONAL = "orders.view_personal_data"
#: So many that were asked already are named.
_NAMED: Final = 5
log = logging.getLogger(__name__)


@staff_page(VIEW)
def to_ask(request: HttpRequest) -> HttpResponse:
    """What waits for 1mg, gathered, and what it was asked."""
    look = Attention(work.hidden_from(request.user.has_perm))
    may = request.user.has_perm
    context = {
        "groups": gathered.groups(look, may),
        "waiting": gathered.waiting(look, may),
        "most": gathered.MOST,
        "attention": look,
    }
    return render(request, "orders/asks/to_ask.html", context)


@staff_page(WRITE, methods=ACT)
def ask(request: HttpRequest) -> HttpResponse:
    """Mark the ticked purchases as asked; the answer is the page with the message."""
    form = TickedForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    ids, clock = form.cleaned_data["id"], form.cleaned_data["clock"]
    return _told(request, services.ask(ids, [clock], by=Actor.of(request.user)), ids)


@staff_page(WRITE, methods=ACT)
def ask_of_one(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The same of all that one purchase needs of 1mg."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    return _told(request, services.ask([group.pk], CLOCKS_TO_ASK, by=Actor.of(request.user)), [group.pk])


@staff_page(VIEW)
def asked(request: HttpRequest, batch: str) -> HttpResponse:
    """One message as it was asked, to be copied, and what became of each of its questions."""
    found = _of_batch(batch)
    text = messages.message(Facts.of(one.facts) for one in found)
    context = {"asks": found, "first": found[0], "message": text, "batch": batch}
    return render(request, "orders/asks/asked.html", context)


@staff_page(VIEW)
def asked_csv(request: HttpRequest, batch: str) -> HttpResponse:
    """The same as a table."""
    return _table(request, batch[:8], [Facts.of(one.facts) for one in _of_batch(batch)])


@staff_page(VIEW, methods=ACT)
def csv_of_ticked(request: HttpRequest) -> HttpResponse:
    """The ticked purchases as a table; nothing is marked."""
    form = TickedForm(request.POST)
    if not form.is_valid():
        return _refused(request, form)
    ids, clock = form.cleaned_data["id"], form.cleaned_data["clock"]
    needs = Need.objects.filter(group__in=ids, clock=clock).select_related("group").prefetch_related("group__orders")
    facts = [services.facts_of(need, need.group) for need in needs.order_by("since", "group_id")]
    return _table(request, clock, facts)


@staff_page(WRITE, PERSONAL, methods=FORM)
def answer(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Note what 1mg has answered; it is our turn again."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not services.answer(group.pk, form.cleaned_data["text"], by=Actor.of(request.user)):
            notices.error(request, _("1mg was asked nothing of it that is still open; nothing was noted."))
        return redirect(group)
    asked_now = Ask.objects.filter(group=group, ended_at=None)
    context = {"group": group, "form": form, "asks": [(messages.title(one.clock), one) for one in asked_now]}
    return render(request, "orders/asks/answer.html", context, status=400 if form.is_bound else 200)


@staff_page(WRITE, methods=ACT)
def withdraw(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """It was not asked after all."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    services.withdraw(group.pk, by=Actor.of(request.user))
    return redirect(group)


# --- pieces -----------------------------------------------------------------------------------------------------------


def _refused(request: HttpRequest, form: TickedForm) -> HttpResponse:
    """Say what is wrong with what was ticked, on the page that it was ticked on."""
    for problems in form.errors.values():
        for problem in problems:
            notices.error(request, str(problem))
    return redirect("orders:asks")


def _told(request: HttpRequest, done: Asked, ids: Collection[str]) -> HttpResponse:
    """The page with the message: of what is asked now, else of what was asked before."""
    if done.before:
        notices.error(request, _already(done.before))
    others = len({*ids} - {one.group_id for one in done.now} - {need.group_id for need in done.before})
    if others:
        words = _("Of %(n)s of the purchases there is nothing to ask 1mg any more.") % {"n": others}
        notices.error(request, words)
    if done.now:
        return redirect("orders:asked", done.batch)
    before = Ask.objects.filter(group__in=[one.group_id for one in done.before], ended_at=None)
    batches = set(before.values_list("batch", flat=True))
    return redirect("orders:asked", batches.pop()) if len(batches) == 1 else redirect("orders:asks")


def _already(before: Sequence[Need]) -> str:
    """Who had asked about what, and when."""
    named = [
        _("%(id)s by %(by)s, %(at)s") % {"id": need.group_id, "by": need.asked_by, "at": plain_when(need.asked_at)}
        for need in before[:_NAMED]
    ]
    if more := len(before) - len(named):
        named.append(_("%(n)s more") % {"n": more})
    return _("Asked already: %(who)s.") % {"who": "; ".join(named)}


def _of_batch(batch: str) -> list[Ask]:
    found = list(Ask.objects.filter(batch=batch).select_related("group"))
    if not found:
        raise Http404
    return found


def _table(request: HttpRequest, name: str, asked_about: Iterable[Facts]) -> HttpResponse:
    """A CSV file. Ids, statuses and times alone: whoever may see purchases may have it, and the log says who had."""
    rows = list(sheet.of(asked_about))
    day = timezone.localdate().isoformat()
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="ask-1mg-{slugify(name)}-{day}.csv"'
    csv.writer(answer, quoting=csv.QUOTE_ALL).writerows(rows)
    log.info("csv of %s lines to ask 1mg about, for user %s", len(rows) - 1, request.user.pk)
    return answer
