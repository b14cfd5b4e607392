"""What 1mg is to be asked, gathered by clock, and what it has been asked and may still answer.

groups(look, may)         one a clock, the clock with the oldest need first
waiting(look, may)        what 1mg was asked, the longest ago first
of_purchase(group, works) both of one purchase
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, F, Min, QuerySet, Window
from django.db.models.functions import RowNumber

from orders.asks import messages, pace
from orders.asks.pace import Pace
from orders.asks.services import facts_of
from orders.desk import work
from orders.desk.attention import Attention
from orders.desk.causes import ASKABLE
from orders.desk.work import May, Work
from orders.models import Ask, Need, OrderGroup

#: So many of the oldest of a clock are shown, and asked about in one message.
MOST: Final = 50
#: So many of those that were asked are shown.
MOST_WAITING: Final = 100


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase to ask about. `line`: what the message says of it."""

    group: OrderGroup
    work: Work
    line: str


@dataclass(frozen=True, slots=True)
class Gathered:
    """What waits for 1mg under one clock. `many`: how many purchases in all; `oldest`: since when the first of them."""

    clock: str
    many: int
    oldest: datetime
    rows: Sequence[Row]
    pace: Pace

    @property
    def title(self) -> str:
        """What is asked about."""
        return messages.title(self.clock)

    @property
    def question(self) -> str:
        """How the message begins."""
        return messages.question(self.clock)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What 1mg was asked about a purchase. `batch`: names the message that it was asked in."""

    group: OrderGroup
    work: Work
    title: str
    batch: str


@dataclass(frozen=True, slots=True)
class OfPurchase:
    """What 1mg may be asked about one purchase, as a message (or nothing), and what it has been asked."""

    message: str
    asked: Sequence[Need]


def groups(look: Attention, may: May) -> list[Gathered]:
    """What is to be asked now. A fixed number of statements."""
    due = look.due.filter(cause__in=ASKABLE)
    place = Window(RowNumber(), partition_by=F("clock"), order_by=("since", "group_id"))
    many, oldest = (Window(count, partition_by=F("clock")) for count in (Count("pk"), Min("since")))
    oldest_of_each = due.annotate(place=place, many_of_clock=many, oldest=oldest).filter(place__lte=MOST)
    found = _with_purchases(oldest_of_each.order_by("oldest", "clock", "since", "group_id"))
    works = work.in_words([(need, need.group) for need in found], look, may)
    rows: dict[str, list[Row]] = {}
    totals: dict[str, tuple[int, datetime]] = {}
    for need, one in zip(found, works, strict=True):
        rows.setdefault(need.clock, []).append(Row(need.group, one, messages.line(facts_of(need, need.group))))
        totals[need.clock] = vars(need)["many_of_clock"], vars(need)["oldest"]
    paces = pace.of_clocks(look.at)
    return [Gathered(clock, *totals[clock], some, paces.get(clock, Pace(0))) for clock, some in rows.items()]


def waiting(look: Attention, may: May) -> list[Waiting]:
    """What 1mg was asked and has its time to answer."""
    asked = look.asked.filter(cause__in=ASKABLE).order_by("asked_at", "group_id", "cause")
    found = _with_purchases(asked)[:MOST_WAITING]
    works = work.in_words([(need, need.group) for need in found], look, may)
    keys = [need.group_id for need in found]
    open_now = Ask.objects.filter(group__in=keys, ended_at=None).values_list("group_id", "clock", "batch")
    batches = {(group_id, clock): batch for group_id, clock, batch in open_now}
    return [
        Waiting(need.group, one, messages.title(need.clock), batches.get((need.group_id, need.clock), ""))
        for need, one in zip(found, works, strict=True)
    ]


def of_purchase(group: OrderGroup, works: Sequence[Work]) -> OfPurchase:
    """What of all that the purchase needs 1mg may be asked. `group`: with its orders at hand."""
    askable = [one for one in works if one.cause in ASKABLE]
    text = messages.message(facts_of(one.need, group) for one in askable if not one.is_asked)
    return OfPurchase(text, [one.need for one in askable if one.is_asked])


def _with_purchases(needs: QuerySet[Need]) -> QuerySet[Need]:
    return needs.select_related("group").prefetch_related("group__orders")
