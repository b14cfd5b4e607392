"""The days of a range, each with what its purchases come to: one statement, which looks at each purchase of them.

    of(span)       the days that have purchases, the latest first; at most `spans.SHOWN` are asked for at once
    total(days)    all of them together

A purchase's day is the one in India on which we first heard of it, as in the list. All that is known of its money
counts on that day, whenever it came or went: so each row is about the same purchases from end to end, and what differs,
differs for one of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Count, DateField, F, Func, Sum
from django.db.models.sql.compiler import SQLCompiler

from orders.daybook.figures import COLUMNS, CONDITIONS, DIFFERENCES, UNKNOWN, WORDS, both_known
from orders.daybook.spans import Span
from orders.models import OrderGroup
from orders.numbers import PAISA


class DayInIndia(Func):
    """The day of a moment. India has no summer time, and adding costs less than asking a table of zones."""

    output_field = DateField()
    template = "(%(expressions)s AT TIME ZONE INTERVAL '05:30')::date"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> tuple[str, Any]:
        """The same of the texts in UTC that SQLite keeps; it would round a fraction of the last second up."""
        return self.as_sql(
            compiler, connection, template="date(substr(%(expressions)s, 1, 19), '+330 minutes')", **extra
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a day. `amount`: rupees of what is known, `None` where nothing is. `unknown`: of so many purchases
    it is not. Of a difference `differ` are how many differ, `much` those of them by more than a rupee.
    """

    name: str
    amount: Decimal | None
    unknown: int = 0
    differ: int = 0
    much: int = 0

    @property
    def opens(self) -> bool:
        """Whether there are purchases that it is about; differences may come to nothing together."""
        return bool(self.amount or self.differ)

    @property
    def words(self) -> str:
        """What it is."""
        return str(WORDS[self.name])


@dataclass(frozen=True, slots=True)
class Day:
    """One row: the purchases of these days, how many they are, and a cell a figure."""

    span: Span
    many: int
    cells: tuple[Cell, ...]


def of(span: Span) -> list[Day]:
    """The days."""
    groups = OrderGroup.objects.order_by().filter(first_seen_at__gte=span.begins, first_seen_at__lt=span.ends)
    days = groups.annotate(day=DayInIndia("first_seen_at")).values("day")
    return [_day(row) for row in days.annotate(many=Count("first_seen_at"), **_AGGREGATES).order_by("-day")]


def total(days: Sequence[Day], span: Span) -> Day:
    """The sum of all of them."""
    cells = (_together([day.cells[place] for day in days], name) for place, name in enumerate(WORDS))
    return Day(span, sum(day.many for day in days), tuple(cells))


def _aggregates() -> Iterator[tuple[str, Any]]:
    for name, column in COLUMNS.items():
        yield name, Sum(column)
    for name, condition in UNKNOWN.items():
        yield f"{name}_unknown", Count("first_seen_at", filter=condition)
    for name, (one, other) in DIFFERENCES.items():
        yield name, Sum(F(COLUMNS[one]) - F(COLUMNS[other]), filter=both_known(name))
        yield f"{name}_differ", Count("first_seen_at", filter=CONDITIONS[name])
        yield f"{name}_much", Count("first_seen_at", filter=CONDITIONS[f"{name}_much"])


_AGGREGATES: Final = dict(_aggregates())


def _day(row: Mapping[str, Any]) -> Day:
    day: date = row["day"]
    counts = ("unknown", "differ", "much")
    cells = (Cell(name, _exact(row[name]), *(row.get(f"{name}_{one}", 0) for one in counts)) for name in WORDS)
    return Day(Span(day, day), row["many"], tuple(cells))


def _exact(amount: Decimal | None) -> Decimal | None:
    """To the paisa: SQLite adds up binary fractions, which are off by far less than that."""
    return None if amount is None else Decimal(amount).quantize(PAISA, ROUND_HALF_UP)


def _together(cells: Iterable[Cell], name: str) -> Cell:
    found = list(cells)
    known = [cell.amount for cell in found if cell.amount is not None]
    return Cell(
        name,
        sum(known, Decimal(0)) if known else None,
        unknown=sum(cell.unknown for cell in found),
        differ=sum(cell.differ for cell in found),
        much=sum(cell.much for cell in found),
    )
