"""Finding purchases by what a person has in hand: any id or a part of one, an invoice, a name, the end of a phone.

    find(question, personal)         the nearest purchases, as the page of a search lists them
    matching(groups, question, ...)  the purchases that answer, to be filtered further
    are_frequent(conditions)         which of them many of the newest purchases meet

Beside it `terms` says what a question means, `found_by` which words a purchase has, `conditions` how the database is
asked. A pasted list of ids is `listed`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection, transaction
from django.db.models import Case, Q, QuerySet, Sum, When

from orders.finding.conditions import Question
from orders.finding.terms import MAX_TERMS, Term, Texts, closeness, terms_of
from orders.models import OrderGroup

#: So many purchases the page of a search shows.
SHOWN: Final = 50
#: So many purchases can be named one by one.
FEW = 2000
#: Whoever typed so many letters and found an id that is just these has found it.
TELLING: Final = 8
#: Among so many of the newest a look tells how frequent some words are.
NEWEST = 3000
#: Words that so many of these have are soon met by whoever walks down the list.
FREQUENT = 50
BY_NEWEST: Final = ("-first_seen_at", "-pk")


@dataclass(frozen=True, slots=True)
class Found:
    """Purchases by their ids, the nearest first; `more`: there are others.

    Of a list of ids: those that nobody has, and those that too many purchases have to be listed.
    """

    hits: Sequence[str]
    more: bool = False
    missing: Sequence[str] = ()
    common: Sequence[str] = ()


def column_for(*, personal: bool) -> str:
    """The words that somebody may search: with people and what they take, or without."""
    return "personal_text" if personal else "search_text"


def find(question: str, *, personal: bool) -> Found:
    """The purchases that answer a question, the nearest first and of those the newest.

    Of very many only the newest are looked at. What stands within ids counts where nothing nearer fills the page.
    """
    asked = _question(question, personal=personal)
    if not asked.terms:
        return Found(())
    found = {row[0]: row for row in _candidates(asked)}
    ordered = sorted(found.values(), key=lambda row: (row[1], row[0]), reverse=True)
    ordered.sort(key=lambda row: _distance(asked.terms, row[2], row[3]))
    return Found([row[0] for row in ordered[:SHOWN]], more=len(ordered) > SHOWN)


def matching(groups: QuerySet[OrderGroup], question: str, *, personal: bool) -> QuerySet[OrderGroup]:
    """The purchases that answer a question; with `personal`, by names and phones too. One without a word finds nothing.

    No planner knows how many words begin with one, so a look at the newest purchases tells: what is frequent there is
    met soon by walking down the list; else the index names them all, where they are not too many to be named.
    """
    asked = _question(question, personal=personal)
    if not asked.terms:
        return groups.none() if question.strip() else groups
    if connection.vendor == "postgresql" and not are_frequent([asked.answers()])[0]:
        few = [key for (key,) in by_index(OrderGroup.objects.filter(asked.answers_by_index()).values_list("pk"))]
        if len(few) <= FEW:
            return groups.filter(pk__in=few)
    return groups.filter(asked.answers())


def are_frequent(conditions: Sequence[Q]) -> list[bool]:
    """Of each condition, whether more than a page of the newest purchases meet it; in one query."""
    names = [f"c{place}" for place, _condition in enumerate(conditions)]
    each = {name: Case(When(one, then=1), default=0) for name, one in zip(names, conditions, strict=True)}
    newest = OrderGroup.objects.order_by(*BY_NEWEST).annotate(**each).values(*names)[:NEWEST]
    counts = newest.aggregate(**{f"n{name}": Sum(name) for name in names})
    return [(counts[f"n{name}"] or 0) > FREQUENT for name in names]


def by_index(rows: QuerySet[Any, Any]) -> list[tuple[Any, ...]]:
    """The rows that PostgreSQL's indexes of words name, more than `FEW` not all.

    No planner knows how many there are. Left to itself it reads the table from its beginning where it thinks that two
    thousand are soon found: for a second, or four, at a million purchases.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_seqscan', 'off', TRUE), set_config('enable_indexscan', 'off', TRUE)")
        return list(rows.order_by()[: FEW + 1])


def _question(question: str, *, personal: bool) -> Question:
    return Question(terms_of(question)[:MAX_TERMS], column_for(personal=personal))


def _candidates(asked: Question) -> list[tuple[Any, ...]]:
    """Id, time and words of the purchases among which the nearest are."""
    groups = OrderGroup.objects.with_something_to_show()
    rows = groups.values_list("pk", "first_seen_at", "search_text", asked.column)
    if connection.vendor != "postgresql":
        return list(rows.filter(asked.answers()).order_by(*BY_NEWEST)[: FEW + 1])
    begin_often, answer_often = are_frequent([asked.begins(), asked.answers()])
    found = _some(rows, asked.begins(), asked.begins_by_index(), often=begin_often)
    if asked.has_insides and not _is_enough(found, asked):
        found += _some(rows, asked.answers(), asked.adds_by_index(), often=answer_often)
    return found


def _is_enough(found: Sequence[tuple[Any, ...]], asked: Question) -> bool:
    """Whether nobody looks any further: there is more than a page, or the very ids that were typed."""
    are_ids = all(len(term.inside) >= TELLING for term in asked.terms)
    return len(found) > SHOWN or (are_ids and any(not _distance(asked.terms, row[2], row[3]) for row in found))


def _some(rows: QuerySet[Any, Any], walked: Q, indexed: Q, *, often: bool) -> list[tuple[Any, ...]]:
    """All rows that the index names, or of very many the newest."""
    if not often:
        found = by_index(rows.filter(indexed))
        if len(found) <= FEW:
            return found
    return list(rows.filter(walked).order_by(*BY_NEWEST)[: SHOWN + 1])


def _distance(terms: Iterable[Term], ids: str, words: str) -> int:
    return sum(closeness(term, Texts(ids, words)) for term in terms)
