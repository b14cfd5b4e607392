"""What 1mg's words about a purchase's prescriptions mean. Pure.

    state(papers)               one word for all of them: the one that needs somebody first
    rejection_stands(papers, …) whether a rejected paper still keeps 1mg from packing, as far as anybody can tell
    of_item(required, …)        what 1mg says of one item's prescription
    rejections(papers, said)    how often, and when last, 1mg has rejected a paper, as far as anybody can tell

A paper is `{"url", "status", "reason"}` as published. Its status is free text (seen: In-progress, Rejected, Completed),
so it is compared in one form: Unicode's compatibility form without case, whatever stands between or around its words.

1mg lists papers without dates and goes on listing a rejected one beside its successor. Of a rejected and an accepted
paper nobody can tell which came later; what 1mg waits for tells more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, Protocol

from orders.choices import Stage
from orders.statuses import WAITS_FOR_A_PAPER, status_of
from orders.words import normal

NONE: Final = "none"
REJECTED: Final = "rejected"
IN_PROGRESS: Final = "in_progress"
COMPLETED: Final = "completed"
#: A word that nobody has described; the paper is shown with it.
OTHER: Final = "other"

Papers = Sequence[Mapping[str, Any]]

_GAPS: Final = re.compile(r"[\W_]+")
#: How 1mg's words begin for an item whose prescriptions were all rejected.
_ALL_REJECTED: Final = "all prescriptions rejected"
NEEDED: Final = "needed"
NOT_NEEDED: Final = "not_needed"
#: While an order is in one of these, 1mg may still want a prescription before it packs.
_NOT_PACKED: Final = frozenset({Stage.INTAKE, Stage.PRESCRIPTION, Stage.UNKNOWN})


def word(status: object) -> str:
    """One paper's status as one of the words above: `"Rejected "`, `"REJECTED"` and `"rejected"` are `rejected`."""
    return _word(str(status or ""))


@lru_cache(maxsize=256)  # there are few, and what a purchase needs asks for them with every update
def _word(status: str) -> str:
    plain = _GAPS.sub("_", normal(status)).strip("_")
    return plain if plain in (REJECTED, IN_PROGRESS, COMPLETED) else OTHER


def words(papers: Papers) -> list[str]:
    """The word of each paper."""
    return [word(paper.get("status")) for paper in papers]


def state(papers: Papers) -> str:
    """The one word for several papers; `completed` only where all of them are."""
    said = set(words(papers))
    if not said:
        return NONE
    for found in (REJECTED, IN_PROGRESS):
        if found in said:
            return found
    return COMPLETED if said == {COMPLETED} else OTHER


def rejection_stands(papers: Papers, status_ids: Iterable[int | None]) -> bool:
    """Whether somebody should still see to a rejected paper. `status_ids`: of the purchase's orders.

    It stands while 1mg waits for a prescription, whatever else is listed; and before packing, unless a paper was
    accepted beside it. Once every order is packed, cancelled or later, the rejection is history.
    """
    said = words(papers)
    if REJECTED not in said:
        return False
    orders = [status_of(code) for code in status_ids]
    if any(order.code == WAITS_FOR_A_PAPER for order in orders):
        return True
    return COMPLETED not in said and any(order.stage in _NOT_PACKED for order in orders)


def of_item(required: bool | None, verified: bool | None, status: str) -> str:
    """One word for an item's prescription; empty where 1mg does not say. `status`: its text, which goes first.

    1mg has called a prescription verified and all of them rejected in one breath.
    """
    if normal(status).startswith(_ALL_REJECTED):
        return REJECTED
    if required is None:
        return ""
    if not required:
        return NOT_NEEDED
    return COMPLETED if verified else NEEDED


class Told(Protocol):
    """One update, as the story reads it."""

    @property
    def position(self) -> Any:
        """Where it stands among the others."""

    @property
    def at(self) -> datetime:
        """When it happened (UTC)."""

    @property
    def words(self) -> Mapping[str, Any]:
        """What it said."""


@dataclass(frozen=True, slots=True)
class Rejections:
    """`times`: so often at least, since a paper that 1mg dropped may have been rejected too; `last`: when, if known."""

    times: int
    last: datetime | None


def rejections(papers: Papers, said: Iterable[Told]) -> Rejections | None:
    """How often 1mg has rejected a paper; none where we know of none. `said`: all updates of the purchase.

    Their words are kept as one for all papers, which goes on being `rejected` while a rejected one is listed beside its
    successor: so the papers that are listed now count as well.
    """
    moments, word_before = [], NONE
    for update in sorted(said, key=lambda update: update.position):
        word_now = update.words.get("rx", word_before)
        if word_now == REJECTED != word_before:
            moments.append(update.at)
        word_before = word_now
    times = max(len(moments), words(papers).count(REJECTED))
    return Rejections(times, moments[-1] if moments else None) if times else None
