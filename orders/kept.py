"""What 1mg said, from the bytes as they came. They belong to the front door, which registers its reader at its start.

read(updates)     the updates as 1mg said them, beside the rows that record them
still_there(updates)   the same of those whose bytes are kept
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from orders.models import OrderUpdate
from orders.updates import Update


class Told(NamedTuple):
    """One update: the row that records it, and what it said."""

    row: OrderUpdate
    update: Update


class BytesGone(Exception):  # noqa: N818 - a finding, not a fault
    """Some of what is asked for is no longer kept, or can no longer be read."""


#: The updates that some rows record, by the rows' ids; those that are gone are left out.
Reader = Callable[[Collection[OrderUpdate]], Mapping[int, Update]]


def _nothing(rows: Collection[OrderUpdate]) -> Mapping[int, Update]:
    return {}


_readers: list[Reader] = [_nothing]


def read_with(reader: Reader) -> None:
    """From now on `reader` reads what is kept."""
    _readers[:] = [reader]


def read(rows: Collection[OrderUpdate], known: Mapping[int, Update] | None = None) -> list[Told]:
    """What the rows record. `known`: updates that are at hand, by the ids of their rows. Raises `BytesGone`."""
    found = dict(known or {})
    found |= _readers[0]([row for row in rows if row.pk not in found])
    if any(row.pk not in found for row in rows):
        raise BytesGone
    return [Told(row, found[row.pk]) for row in rows]


def still_there(rows: Collection[OrderUpdate]) -> list[Told]:
    """What those of the rows record whose bytes are kept."""
    found = _readers[0](rows) if rows else {}
    return [Told(row, found[row.pk]) for row in rows if row.pk in found]
