"""Addresses of the list with one filter more or less; each begins at the first page.

pills(filters, params)       the filters that are set, each value with the address without it
Narrowing(filters, params)   what the list is narrowed down to when a value in it is pressed
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise

from orders.care import owners
from orders.filters import OrderGroupFilter
from orders.listing import waits
from orders.listing.again import PLACES
from orders.words import normal

Words = str | Promise
#: Filter -> its values in words, where they are no choices.
_WORDS: Final[Mapping[str, Callable[[str], Words]]] = {"wait": waits.words, "owner": owners.words}
#: Filters whose values are one in any case.
_COMPARED: Final = frozenset({"city", "courier"})


@dataclass(frozen=True, slots=True)
class Pill:
    """One value of a filter that is set. `without`: the query string without it."""

    label: str
    value: Words
    without: str


def pills(filters: OrderGroupFilter, params: QueryDict) -> list[Pill]:
    """The filters that are set, in words; none where they cannot be read."""
    if not filters.is_valid():
        return []
    return [
        Pill(str(filters.form.fields[name].label), _in_words(filters, name, value), without(params, name, value))
        for name, value in _set(filters)
    ]


def _set(filters: OrderGroupFilter) -> Iterator[tuple[str, Any]]:
    """Each value of each filter that is set."""
    for name, said in filters.form.cleaned_data.items():
        for value in said if isinstance(said, list) else [said]:
            if value:
                yield name, value


def _in_words(filters: OrderGroupFilter, name: str, value: Any) -> Words:
    if name in _WORDS:
        return _WORDS[name](value)
    words: Words = dict(getattr(filters.form.fields[name], "choices", ())).get(value, value)
    return words


def without(params: QueryDict, name: str, value: Any) -> str:
    """The query string without a value of a filter: of several the others stay."""
    left = first_page(params)
    others = [one for one in left.getlist(name) if one.strip() not in ("", value)] if _is_several(name) else []
    left.setlist(name, others)
    return f"?{left.urlencode()}"


def first_page(params: QueryDict) -> QueryDict:
    """The filters without a place in the list."""
    left = params.copy()
    for gone in PLACES:
        left.pop(gone, None)
    return left


def _is_several(name: str) -> bool:
    return isinstance(OrderGroupFilter.base_filters[name].field, forms.MultipleChoiceField)


class Narrowing:
    """What a list is narrowed down to when one of the values in it is pressed; each is worked out once a page."""

    def __init__(self, filters: OrderGroupFilter, params: QueryDict) -> None:
        self.base = first_page(params)
        self.is_set = {(name, _one_form(name, value)) for name, value in _set(filters)} if filters.is_valid() else set()
        self.known: dict[tuple[str, str], str] = {}

    def to(self, name: str, value: str) -> str:
        """The query string with that value as well; empty where the list is narrowed down to it already."""
        if (name, value) not in self.known:
            self.known[name, value] = self._to(name, value)
        return self.known[name, value]

    def _to(self, name: str, value: str) -> str:
        if (name, _one_form(name, value)) in self.is_set:
            return ""
        found = self.base.copy()
        found.setlist(name, [*found.getlist(name), value] if _is_several(name) else [value])
        return f"?{found.urlencode()}"


def _one_form(name: str, value: Any) -> Any:
    return normal(value) if name in _COMPARED else value
