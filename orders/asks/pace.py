"""How fast 1mg usually answers: from the questions of the last 90 days that it has answered.

    of_clocks(now)     clock -> Pace

Bounded: of each clock the newest questions alone. One that nobody has answered yet counts as not answered, so that
silence does not pass for speed; what is younger than the others took may still be answered, and is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from orders.models import Ask

#: From how far back questions are looked at, and how many of a clock at most.
_FROM, _MOST = timedelta(days=90), 500
#: Fewer than so many say nothing.
ENOUGH: Final = 30


@dataclass(frozen=True, slots=True)
class Pace:
    """How long 1mg took. `known`: how many questions it has answered; times are `None` where too few are."""

    known: int
    enough: int = ENOUGH
    median: timedelta | None = None
    nine_of_ten: timedelta | None = None


def of_clocks(now: datetime) -> dict[str, Pace]:
    """The pace of each clock of which 1mg was asked anything. One statement."""
    newest = Window(RowNumber(), partition_by=F("clock"), order_by=F("asked_at").desc())
    told = Ask.objects.order_by().filter(asked_at__gte=now - _FROM).exclude(ending=Ask.Ending.WITHDRAWN)
    rows = told.annotate(place=newest).filter(place__lte=_MOST).values_list("clock", "asked_at", "ended_at")
    by_clock: dict[str, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for clock, asked_at, ended_at in rows:
        by_clock[clock].append((asked_at, ended_at))
    return {clock: pace(some, now) for clock, some in by_clock.items()}


def pace(asked: Sequence[tuple[datetime, datetime | None]], now: datetime) -> Pace:
    """From when each was asked, and when it was answered (`None`: not yet)."""
    taken = sorted(ended - at for at, ended in asked if ended)
    if len(taken) < ENOUGH:
        return Pace(len(taken))
    waiting = [now - at for at, ended in asked if not ended and now - at > taken[-1]]
    all_of_them = [*taken, *waiting]
    return Pace(len(taken), ENOUGH, _least(all_of_them, 0.5, taken), _least(all_of_them, 0.9, taken))


def _least(times: Sequence[timedelta], share: float, taken: Sequence[timedelta]) -> timedelta | None:
    """The time within which that share was answered; `None` where not so many were."""
    place = ceil(len(times) * share) - 1
    return taken[place] if place < len(taken) else None
