"""1mg's promises: until when it said that an order arrives, each time that it said another one. Pure.

of(updates)                     order -> what 1mg said, oldest first
standing(said, arrived, now)    how the promise stands: open, passed, kept or missed
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from orders.stories.story import RecordedUpdate


class Standing(StrEnum):
    """How a promise stands."""

    OPEN = "open"
    PASSED = "passed"
    KEPT = "kept"
    MISSED = "missed"
    NONE = ""  # there is none, or nothing arrives any more


@dataclass(frozen=True, slots=True)
class Said:
    """1mg has said, at the time `at`, until when the order arrives; `None`: it took its promise back."""

    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Promises:
    """What 1mg has promised of one order. `by`: how long before or after it the order arrived, or ago it passed."""

    said: tuple[Said, ...] = ()
    standing: Standing = Standing.NONE
    by: timedelta | None = None

    @property
    def made(self) -> list[Said]:
        """Those that name a time."""
        return [one for one in self.said if one.until]


def of(updates: Iterable[RecordedUpdate]) -> dict[str, list[Said]]:
    """What 1mg said of each order, oldest first; a promise that it repeats counts once."""
    found: dict[str, list[Said]] = defaultdict(list)
    for update in sorted(updates, key=lambda update: update.position):
        if "eta" not in update.words:
            continue
        said, until = found[update.order_id], _moment(update.words["eta"][1])
        if until != (said[-1].until if said else None):
            said.append(Said(update.at, until))
    return found


def standing(until: datetime | None, arrived: datetime | None, now: datetime) -> tuple[Standing, timedelta | None]:
    """How a promise stands, and by how much it was kept, missed or passed. `arrived`: when the order did."""
    if until is None:
        return Standing.NONE, None
    if arrived is not None:
        return (Standing.KEPT if arrived <= until else Standing.MISSED), abs(until - arrived)
    return (Standing.OPEN, None) if now <= until else (Standing.PASSED, now - until)


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None
