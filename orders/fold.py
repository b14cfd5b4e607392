"""The fold: which of the things 1mg said counts. The one rule of order, used live, in replay and in rebuild.

Pure: no ORM, no I/O. Each part of an order keeps the *position* of the update that last said it; a newly arrived
update takes those parts for which its own position is later. Positions are totally ordered, so any order of arrival
of the same updates leaves the same winner for every part (docs/decisions/0003-the-fold.md):

1. `updated`, 1mg's own clock. Arrival never comes first: a retry arrives later than newer news.
2. At the same instant, progress through an order's life (`orders.statuses`).
3. At the same instant with the same status, the later arrival; flagged, since nothing else tells them apart.

An `updated` that cannot be believed (missing, before 2010, before `created`, more than a day ahead of us) is taken to
be as old as what we know: such an update can move an order forward, but can neither win for ever nor hide anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from orders.choices import Flag, Outcome
from orders.statuses import CANCELLED, FINAL, status_of
from orders.updates import Part, Update

EARLIEST_MS = 1_262_304_000_000  # 2010-01-01: before it, no merchant API existed
AHEAD_MS = 24 * 60 * 60 * 1000


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
class Known:
    """What the fold needs to know of an order before an update: positions, the status shown and its purchase."""

    heard: Mapping[str, list[int]]
    status_id: int | None = None
    purchase_id: str | None = None

    @property
    def latest(self) -> Position | None:
        """The latest position at which anything was said."""
        return Position(*max(self.heard.values())) if self.heard else None


@dataclass(frozen=True, slots=True)
class Folded:
    """The verdict on one update: what to take from it and what a person should know about it."""

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


def fold(known: Known, update: Update, arrival: Arrival) -> Folded:
    """Judge `update` against what is `known`. Folding the same update twice takes nothing the second time."""
    status = status_of(update.progress.status_id if update.progress else None)
    latest = known.latest
    trusted = believable(update, arrival.received_at)
    placed_ms = (latest.at_ms if latest else 0) if arrival.placed_ms is None else arrival.placed_ms
    at_ms = update.updated_ms if trusted else placed_ms
    position = Position(at_ms or 0, status.rank, arrival.delivery_id, update.entry)
    taken = take(known.heard, update.order_parts(), position)
    names = {part.name for part in taken}
    flags = set(update.flags)
    if not trusted:
        flags.add(Flag.CLOCK_UNTRUSTED)
    elif latest and (latest.at_ms, latest.rank) == (at_ms, status.rank):
        flags.add(Flag.SAME_INSTANT)
    if known.status_id is not None and status.code != known.status_id:
        if "progress" not in names and status.code in CANCELLED and known.status_id not in CANCELLED:
            flags.add(Flag.LATE_CANCELLATION)
        if "progress" in names and known.status_id in FINAL:
            flags.add(Flag.LEFT_FINAL)
    if update.purchase and "purchase" in known.heard and update.purchase_id != known.purchase_id:
        flags.add(Flag.PURCHASE_MOVED)
    outcome = Outcome.APPLIED if taken else Outcome.STALE
    return Folded(outcome, position, trusted, taken, frozenset(flags))


def remember(heard: Mapping[str, list[int]], taken: Iterable[Part], position: Position) -> dict[str, Any]:
    """`heard` after the parts in `taken` were said at `position`."""
    said = list(position)
    return {**heard, **{part.name: said for part in taken}}
