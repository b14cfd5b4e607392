"""The fold: which of the things 1mg said counts. The one rule of order, used live, in replay and in rebuild.

Pure: no ORM, no I/O. Each part of an order keeps the *position* of the update that last said it; a newly arrived
update takes those parts for which its own position is later. Positions are totally ordered, so any order of arrival
of the same updates leaves the same winner for every part (docs/decisions/0003-the-fold.md):

1. `updated`, 1mg's own clock. Arrival never comes first: a retry arrives later than newer news.
2. At the same instant, progress through an order's life (`orders.statuses`).
3. At the same instant with the same status, the later arrival; nothing else tells them apart.

An `updated` that cannot be believed (missing, before 2010, before `created`, more than ten minutes ahead of us) is
taken to be as old as what we know: such an update can move an order forward, but can neither win for ever nor hide
anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from orders.choices import Flag, Outcome
from orders.statuses import status_of
from orders.updates import Part, Update

EARLIEST_MS = 1_262_304_000_000  # 2010-01-01: before it, no merchant API existed
AHEAD_MS = 10 * 60 * 1000  # a clock that is not set to UTC is 5.5 hours ahead in India
#: Kept with each update. Raised with a landing that works out of updates what the one before did not: what that one
#: writes while both run is found by it, and worked out again (`webhooks.filling`).
GENERATION = 2


class Arrival(NamedTuple):
    """When and as which delivery an update reached us.

    `placed_ms`: where the fold placed it then, for an update that is folded again; its own clock may not say.
    """

    delivery_id: int
    received_at: datetime
    placed_ms: int | None = None


class Position(NamedTuple):
    """Where an update stands among the others; compared left to right."""

    at_ms: int
    rank: int
    delivery_id: int
    entry: int


#: Part name -> position (four numbers) of the update that said it; kept as JSON on the row.
Heard = dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Folded:
    """The verdict on one update: what to take from it. `flags`: what its own content and clock give."""

    outcome: Outcome
    position: Position
    trusted: bool
    taken: tuple[Part, ...]
    flags: frozenset[str]


def believable(update: Update, received_at: datetime) -> bool:
    """Whether the update's own clock can order it."""
    ms = update.updated_ms
    if ms is None or not EARLIEST_MS <= ms <= received_at.timestamp() * 1000 + AHEAD_MS:
        return False
    created = update.dates.created_at if update.dates else None
    return created is None or ms >= int(created.timestamp()) * 1000


def take(heard: Mapping[str, list[int]], parts: Iterable[Part], position: Position) -> tuple[Part, ...]:
    """The parts that nobody has said later."""
    said = list(position)
    return tuple([part for part in parts if part.name not in heard or said > heard[part.name]])


def latest(heard: Mapping[str, list[int]]) -> Position | None:
    """The latest position at which anything was said."""
    return Position(*max(heard.values())) if heard else None


def fold(heard: Mapping[str, list[int]], update: Update, arrival: Arrival) -> Folded:
    """Judge `update` against the positions `heard`. Folding the same update twice takes nothing the second time."""
    trusted = believable(update, arrival.received_at)
    position = place(heard, update, arrival, trusted=trusted)
    taken = take(heard, update.order_parts(), position)
    flags = update.flags if trusted else update.flags | {Flag.CLOCK_UNTRUSTED}
    return Folded(Outcome.APPLIED if taken else Outcome.STALE, position, trusted, taken, flags)


def place(heard: Mapping[str, list[int]], update: Update, arrival: Arrival, *, trusted: bool) -> Position:
    """Where the update stands. `trusted`: its own clock is believed."""
    at_ms = update.updated_ms if trusted else _placed(heard, arrival)
    rank = status_of(update.progress.status_id if update.progress else None).rank
    return Position(at_ms or 0, rank, arrival.delivery_id, update.entry)


def _placed(heard: Mapping[str, list[int]], arrival: Arrival) -> int:
    """Where an update without a clock of its own stands: where it was put at first, else beside the latest one."""
    if arrival.placed_ms is not None:
        return arrival.placed_ms
    newest = latest(heard)
    return newest.at_ms if newest else 0


def remember(heard: Mapping[str, list[int]], taken: Iterable[Part], position: Position) -> dict[str, Any]:
    """`heard` after the parts in `taken` were said at `position`."""
    said = list(position)
    return {**heard, **{part.name: said for part in taken}}
