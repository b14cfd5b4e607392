"""Reading the story of a purchase: its timeline as a page shows it, by day, with what only the whole story tells.

Pure, given the entries: how long each status lasted, where nothing was heard for long, what arrived late, what was
received more than once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from orders.choices import Kind
from orders.models import Act
from orders.statuses import Status, status_of

INDIA = ZoneInfo("Asia/Kolkata")
#: Said later than this after it happened, a line is called late.
LATE = timedelta(minutes=15)
#: A silence worth marking.
SILENCE = timedelta(hours=12)


@dataclass(slots=True)
class Line:
    """One line. `was`, `lasted`: the status before it and for how long; `late`, `silence`: durations or `None`."""

    entry: Act
    was: Status | None = None
    lasted: timedelta | None = None
    late: timedelta | None = None
    silence: timedelta | None = None

    @property
    def times_seen(self) -> int:
        """How often 1mg sent what this line says; 1 for lines that are not from 1mg."""
        return self.entry.update.times_seen if self.entry.update else 1


@dataclass(slots=True)
class Day:
    """The lines of one day in India, newest first."""

    on: date
    lines: list[Line] = field(default_factory=list)


def tell(entries: Iterable[Act]) -> list[Day]:
    """The story, newest day first. `entries`: any order, with `update` loaded."""
    ordered = sorted(entries, key=lambda e: (e.at, e.pk))
    status_by_order: dict[str | None, tuple[int | None, datetime]] = {}
    lines: list[Line] = []
    told: set[int] = set()
    for entry in ordered:
        line = Line(entry)
        if entry.received_at - entry.at > LATE and entry.update_id not in told:
            line.late = entry.received_at - entry.at  # once an update, however many lines it has
        if entry.update_id is not None:
            told.add(entry.update_id)
        if entry.kind == Kind.STATUS:
            if before := status_by_order.get(entry.order_id):
                line.was, line.lasted = status_of(before[0]), entry.at - before[1]
            status_by_order[entry.order_id] = (entry.status_id, entry.at)
        if lines and entry.at - lines[-1].entry.at > SILENCE:
            line.silence = entry.at - lines[-1].entry.at
        lines.append(line)
    days: list[Day] = []
    for _update, of_one in groupby(reversed(lines), key=lambda line: line.entry.update_id or -line.entry.pk):
        for line in reversed(
            list(of_one)
        ):  # newest first, but one update's lines as they were told: status, then changes
            on = line.entry.at.astimezone(INDIA).date()
            if not days or days[-1].on != on:
                days.append(Day(on))
            days[-1].lines.append(line)
    return days
