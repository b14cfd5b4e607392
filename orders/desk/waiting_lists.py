"""The pages *Prescriptions* and *Refunds*: what customers and 1mg have in hand, the oldest first.

Both read the needs of their causes, whether somebody here is to see to them by now or not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import money, prescriptions
from orders.access import staff_page
from orders.desk import work
from orders.desk.attention import Attention
from orders.desk.causes import Cause
from orders.desk.work import PERSONAL, Work
from orders.live import marks
from orders.live.marks import news
from orders.masking import people
from orders.models import GroupedOrder, Need, OrderGroup, OrderUpdate
from orders.money import Amount
from orders.prescriptions import Rejections
from orders.stories import history

VIEW = "orders.view_ordergroup"
#: So many of the oldest are shown.
MOST: Final = 200
#: Days from which on a refund is of an age, and how that is called.
AGES: Final = ((0, _("0 to 3 days")), (3, _("3 to 7 days")), (7, _("7 days and more")))


@dataclass(frozen=True, slots=True)
class Paper:
    """A purchase that waits for a prescription. `papers`: those that 1mg lists; `rejections`: how often one was."""

    group: OrderGroup
    work: Work
    papers: Sequence[dict[str, Any]]
    rejections: Rejections | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A purchase whose money is to go back. Amounts as 1mg says them."""

    group: OrderGroup
    work: Work
    due: Amount | None
    back: Amount | None

    @property
    def left(self) -> Decimal | None:
        """Rupees that are still to be paid back; `None` where that is not known."""
        if self.due is None or self.due.rupees is None or (self.back is not None and self.back.rupees is None):
            return None
        return self.due.rupees - (self.back.rupees if self.back and self.back.rupees else Decimal(0))


@dataclass(frozen=True, slots=True)
class Age:
    """Refunds of an age. `total`: rupees left of those that are known; `unknown`: how many are not."""

    label: str | Promise
    refunds: Sequence[Refund]

    @property
    def total(self) -> Decimal:
        """Rupees, of those that are known."""
        return sum((one.left for one in self.refunds if one.left is not None), Decimal(0))

    @property
    def unknown(self) -> int:
        """Of how many it is not known."""
        return sum(one.left is None for one in self.refunds)


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
    needs = _oldest(look, (Cause.REFUND,))
    works = work.in_words([(need, need.group) for need in needs], look, request.user.has_perm)
    found = [_refund(need.group, one) for need, one in zip(needs, works, strict=True)]
    return render(request, "orders/refunds.html", {"ages": _by_age(found, look.at), "attention": look, "most": MOST})


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


def _refund(group: OrderGroup, one: Work) -> Refund:
    summary = group.payment_summary()
    return Refund(group, one, money.said(summary, "total_refund_due"), money.said(summary, "total_refunded_amount"))


def _by_age(found: Iterable[Refund], now: datetime) -> list[Age]:
    """The refunds by age, the oldest age first; an age without any is left out."""
    by_age: dict[int, list[Refund]] = {days: [] for days, _label in AGES}
    for one in found:
        age = now - one.work.need.since  # whatever 1mg was asked since
        by_age[max(days for days in by_age if days == 0 or age >= timedelta(days=days))].append(one)
    return [Age(label, by_age[days]) for days, label in reversed(AGES) if by_age[days]]
