"""The query string that a saved view keeps: filters alone, each as it is read.

What was searched for (`q`) is left out, since it may be somebody's phone or name; so is every parameter that no filter
reads, a place in the list above all.
"""

from __future__ import annotations

from typing import Final

from django.http import QueryDict

from orders.care import owners
from orders.filters import ListFilter
from orders.models import OrderGroup

_LEFT_OUT: Final = frozenset({"q"})
_KEPT: Final = tuple(name for name in ListFilter.base_filters if name not in _LEFT_OUT)
#: Filters by words that who may not see personal data does not read.
PERSONAL: Final = frozenset({"tag", "courier"})
LONGEST: Final = 1500


class CannotBeKept(ValueError):
    """A filter of it cannot be read, or it is too long."""


def clean(query: str) -> str:
    """The filters of a query string, always in the same order; empty where it has none. Raises `CannotBeKept`."""
    said, found = QueryDict(query), QueryDict(mutable=True)
    for name in _KEPT:
        if values := [value.strip() for value in said.getlist(name) if value.strip()]:
            found.setlist(name, sorted(set(values)))
    if owner := str(found.get("owner", "")):
        found["owner"] = owners.read(owner)
    kept = found.urlencode()
    if not ListFilter(found, OrderGroup.objects.none()).is_valid() or len(kept) > LONGEST:
        raise CannotBeKept
    return kept


def is_personal(query: str) -> bool:
    """Whether it names what who may not see personal data does not read."""
    return not PERSONAL.isdisjoint(QueryDict(query))
