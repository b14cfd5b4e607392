"""The pages on which staff keep views of the list."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from orders.access import ACT, FORM, staff_page
from orders.desk import work
from orders.desk.attention import Attention
from orders.models import SavedView
from orders.saved import services, shown
from orders.saved.forms import NameForm, SaveForm
from orders.saved.services import MOST, SHARE, NameTaken, TooMany
from orders.saved.shown import Shown

VIEW = "orders.view_ordergroup"


@staff_page(VIEW)
def views(request: HttpRequest) -> HttpResponse:
    """All views that the reader sees, with what may be done about them."""
    look = Attention(work.hidden_from(request.user.has_perm))
    context = {"saved": _counted(request, look), "attention": look, "may_share": request.user.has_perm(SHARE)}
    return render(request, "orders/saved/list.html", context)


@staff_page(VIEW)
def counts(request: HttpRequest) -> HttpResponse:
    """The views as the list has them, counted: a piece of that page, which does not wait for it."""
    look = Attention(work.hidden_from(request.user.has_perm))
    context = {"saved": _counted(request, look), "counted": True, "chosen": request.GET.get("chosen", "")}
    return render(request, "orders/saved/_tabs.html", context)


@staff_page(VIEW, methods=FORM)
def save(request: HttpRequest) -> HttpResponse:
    """Keep the filters of the list under a name."""
    may_share = request.user.has_perm(SHARE)
    said = request.POST if request.method == "POST" else None
    form = SaveForm(said, may_share=may_share, initial={"query": request.GET.urlencode()})
    if form.is_valid():
        told = form.cleaned_data
        try:
            view = services.save(_person(request), told["name"], told["query"], is_shared=told.get("is_shared", False))
        except NameTaken:
            form.add_error("name", _("You have another view of that name."))
        except TooMany:
            form.add_error("name", _too_many())
        else:
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('orders:list')}?{view.query}")
    context = {"form": form, "heading": _("Save this view"), "verb": _("Save")}
    return render(request, "orders/saved/write.html", context, status=400 if form.is_bound else 200)


@staff_page(VIEW, methods=FORM)
def rename(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Give a view another name."""
    view = _changeable(request, saved_id)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": view.name})
    if form.is_valid():
        try:
            services.rename(view, form.cleaned_data["name"])
        except NameTaken:
            form.add_error("name", _("There is another view of that name."))
        else:
            return redirect("orders:views")
    context = {"form": form, "heading": _("Another name"), "verb": _("Rename")}
    return render(request, "orders/saved/write.html", context, status=400 if form.is_bound else 200)


@staff_page(VIEW, SHARE, methods=ACT)
def share(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Show a view to everybody, or to its owner alone."""
    try:
        services.share(_changeable(request, saved_id), is_shared=request.POST.get("is_shared") != "0")
    except TooMany:
        messages.error(request, _too_many())
    return redirect("orders:views")


@staff_page(VIEW, methods=FORM)
def delete(request: HttpRequest, saved_id: int) -> HttpResponse:
    """Keep a view no longer; asked first."""
    if request.method != "POST":
        return render(request, "orders/saved/delete.html", {"view": _changeable(request, saved_id)})
    if SavedView.objects.filter(pk=saved_id).exists():  # or somebody was quicker, and it is what was wanted
        services.delete(_changeable(request, saved_id))
    messages.success(request, _("It is kept no longer."))
    return redirect("orders:views")


def _counted(request: HttpRequest, look: Attention) -> list[Shown]:
    person, may = _person(request), request.user.has_perm
    return shown.counted(shown.views_of(person, may), person, may, look)


def _changeable(request: HttpRequest, saved_id: int) -> SavedView:
    """One that the reader may change; 404 for any other."""
    mine = services.changeable(_person(request), request.user.has_perm).select_related("owner")
    return get_object_or_404(mine, pk=saved_id)


def _too_many() -> str:
    return _("There are %(n)s, as many as there may be: delete one first.") % {"n": MOST}


def _person(request: HttpRequest) -> User:
    """Who has signed in; `staff_page` lets nobody else in."""
    return cast(User, request.user)
