"""The pages on which staff write a note, put tags on a purchase, take it, give it back and put it off."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.access import ACT, FORM, staff_page
from orders.actors import Actor
from orders.answering import callers
from orders.care import outcomes, presence, services, snooze
from orders.care.forms import LONGEST_REASON, NoteForm, SnoozeForm, TagForm
from orders.care.outcomes import OUTCOMES
from orders.care.services import TakenMeanwhile, TooManyTags
from orders.desk import work
from orders.desk.attention import Attention
from orders.models import Care, OrderGroup
from orders.revealing import services as revealing
from orders.stories import history

VIEW = "orders.view_ordergroup"
WRITE = "orders.change_groupedorder"
PERSONAL = "orders.view_personal_data"


@staff_page(WRITE, PERSONAL, methods=FORM)
def note(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Write a note."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        services.note(group.pk, form.cleaned_data["text"], by=Actor.of(request.user))
        return redirect(f"{group.get_absolute_url()}#timeline")
    context = {"group": group, "form": form, "heading": _("Write a note"), "verb": _("Note")}
    return render(request, "orders/care/write.html", context, status=400 if form.is_bound else 200)


@staff_page(WRITE, PERSONAL, methods=FORM)
def tag(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Put a tag on a purchase."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    form = TagForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.tag(group.pk, form.cleaned_data["tag"], by=Actor.of(request.user))
        except TooManyTags:
            form.add_error("tag", _("It has %(n)s tags, as many as it may have.") % {"n": services.MOST_TAGS})
        else:
            return redirect(group)
    context = {"group": group, "form": form, "heading": _("Put a tag on it"), "verb": _("Add")}
    return render(request, "orders/care/write.html", context, status=400 if form.is_bound else 200)


@staff_page(WRITE, PERSONAL, methods=ACT)
def untag(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Take a tag off."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    services.untag(group.pk, request.POST.get("word", ""), by=Actor.of(request.user))
    return redirect(group)


@staff_page(WRITE, methods=FORM)
def take(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Take a purchase; whoever it would be taken from is named first."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    if request.method == "POST":
        said = request.POST.get("instead_of", "")
        try:
            services.take(group.pk, by=_person(request), instead_of=int(said) if said.isdecimal() else None)
        except TakenMeanwhile as meanwhile:
            problem = _("Somebody else has taken it meanwhile; nothing was changed.")
            context = {"group": group, "care": meanwhile.care, "problem": problem}
            return render(request, "orders/care/take.html", context, status=409)
        return redirect(group)
    care = Care.objects.select_related("owner").filter(group=group).first()
    return render(request, "orders/care/take.html", {"group": group, "care": care})


@staff_page(WRITE, methods=ACT)
def give_back(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Look after it no longer."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    try:
        services.give_back(group.pk, by=_person(request))
    except TakenMeanwhile as meanwhile:
        owner = str(meanwhile.care.owner)
        messages.error(request, _("%(owner)s has taken it meanwhile; nothing was changed.") % {"owner": owner})
    return redirect(group)


@staff_page(WRITE, PERSONAL, methods=FORM)
def put_off(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Put off what the purchase needs."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    form = SnoozeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        done = snooze.snooze(group.pk, form.cleaned_data["moment"], form.cleaned_data["why"], by=Actor.of(request.user))
        if not done:
            messages.info(request, _("It needs nothing that could be put off."))
        return redirect(group)
    context = {"group": group, "form": form, "heading": _("Put it off"), "verb": _("Put off")}
    return render(request, "orders/care/write.html", context, status=400 if form.is_bound else 200)


@staff_page(WRITE, methods=ACT)
def wake(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """Undo that."""
    group = get_object_or_404(OrderGroup, pk=merchant_order_id)
    snooze.wake(group.pk, by=Actor.of(request.user))
    return redirect(group)


@staff_page(WRITE, PERSONAL, methods=FORM)
def call(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The call sheet: whom to call, what to say, and what came of it."""
    group = get_object_or_404(OrderGroup.objects.with_everything(), pk=merchant_order_id)
    if request.method == "POST":
        outcome = OUTCOMES.get(request.POST.get("outcome", ""))
        if outcome is None:
            messages.error(request, _("Say what came of the call."))
            return redirect("orders:call", group.pk)
        more = " ".join(request.POST.get("more", "").split())[:LONGEST_REASON]
        outcomes.record(group.pk, outcome, more, by=Actor.of(request.user))
        messages.success(request, _("Noted: %(words)s.") % {"words": outcome.words})
        return redirect(group)
    now = timezone.now()
    look = Attention(work.hidden_from(request.user.has_perm), now)
    context = {
        "group": group,
        "veiled": revealing.shown_until(request.session, group.pk) is None,
        "attention": look,
        "works": work.of_purchase(group, look, request.user.has_perm),
        "answer": callers.answer_of(group, callers.facts_of(group, history.lines_of(group)), now),
        "outcomes": OUTCOMES.values(),
        "longest": LONGEST_REASON,
    }
    return render(request, "orders/care/call.html", context)


@staff_page(VIEW, methods=ACT)
def opened(request: HttpRequest, merchant_order_id: str) -> HttpResponse:
    """The reader still has the purchase's page open; who else has, as a piece of that page."""
    group = get_object_or_404(OrderGroup.objects.only("pk"), pk=merchant_order_id)
    presence.sign(group.pk, _person(request))
    return render(request, "orders/care/_openers.html", {"openers": presence.others(group.pk, _person(request))})


def _person(request: HttpRequest) -> User:
    """Who has signed in; `staff_page` lets nobody else in."""
    return cast(User, request.user)
