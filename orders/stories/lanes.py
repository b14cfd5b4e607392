"""The orders of a split purchase side by side on one axis of time: statuses, promises, now. Pure.

    chart(ways, now)     where everything stands, in percent of the axis; drawn by `templates/orders/_lanes.html`

The same stands beside it as a table, for whoever does not see a drawing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from orders.choices import Stage
from orders.statuses import Status
from orders.stories.changes import INDIA

#: Stages in which nothing goes on any more: the last of them has no length.
_ENDED: Final = frozenset({Stage.DONE, Stage.CANCEL})
#: Steps of the axis: the smallest that gives no more than so many marks; a long one is cut into so many.
_STEPS: Final = tuple(timedelta(minutes=m) for m in (15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 43200))
_MOST_MARKS: Final = 4
#: Letters of a word that fit into one percent of the axis where it is drawn wide.
_LETTERS: Final = 0.8


@dataclass(frozen=True, slots=True)
class Way:
    """What one order has gone through: each status with when it began, and the window that 1mg promised."""

    order_id: str
    began: Sequence[tuple[Status, datetime]]
    eta_from: datetime | None = None
    eta_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the axis, in percent. `points`: it has no length and is drawn as a mark."""

    x: float
    width: float

    @property
    def points(self) -> bool:
        """Whether it is a moment."""
        return self.width == 0


@dataclass(frozen=True, slots=True)
class Segment:
    """A status of an order. `end`: `None` while it lasts; `word`: its label where that fits."""

    status: Status
    begin: datetime
    end: datetime | None
    span: Span
    word: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One order."""

    way: Way
    segments: list[Segment]
    promise: Span | None


@dataclass(frozen=True, slots=True)
class Chart:
    """The whole. `marks`: place and words; `now`: its place, where something goes on."""

    lanes: list[Lane]
    marks: list[tuple[float, str]]
    now: float | None
    delivered: int


def chart(ways: Sequence[Way], now: datetime) -> Chart | None:
    """The chart of several orders; none where there are not several, or nothing is known of when."""
    known = [way for way in ways if way.began]
    if len(ways) < 2 or not known:
        return None
    goes_on = any(_goes_on(way) for way in known)
    axis = _Axis(*_reach(known, now if goes_on else None))
    delivered = sum(way.began[-1][0].stage == Stage.DONE for way in known)
    return Chart([_lane(way, axis, now) for way in ways], axis.marks(), axis.at(now) if goes_on else None, delivered)


def _goes_on(way: Way) -> bool:
    return way.began[-1][0].stage not in _ENDED


def _reach(ways: Iterable[Way], now: datetime | None) -> tuple[datetime, datetime]:
    """From the first moment to the last that is to be drawn."""
    moments = [at for way in ways for _status, at in way.began]
    moments += [at for way in ways for at in (way.eta_from, way.eta_to) if at]
    moments += [now] if now else []
    return min(moments), max(moments)


class _Axis:
    """Moments as percent of the time between the first and the last."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.length = max(last - first, timedelta(minutes=1))

    def at(self, moment: datetime) -> float:
        """Where a moment stands."""
        return round((moment - self.first) / self.length * 100, 2)

    def span(self, begin: datetime, end: datetime) -> Span:
        """Where a time stands."""
        x = self.at(begin)
        return Span(x, round(max(self.at(end) - x, 0), 2))

    def marks(self) -> list[tuple[float, str]]:
        """A few round moments in India, with their words."""
        step = next((step for step in _STEPS if self.length / step <= _MOST_MARKS), self.length / _MOST_MARKS)
        midnight = self.first.astimezone(INDIA).replace(hour=0, minute=0, second=0, microsecond=0)
        moment = midnight + ((self.first - midnight) // step + 1) * step
        found = []
        while moment <= self.first + self.length:
            found.append((self.at(moment), _mark(moment, step)))
            moment += step
        return found


def _mark(moment: datetime, step: timedelta) -> str:
    local = moment.astimezone(INDIA)
    if step < timedelta(days=1) and local.hour + local.minute:
        return f"{local:%H:%M}"
    return f"{local:%a} {local.day} {local:%b}" if step < timedelta(days=30) else f"{local:%b %Y}"


def _lane(way: Way, axis: _Axis, now: datetime) -> Lane:
    return Lane(way, list(_segments(way, axis, now)), _promise(way, axis))


def _promise(way: Way, axis: _Axis) -> Span | None:
    """The window that 1mg promised; its end alone where it has no beginning, or one that comes after it."""
    if way.eta_to is None:
        return None
    begin = way.eta_from if way.eta_from and way.eta_from < way.eta_to else way.eta_to
    return axis.span(begin, way.eta_to)


def _segments(way: Way, axis: _Axis, now: datetime) -> Iterator[Segment]:
    """Each status from its beginning to the next one's; the last goes on, or is over at once."""
    for (status, begin), (_next, end) in pairwise(way.began):
        yield _segment(status, begin, end, axis.span(begin, end))
    if way.began:
        status, begin = way.began[-1]
        yield _segment(status, begin, None, axis.span(begin, now if _goes_on(way) else begin))


def _segment(status: Status, begin: datetime, end: datetime | None, span: Span) -> Segment:
    return Segment(status, begin, end, span, status.label if len(status.label) <= span.width * _LETTERS else "")
