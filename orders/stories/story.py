"""The story of a purchase: what 1mg said and what we did, one line each thing that is news. Pure.

    tell(updates, acts, place)  the lines, oldest first
    walk(updates)               each update with what it changed and which status it ended

Nothing of it is kept. What an update means depends on those that happened before it, and some of those may only be
heard of tomorrow; so a line is the difference between neighbours, by the fold's order, worked out when it is read
(docs/decisions/0020-the-story.md).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from orders import flags
from orders.choices import REVIEWED, Flag, Kind, Source
from orders.flags import Place
from orders.fold import Position
from orders.statuses import Status, status_of
from orders.stories import changes
from orders.stories.changes import Change

#: Heard of later than this after it happened, an update says so.
AT_ONCE: Final = timedelta(minutes=15)
#: A silence worth marking.
SILENCE: Final = timedelta(hours=12)
#: What 1mg says of the purchase and repeats on each of its orders: said by one, it is no news from the others.
_SHARED: Final = ("rx", "method", "group")


@dataclass(frozen=True, slots=True)
class RecordedUpdate:
    """One thing that 1mg said of one order. `words`: as `orders.said` keeps them; `flags`: what is odd about them.

    `at`: when it happened, by 1mg's clock; when it reached us where that cannot be believed.
    """

    pk: int
    order_id: str
    position: Position
    at: datetime
    received_at: datetime
    words: Mapping[str, Any]
    flags: Collection[str] = ()
    times_seen: int = 1


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """One thing that we did, in words; `by`: who of us. `counted`: several alike in a row are one line."""

    pk: int
    at: datetime
    received_at: datetime
    source: str
    kind: str
    text: str
    order_id: str | None = None
    call_id: int | None = None
    by: str = ""
    counted: bool = False


@dataclass(slots=True)
class Line:
    """One line. Durations are `None` where there is nothing to say.

    `heard_after`: how long after it we heard, of the first line of an update; `silence`: for how long before nothing
    was heard; `was` and `lasted`: what a status ended.
    """

    at: datetime
    received_at: datetime
    source: str
    kind: str
    text: str
    order_id: str | None = None
    status_id: int | None = None
    update: RecordedUpdate | None = None
    act: RecordedAct | None = None
    was: Status | None = None
    lasted: timedelta | None = None
    heard_after: timedelta | None = None
    silence: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An update among its neighbours: what it changed and, where its status is news, which one that ended and since
    when it had stood.
    """

    update: RecordedUpdate
    changes: list[Change]
    is_news: bool
    ended: tuple[int | None, datetime] | None


def tell(updates: Iterable[RecordedUpdate], acts: Iterable[RecordedAct], place: Place) -> list[Line]:
    """The story, oldest line first. `updates` and `acts`: of the purchase `place`, in any order."""
    steps = list(walk(updates))
    to_review = _to_review([step.update for step in steps], place)
    lines = [line for step in steps for line in _lines(step, to_review.get(step.update.pk, ()))]
    lines += [_line_of(act) for act in acts]
    lines.sort(key=_place)  # stable: one update's lines stay as they are told, its status first
    for before, line in pairwise(lines):
        if line.at - before.at > SILENCE:
            line.silence = line.at - before.at
    return lines


def walk(updates: Iterable[RecordedUpdate]) -> Iterator[Step]:
    """The updates of one purchase in the fold's order, each compared with what its order had said before."""
    shared: dict[str, Any] = {}
    words: dict[str, dict[str, Any]] = {}
    standing: dict[str, tuple[int | None, datetime]] = {}
    for update in sorted(updates, key=lambda update: update.position):
        before = words.setdefault(update.order_id, {})
        ended = standing.get(update.order_id)
        is_news = "status" in update.words and (ended is None or ended[0] != update.words["status"])
        yield Step(update, changes.between({**before, **shared}, update.words), is_news, ended if is_news else None)
        if is_news:
            standing[update.order_id] = (update.words["status"], update.at)
        before.update(update.words)
        shared.update({key: update.words[key] for key in _SHARED if key in update.words})


def _to_review(updates: Iterable[RecordedUpdate], place: Place) -> dict[int, set[Flag]]:
    """Update -> what a person should look at about it; what is about an order as a whole stands where it begins."""
    by_order: dict[str, list[RecordedUpdate]] = defaultdict(list)
    for update in updates:
        by_order[update.order_id].append(update)
    found: dict[int, set[Flag]] = defaultdict(set)
    for mine in by_order.values():
        for one in flags.raised(mine, place):
            found[one.update.pk if one.update else mine[0].pk].add(one.flag)
    return found


def _lines(step: Step, to_review: Collection[Flag]) -> list[Line]:
    """The lines of one update: its status when that is news, what else changed, what a person should look at."""
    update = step.update
    lines = [_status_line(step)] if step.is_news else []
    lines += [_line(update, Kind.CHANGE, text) for text in changes.sentences(step.changes)]
    lines += [_line(update, Kind.REVIEW, str(Flag(flag).label)) for flag in sorted(REVIEWED & {*to_review})]
    if lines and update.received_at - update.at > AT_ONCE:
        lines[0].heard_after = update.received_at - update.at
    return lines


def _status_line(step: Step) -> Line:
    code = step.update.words["status"]
    line = _line(step.update, Kind.STATUS, status_of(code).label, code)
    if step.ended:
        was, since = step.ended
        line.was = status_of(was)
        line.lasted = line.at - since if line.at >= since else None  # without a clock nobody knows
    return line


def _line(update: RecordedUpdate, kind: Kind, text: str, status_id: int | None = None) -> Line:
    return Line(update.at, update.received_at, Source.ONEMG, kind, text, update.order_id, status_id, update)


def _line_of(act: RecordedAct) -> Line:
    return Line(act.at, act.received_at, act.source, act.kind, act.text, act.order_id, act=act)


def _place(line: Line) -> tuple[Any, ...]:
    """Where a line stands: when it happened; at one instant 1mg's orders by their ids, then what we did."""
    if line.update:
        return line.at, 0, line.update.order_id, line.update.position
    return line.at, 1, "", line.act.pk if line.act else 0
