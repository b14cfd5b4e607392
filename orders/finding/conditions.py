"""What is asked of the words of purchases, as conditions of the database.

Each comes twice: read in the words, which is what it means, and by PostgreSQL's indexes, where it is also quick
(docs/decisions/0023-finding.md). SQLite reads the words, which is fine for what SQLite is for.

    Question(terms, column)     begins, answers; begins_by_index, answers_by_index
    has_whole(column, words)    one of these whole words; has_whole_by_index
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import BooleanField, F, Func, Q, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, StrIndex
from django.db.models.lookups import GreaterThan

from orders.finding.terms import Term

#: Of a long term so many triples are asked for: more would find no fewer.
_TRIPLES: Final = 16


@dataclass(frozen=True, slots=True)
class Question:
    """Terms, all of which are to be answered, and the column of words that the asking person may search."""

    terms: Sequence[Term]
    column: str

    @property
    def has_insides(self) -> bool:
        """Whether ids can answer it that do not begin so."""
        return any(term.inside for term in self.terms)

    def begins(self) -> Q:
        """Words begin so, or a phone ends so."""
        return _all(self._begin(term) for term in self.terms)

    def answers(self) -> Q:
        """The same, or an id has it anywhere."""
        return _all(self._begin(term) | _inside(term) for term in self.terms)

    def begins_by_index(self) -> Q:
        """`begins` by the index of words."""
        return _all(self._begin_by_index(term) for term in self.terms)

    def answers_by_index(self) -> Q:
        """`answers` by both indexes."""
        return _all(self._begin_by_index(term) | _inside_by_index(term) for term in self.terms)

    def adds_by_index(self) -> Q:
        """What `answers` has beside `begins`. Of one term no more than that: an OR is read again in each row."""
        return _inside_by_index(self.terms[0]) if len(self.terms) == 1 else self.answers_by_index()

    def _begin(self, term: Term) -> Q:
        words = Concat(Value(" "), F(self.column))
        return _any(_all(_stands(f" {word}", words) for word in reading) for reading in _readings(term))

    def _begin_by_index(self, term: Term) -> Q:
        readings = (" & ".join(f"{word}:*" for word in reading) for reading in _readings(term))
        return Q(_Words(F(self.column), Value(" | ".join(f"({reading})" for reading in readings))))


def has_whole(column: str, words: Collection[str]) -> Q:
    """Whether one of these stands in the column as a whole word."""
    text = Concat(Value(" "), F(column), Value(" "), output_field=TextField())
    return _any(_stands(f" {word} ", text) for word in words)


def has_whole_by_index(column: str, words: Collection[str]) -> Q:
    """The same by the index of words."""
    return Q(_Words(F(column), Value(" | ".join(words))))


def _readings(term: Term) -> list[tuple[str, ...]]:
    return [*term.readings, *([(term.end,)] if term.end else [])]


def _inside(term: Term) -> Q:
    """Within an id; nothing of a term that is too short for that."""
    return _stands(term.inside, F("search_text")) if term.inside else Q(pk__in=())


def _inside_by_index(term: Term) -> Q:
    if not term.inside:
        return Q(pk__in=())
    triples = dict.fromkeys(term.inside[place : place + 3] for place in range(len(term.inside) - 2))
    wanted = " & ".join([*triples][-_TRIPLES:])
    return _inside(term) & Q(_Triples(F("search_text"), Value(wanted)))  # the quick one first


def _stands(piece: str, text: Combinable) -> Q:
    """Read in the text, so that the planner does not think there are few."""
    return Q(GreaterThan(StrIndex(text, Value(piece)), 0))


def _all(conditions: Iterable[Q]) -> Q:
    return functools.reduce(operator.and_, conditions)


def _any(conditions: Iterable[Q]) -> Q:
    return functools.reduce(operator.or_, conditions)


class _Words(Func):
    """Whether the words of a column answer a query of words, all letters and digits; in the words of migration 0002."""

    output_field = BooleanField()
    template = "(array_to_tsvector(string_to_array(%(expressions)s)::tsquery)"
    arg_joiner = ", ' ')) @@ ("


class _Triples(Func):
    """Whether the column's words have these groups of three letters; in the words of migration 0014."""

    output_field = BooleanField()
    template = "(orders_triples(%(expressions)s)::tsquery)"
    arg_joiner = ") @@ ("
