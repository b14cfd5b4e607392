"""Keyset paging: a page begins after the last row of the one before, however many rows there are.

No OFFSET, no COUNT: the thousandth page costs what the first one does, and no row is shown twice or missed when new
ones arrive, since what rows are ordered by never changes. The API has the same from its framework, by cursors of its
own, which are part of the contract.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet

M = TypeVar("M", bound=Model)

PAGE_SIZE: Final = 50
#: The parameters that name a place.
PLACES: Final = ("older", "newer", "from")
#: Purchases, by when we first heard of them.
HEARD: Final = ("first_seen_at", "pk")
#: Whatever has numbers for ids, by when it came.
NUMBERED: Final = ("pk",)


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """One page of rows, newest first, and the cursors around it (`None`: there is nothing there).

    `first`: the cursor of the first row, to ask what is newer than what is shown.
    """

    rows: list[M]
    older: str | None
    newer: str | None
    first: str | None


def cursor_of(row: Model, by: Sequence[str] = HEARD) -> str:
    """The place of a row among those that are ordered by these fields."""
    values = (getattr(row, name) for name in by)
    return signing.dumps([v.isoformat() if isinstance(v, datetime) else v for v in values], compress=False)


def page(rows: QuerySet[M], params: Any, size: int = PAGE_SIZE, *, by: Sequence[str] = HEARD) -> Page[M]:
    """The page that `older`, `newer` or `from` of the query string names; the newest one for none or a damaged one."""
    newest_first = rows.order_by(*(f"-{name}" for name in by))
    if place := _place(rows, params.get("older"), by):
        found = list(newest_first.filter(_beyond(by, place, "lt"))[: size + 1])
        return _page(found, size, by, newer=cursor_of(found[0], by) if found else params["older"])
    if place := _place(rows, params.get("newer"), by):
        found = list(rows.order_by(*by).filter(_beyond(by, place, "gt"))[: size + 1])
        return _turned(found, size, by)
    if place := _place(rows, params.get("from"), by):
        here = Q(**dict(zip(by, place, strict=True)))
        newest_first = newest_first.filter(_beyond(by, place, "lt") | here)
    return _page(list(newest_first[: size + 1]), size, by, newer=None)


def is_further(params: Any) -> bool:
    """Whether a page other than the newest is asked for."""
    return bool(params.get("older") or params.get("newer"))


def newer_than(rows: QuerySet[M], cursor: str, most: int = 100, *, by: Sequence[str] = HEARD) -> int:
    """How many rows are newer than a place, counted up to `most`."""
    place = _place(rows, cursor, by)
    return len(rows.order_by().filter(_beyond(by, place, "gt")).values_list("pk")[:most]) if place else 0


def _page(found: list[M], size: int, by: Sequence[str], *, newer: str | None) -> Page[M]:
    """A page of rows that were read newest first, one more than it shows where there are more."""
    older = cursor_of(found[size - 1], by) if len(found) > size else None
    return Page(found[:size], older, newer, cursor_of(found[0], by) if found else None)


def _turned(found: list[M], size: int, by: Sequence[str]) -> Page[M]:
    """The same of rows that were read oldest first, on the way back."""
    shown = found[:size][::-1]
    first = cursor_of(shown[0], by) if shown else None
    return Page(shown, cursor_of(shown[-1], by) if shown else None, first if len(found) > size else None, first)


def _beyond(by: Sequence[str], place: Sequence[Any], than: str) -> Q:
    """The rows before (`gt`) or after (`lt`) a place. The first field alone begins it, so that its index serves."""
    name, value = by[0], place[0]
    if len(by) == 1:
        return Q(**{f"{name}__{than}": value})
    return Q(**{f"{name}__{than}e": value}) & (Q(**{f"{name}__{than}": value}) | _beyond(by[1:], place[1:], than))


def _place(rows: QuerySet[M], cursor: str | None, by: Sequence[str]) -> list[Any] | None:
    """What a cursor names, one value a field; `None` for none, or for one that is not ours."""
    try:
        told = signing.loads(cursor or "")
        place = [_field(rows.model, name).to_python(value) for name, value in zip(by, told, strict=True)]
    except (signing.BadSignature, ValidationError, ValueError, TypeError):
        return None
    return None if None in place else place


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    assert isinstance(field, Field)  # noqa: S101 - for the type checker: no relation is ordered by
    return field
