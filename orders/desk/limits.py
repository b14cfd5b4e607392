"""When a clock is overdue: the limits that the portal brings, and those that an administrator has set instead.

current()                  clock -> limit
until(clock, since, ...)   when it is overdue
due(limits, at)            the needs that somebody is to see to at that moment, of all that are kept
asked(limits, at)          those of which 1mg was asked, and has not had its time for the answer
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Case, DateTimeField, DurationField, ExpressionWrapper, F, Q, Value, When
from django.db.models.expressions import Combinable

from orders.desk.causes import ASKED, CLOCKS, LIMITS, OURS, Cause, Limit, cause_of, turn_of
from orders.models import ClockLimit

Limits = Mapping[str, Limit]
_AT_ONCE: Final = timedelta(0)


def current() -> dict[str, Limit]:
    """Clock, or `ASKED` -> the limit that counts now. One query."""
    own = ClockLimit.objects.filter(clock__in=LIMITS)
    return {**LIMITS, **{row.clock: Limit(row.after, row.why or LIMITS[row.clock].source) for row in own}}


def until(clock: str, since: datetime, limits: Limits) -> datetime:
    """When it is overdue (UTC)."""
    return since + limits[clock].after


def begins(clock: str, limits: Limits) -> timedelta:
    """How long after `since` a cause holds: that 1mg is slow, only when it is."""
    return limits[clock].after if cause_of(clock) is Cause.WAITS_1MG else _AT_ONCE


def calls(clock: str, limits: Limits) -> timedelta:
    """How long after `since` somebody here is to see to it: at once where it is our turn, else when it is overdue."""
    return _AT_ONCE if turn_of(clock) in OURS else limits[clock].after


def holds(limits: Limits, at: datetime) -> Q:
    """Needs whose cause holds at that moment."""
    return _since({clock: begins(clock, limits) for clock in CLOCKS}, at)


def due(limits: Limits, at: datetime, *, but: Collection[Cause] = ()) -> Q:
    """Needs that somebody is to see to at that moment, and neither put off nor asked 1mg of; without some causes."""
    after = {clock: calls(clock, limits) for clock in CLOCKS if cause_of(clock) not in but}
    return _since(after, at) & (Q(hidden_until=None) | Q(hidden_until__lte=at)) & ~asked(limits, at)


def asked(limits: Limits, at: datetime) -> Q:
    """Needs of which 1mg was asked, and still has its time to answer at that moment."""
    return Q(asked_at__isnull=False, asked_at__gt=at - limits[ASKED].after)


def overdue_at(limits: Limits) -> Combinable:
    """When a need is overdue, for the database to sort by."""
    together = _by_time({clock: limits[clock].after for clock in CLOCKS})
    after = Case(
        *(When(clock__in=clocks, then=Value(wait, DurationField())) for wait, clocks in together.items()),
        output_field=DurationField(),
    )
    return ExpressionWrapper(F("since") + after, output_field=DateTimeField())


def _since(after: Mapping[str, timedelta], at: datetime) -> Q:
    """Needs that have stood for as long as their clock's time."""
    found = Q(pk__in=())
    for wait, clocks in _by_time(after).items():
        found |= Q(clock__in=clocks, since__lte=at - wait)
    return found


def _by_time(after: Mapping[str, timedelta]) -> dict[timedelta, list[str]]:
    """Clocks of one time together: the database has fewer questions to answer."""
    clocks: dict[timedelta, list[str]] = {}
    for clock, wait in after.items():
        clocks.setdefault(wait, []).append(clock)
    return clocks
