"""Keyset paging: a page begins after the last row of the one before, however many rows there are.

No OFFSET, no COUNT: the thousandth page costs what the first one does, and no row is shown twice or missed when new
ones arrive, since the order (when we first heard of a purchase) never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet

from orders.models import OrderGroup

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of purchases, newest first, and the cursors around it (`None`: there is nothing there)."""

    rows: list[OrderGroup]
    older: str | None
    newer: str | None

    @property
    def first(self) -> str | None:
        """The cursor of the first row, to ask what is newer than what is shown."""
        return cursor_of(self.rows[0]) if self.rows else None


def cursor_of(group: OrderGroup) -> str:
    """A place in the list."""
    return signing.dumps([group.first_seen_at.isoformat(), group.pk], compress=False)


def page(groups: QuerySet[OrderGroup], params: Any, size: int = PAGE_SIZE) -> Page:
    """The page that `older`, `newer` or `from` of the query string names; the newest one for none or a damaged one."""
    ordered = groups.order_by("-first_seen_at", "-pk")
    if (place := _place(params.get("older"))) is not None:
        rows = list(ordered.filter(_before(*place))[: size + 1])
        return Page(rows[:size], _last(rows, size), cursor_of(rows[0]) if rows else params["older"])
    if (place := _place(params.get("newer"))) is not None:
        rows = list(groups.order_by("first_seen_at", "pk").filter(_after(*place))[: size + 1])
        shown = rows[:size][::-1]
        return Page(shown, cursor_of(shown[-1]) if shown else None, cursor_of(shown[0]) if len(rows) > size else None)
    if (place := _place(params.get("from"))) is not None:
        ordered = ordered.filter(_before(*place) | Q(first_seen_at=place[0], pk=place[1]))
    rows = list(ordered[: size + 1])
    return Page(rows[:size], _last(rows, size), None)


def newer_than(groups: QuerySet[OrderGroup], cursor: str, most: int = 100) -> int:
    """How many purchases are newer than a place, counted up to `most`."""
    place = _place(cursor)
    return len(groups.order_by().filter(_after(*place)).values_list("pk")[:most]) if place else 0


def _last(rows: list[OrderGroup], size: int) -> str | None:
    return cursor_of(rows[size - 1]) if len(rows) > size else None


def _before(at: datetime, key: str) -> Q:
    return Q(first_seen_at__lte=at) & (Q(first_seen_at__lt=at) | Q(pk__lt=key))


def _after(at: datetime, key: str) -> Q:
    return Q(first_seen_at__gte=at) & (Q(first_seen_at__gt=at) | Q(pk__gt=key))


def _place(cursor: str | None) -> tuple[datetime, str] | None:
    try:
        at, key = signing.loads(cursor or "")
        return datetime.fromisoformat(at), str(key)
    except (signing.BadSignature, ValueError, TypeError):
        return None
