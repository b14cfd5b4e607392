"""What the desk shows: the purchases that need somebody now, the most overdue first.

Attention(...)     one look at what is due; counted by cause, listed by purchase
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from django.core import signing
from django.db.models import Count, F, Min, Q, QuerySet, Window, prefetch_related_objects
from django.db.models.expressions import Combinable
from django.db.models.functions import FirstValue, RowNumber
from django.utils import timezone

from orders.desk import limits
from orders.desk.causes import ASKED, Cause
from orders.desk.limits import Limits
from orders.models import Need, OrderGroup

PAGE_SIZE: Final = 50
_ALL: Final = Q()
#: The needs whose causes are counted, and those that are due, among others by name.
_THOSE, _DUE = "those", "due"


@dataclass(frozen=True, slots=True)
class Tab:
    """How many purchases have a cause, and since when the oldest of them."""

    cause: Cause
    many: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """One purchase: the need that is shown, and the others that are due."""

    group: OrderGroup
    first: Need
    others: Sequence[Need] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the place of the next ones, where there are any."""

    rows: list[Row]
    after: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many purchases have needs of some kind, and how many of them have which cause.

    `due`: how many need somebody; `beside`: how many have needs of other kinds.
    """

    many: int
    tabs: list[Tab]
    due: int
    beside: Mapping[str, int]


@dataclass(frozen=True)
class Attention:
    """One look at what is due at a moment. `hidden`: causes that are not for the reader."""

    hidden: Collection[Cause] = ()
    at: datetime = field(default_factory=timezone.now)
    limits: Limits = field(default_factory=limits.current)

    @property
    def _until(self) -> Combinable:
        return limits.overdue_at(self.limits)

    @property
    def due(self) -> QuerySet[Need]:
        """The needs that somebody is to see to."""
        return Need.objects.order_by().filter(limits.due(self.limits, self.at, but=self.hidden))

    def count(self) -> int:
        """How many purchases need somebody."""
        return self.due.aggregate(many=Count("group", distinct=True))["many"] or 0

    @property
    def holding(self) -> QuerySet[Need]:
        """The needs whose cause holds, whether somebody is to see to them by now or not."""
        return Need.objects.order_by().filter(limits.holds(self.limits, self.at)).exclude(cause__in=self.hidden)

    @property
    def asked(self) -> QuerySet[Need]:
        """The needs of which 1mg was asked, and still has its time to answer."""
        return Need.objects.order_by().filter(limits.asked(self.limits, self.at)).exclude(cause__in=self.hidden)

    def counts(self, some: Q = _ALL, beside: Mapping[str, Q] = MappingProxyType({})) -> Counts:
        """The causes of the needs that are due, or of some of them. One statement, and one reading of the needs.

        `beside`: other needs that are due by name, of which only the purchases are counted.
        """
        return _counts(self.due, {**beside, _THOSE: some, _DUE: _ALL})

    def counts_of_holding(self) -> Counts:
        """The same of the needs whose cause holds, among which are those that are due."""
        return _counts(self.holding, {_THOSE: _ALL, _DUE: limits.due(self.limits, self.at, but=self.hidden)})

    def page(self, cause: Cause | None = None, among: Q = _ALL, after: str = "") -> Page:
        """The purchases that are due, the most overdue first, after a place.

        `cause`: only those with it, and it is what is shown; `among`: only needs of purchases like these.
        """
        some = self.due.filter(among)
        some = (some.filter(cause=cause) if cause else some).annotate(until=self._until)
        # What is not shown of a purchase comes on no later page either: only what is has a place in the list.
        in_turn = partial(Window, partition_by=F("group"), order_by=("cause", "until", "clock"))
        first = some.annotate(place=in_turn(RowNumber()), shown=in_turn(FirstValue("until"))).filter(place=1)
        if place := _place(after):
            first = first.filter(Q(shown__gt=place[0]) | Q(shown=place[0], group_id__gt=place[1]))
        # Only what is shown is joined with its purchase: no planner knows how few come first.
        chosen = first.order_by("until", "group_id").values("pk")[: PAGE_SIZE + 1]
        rows = Need.objects.filter(pk__in=chosen).annotate(until=self._until)
        found = list(rows.select_related("group").order_by("until", "group_id"))
        shown = found[:PAGE_SIZE]
        more = _cursor(shown[-1]) if len(found) > PAGE_SIZE else ""
        return Page(self._rows(shown), more)

    def _rows(self, shown: Sequence[Need]) -> list[Row]:
        prefetch_related_objects(shown, "group__orders")
        others = self._others([need.group_id for need in shown])
        return [Row(need.group, need, [one for one in others[need.group_id] if one.pk != need.pk]) for need in shown]

    def _others(self, keys: Collection[str]) -> Mapping[str, list[Need]]:
        found: dict[str, list[Need]] = defaultdict(list)
        for need in self.due.filter(group__in=keys).order_by("cause", "since"):
            found[need.group_id].append(need)
        return found

    def of(self, group: OrderGroup) -> list[Need]:
        """What a purchase needs, whether it is due or not: first what is due, as *Now* shows it."""
        return sorted(filter(self._holds, group.needs.all()), key=self._rank)

    def _holds(self, need: Need) -> bool:
        """The same as `limits.holds`, of a need that is at hand."""
        begun = need.since + limits.begins(need.clock, self.limits) <= self.at
        return begun and need.cause not in self.hidden

    def _rank(self, need: Need) -> tuple[Any, ...]:
        return not self.is_due(need), need.cause, self.until(need), need.clock

    def is_due(self, need: Need) -> bool:
        """Whether somebody is to see to it now."""
        if self.is_snoozed(need) or self.is_asked(need):
            return False
        return need.since + limits.calls(need.clock, self.limits) <= self.at

    def is_snoozed(self, need: Need) -> bool:
        """Whether somebody has put it off."""
        return need.hidden_until is not None and need.hidden_until > self.at

    def is_asked(self, need: Need) -> bool:
        """Whether 1mg was asked about it, and still has its time to answer: the same as `limits.asked`."""
        return need.asked_at is not None and need.asked_at > self.at - self.limits[ASKED].after

    def until(self, need: Need) -> datetime:
        """When it is overdue; of what 1mg was asked, when its answer is."""
        if need.asked_at and self.is_asked(need):
            return need.asked_at + self.limits[ASKED].after
        return limits.until(need.clock, need.since, self.limits)


def _counts(needs: QuerySet[Need], wholes: Mapping[str, Q]) -> Counts:
    """Purchases first, each once with the oldest of every cause and how many of its needs are of each whole."""
    oldest = {f"since_{cause}": Min("since", filter=wholes[_THOSE] & Q(cause=cause)) for cause in Cause}
    names = {name: f"whole_{number}" for number, name in enumerate(wholes)}
    of_whole = {names[name]: Count("pk", filter=which) for name, which in wholes.items()}
    found = (
        needs.values("group")
        .annotate(**oldest, **of_whole)
        .aggregate(
            **{f"many_{cause}": Count(f"since_{cause}") for cause in Cause},
            **{f"oldest_{cause}": Min(f"since_{cause}") for cause in Cause},
            **{f"of_{name}": Count("group", filter=Q(**{f"{name}__gt": 0})) for name in of_whole},
        )
    )
    many = {name: found[f"of_{column}"] for name, column in names.items()}
    there = (cause for cause in sorted(Cause) if found[f"many_{cause}"])
    tabs = [Tab(cause, found[f"many_{cause}"], found[f"oldest_{cause}"]) for cause in there]
    return Counts(many.pop(_THOSE), tabs, many.pop(_DUE), many)


def _cursor(need: Any) -> str:
    return signing.dumps([need.until.isoformat(), need.group_id], compress=False)


def _place(cursor: str) -> tuple[datetime, str] | None:
    """What a cursor names; `None` for none, or for one that is not ours."""
    try:
        until, key = signing.loads(cursor)
        return datetime.fromisoformat(until), str(key)
    except (signing.BadSignature, ValueError, TypeError):
        return None
