"""The pages *Prescriptions* and *Refunds*: what customers and 1mg have in hand, the oldest first.

Both read the needs of their causes, whether somebody here is to see to them by now or not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from orders import prescriptions
from orders.access import staff_page
from orders.desk import refund_ages, work
from orders.desk.attention import Attention
from orders.desk.causes import Cause
from orders.desk.refund_ages import MOST, Amounts
from orders.desk.work import PERSONAL, Work
from orders.live import marks
from orders.live.marks import news
from orders.masking import people
from orders.models import GroupedOrder, Need, OrderGroup, OrderUpdate
from orders.prescriptions import Rejections
from orders.stories import history

VIEW = "orders.view_ordergroup"


@dataclass(frozen=True, slots=True)
class Paper:
    """A purchase that waits for a prescription. `papers`: those that 1mg lists; `rejections`: how often one was."""

    group: OrderGroup
    work: Work
    papers: Sequence[dict[str, Any]]
    rejections: Rejections | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A purchase whose money is to go back."""

    group: OrderGroup
    work: Work
    amounts: Amounts


@staff_page(VIEW)
@news(marks.of_desk)
def papers(request: HttpRequest) -> HttpResponse:
    """Purchases that wait for a prescription."""
    look = Attention(work.hidden_from(request.user.has_perm))
    needs = _oldest(look, (Cause.RX_REJECTED, Cause.RX_NEEDED))
    works = work.in_words([(need, need.group) for need in needs], look, request.user.has_perm)
    rows = [
        _paper(need.group, one, may_see=request.user.has_perm(PERSONAL)) for need, one in zip(needs, works, strict=True)
    ]
    return render(request, "orders/papers.html", {"rows": rows, "attention": look, "most": MOST})


@staff_page(VIEW)
@news(marks.of_desk)
def refunds(request: HttpRequest) -> HttpResponse:
    """Purchases whose money is to go back, by how long it has been due."""
    look = Attention(work.hidden_from(request.user.has_perm))
    ages = refund_ages.of(look)
    shown = [one for age in ages for one in age.shown]
    works = work.in_words([(need, need.group) for need, _amounts in shown], look, request.user.has_perm)
    rows = {need.pk: Refund(need.group, one, amounts) for (need, amounts), one in zip(shown, works, strict=True)}
    listed = [(age, [rows[need.pk] for need, _amounts in age.shown]) for age in ages]
    more = sum(age.many for age in ages) > len(shown)
    return render(request, "orders/refunds.html", {"ages": listed, "more": more, "attention": look, "most": MOST})


def _oldest(look: Attention, causes: Collection[Cause]) -> list[Need]:
    """The needs of some causes, the oldest first, with their purchases and all that is said of them."""
    updates = Prefetch("updates", OrderUpdate.objects.for_the_story())
    orders = GroupedOrder.objects.order_by("order_id").prefetch_related("skus", "invoices", updates)
    needs = look.holding.filter(cause__in=causes).select_related("group").order_by("since", "group_id")
    return list(needs.prefetch_related(Prefetch("group__orders", orders))[:MOST])


def _paper(group: OrderGroup, one: Work, *, may_see: bool) -> Paper:
    rejections = prescriptions.rejections(group.prescriptions, history.updates_of(group))
    listed = group.prescriptions if may_see else people.masked(group).prescriptions
    return Paper(group, one, listed, rejections)
