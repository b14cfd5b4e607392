"""The story as a page shows it: what one update or one act tells is one entry, by day in India, newest first. Pure.

by_day(lines, told_by)    the days; with `told_by` only what that source says
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Final

from orders.choices import Kind, Source
from orders.stories.changes import INDIA
from orders.stories.story import Line

#: Word in the address -> the source that it leaves.
SOURCES: Final = {"1mg": Source.ONEMG, "nimbbl": Source.NIMBBL, "us": Source.PORTAL, "people": Source.PERSON}
_MARKS: Final[dict[str, str]] = {Source.ONEMG: "1", Source.NIMBBL: "N", Source.PERSON: "✎"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one update or one act tells: its lines, in the story's order."""

    lines: tuple[Line, ...]

    @property
    def first(self) -> Line:
        """The line that leads; an update's status, where that is news."""
        return self.lines[0]

    @property
    def at(self) -> datetime:
        """When it happened (UTC)."""
        return self.first.at

    @property
    def is_to_review(self) -> bool:
        """Whether a person should look at it."""
        return any(line.kind == Kind.REVIEW for line in self.lines)

    @property
    def speaker(self) -> str:
        """Who says so, in words."""
        return str(Source(self.first.source).label)

    @property
    def mark(self) -> str:
        """The same in one letter; what a person should look at has its own."""
        return "!" if self.is_to_review else _MARKS.get(self.first.source, "↑")


@dataclass(slots=True)
class Day:
    """The entries of one day in India, newest first."""

    on: date
    entries: list[Entry] = field(default_factory=list)


def by_day(lines: Iterable[Line], told_by: str = "") -> list[Day]:
    """The story by day. `lines`: oldest first; `told_by`: a word of `SOURCES`, another one leaves everything."""
    source = SOURCES.get(told_by)
    days: list[Day] = []
    for entry in reversed(list(_entries(lines))):
        if source not in (None, entry.first.source):
            continue
        on = entry.at.astimezone(INDIA).date()
        if not days or days[-1].on != on:
            days.append(Day(on))
        days[-1].entries.append(entry)
    return days


def _entries(lines: Iterable[Line]) -> Iterable[Entry]:
    return (Entry(tuple(told)) for _one, told in groupby(lines, key=_origin))


def _origin(line: Line) -> tuple[str, int]:
    one = line.update or line.act
    return type(one).__name__, one.pk if one else 0
