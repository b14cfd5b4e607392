"""Counting rows for probes and monitors, which ask often and need no more than "very many"."""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Min, QuerySet
from django.utils import timezone

#: So far rows are counted.
MOST: Final = 1000


def many(rows: QuerySet[Any]) -> int:
    """How many there are, counted up to a thousand."""
    return rows.order_by()[:MOST].count()


def oldest_seconds(rows: QuerySet[Any], since: str = "received_at") -> float:
    """Seconds since the first of these times; 0 where there is none."""
    first = rows.order_by().aggregate(first=Min(since))["first"]
    return (timezone.now() - first).total_seconds() if first else 0
