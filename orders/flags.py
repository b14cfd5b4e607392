"""What of an order a person should look at: worked out from all its updates, as things happened. Pure.

    between(before, now)       what stands out between an update and the words before it
    raised(updates, place)     everything that stands out about an order, each with its key
    standing(raised, looks)    the flags that still need a person

Nothing here depends on which of two updates came second. A flag that one update gives by itself (an unknown status, a
clock that cannot be believed) stands with the update.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final, Protocol, TypeVar

from orders.choices import REVIEWED, Flag
from orders.fold import Position
from orders.statuses import CANCELLED, FINAL

#: Flags that are worked out here, and do not stand with an update.
OF_OTHERS: Final = frozenset(
    {
        Flag.SAME_INSTANT,
        Flag.LATE_CANCELLATION,
        Flag.LEFT_FINAL,
        Flag.PURCHASE_MOVED,
        Flag.PURCHASE_SHARED,
        Flag.PURCHASE_ID_MISSING,
    }
)
#: Key of `orders.said` -> value: the last word on each thing.
Words = Mapping[str, Any]


class Told(Protocol):
    """One update of the order: a row of `orders.models.OrderUpdate`, or what the story reads of it."""

    @property
    def pk(self) -> Any:
        """Its id."""

    @property
    def flags(self) -> Any:
        """What is odd about it by itself."""

    @property
    def received_at(self) -> datetime:
        """When it reached us (UTC)."""

    @property
    def position(self) -> Position:
        """Where it stands among the others."""

    @property
    def words(self) -> Words:
        """What it said."""


T = TypeVar("T", bound=Told)


@dataclass(frozen=True, slots=True)
class Place:
    """The purchase that the order is in. `group_order_id`: 1mg's id for it; `registered`: the shop knows it."""

    purchase_id: str
    group_order_id: str
    registered: bool


@dataclass(frozen=True, slots=True)
class Raised:
    """One thing that stands out. `update`: on which one; `None`: on the order.

    `key` is the same for the same thing whenever it is worked out; `since`: when we had all of it (UTC); `from_`: from
    when on it needs a person, where that was earlier.
    """

    flag: Flag
    key: str
    since: datetime | None
    update: Told | None = None
    from_: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """A person has looked. `covers`: the keys that stood then; `None` where the code before kept none."""

    at: datetime
    covers: frozenset[str] | None


def in_order(updates: Iterable[T]) -> list[T]:
    """The updates as things happened."""
    return sorted(updates, key=lambda update: update.position)


def between(before: Words, now: Words) -> Iterator[tuple[Flag, str]]:
    """The flags of an update that says `now` after the words `before`, each with the key of the word it is about."""
    if "status" in before and "status" in now:
        if before["status"] in CANCELLED and now["status"] not in CANCELLED:
            yield Flag.LATE_CANCELLATION, "status"
        if before["status"] in FINAL and now["status"] != before["status"]:
            yield Flag.LEFT_FINAL, "status"
    if "purchase" in before and now.get("purchase", before["purchase"]) != before["purchase"]:
        yield Flag.PURCHASE_MOVED, "purchase"


def of_place(words: Words, place: Place) -> Iterator[tuple[Flag, str]]:
    """The flags of an order whose last words are these, for as long as it is where it is; each with its key."""
    if words.get("group", place.group_order_id) != place.group_order_id:
        yield Flag.PURCHASE_SHARED, f"{words['group']}:{place.group_order_id}"
    if "purchase" not in words and not place.registered:
        yield Flag.PURCHASE_ID_MISSING, place.purchase_id


def raised(updates: Iterable[Told], place: Place) -> list[Raised]:
    """Everything that stands out about an order, given all of its updates."""
    ordered = in_order(updates)
    found, words, said_by = [], dict[str, Any](), dict[str, Told]()
    for update in ordered:
        for flag, word in between(words, update.words):
            about = said_by[word] if flag is Flag.LATE_CANCELLATION else update
            found.append(_on(flag, about, said_by[word], update))
        words |= update.words
        said_by |= dict.fromkeys(update.words, update)
    found += [_on(Flag.SAME_INSTANT, later, earlier, later) for earlier, later in _ties(ordered)]
    for flag, key in of_place(words, place) if ordered else ():
        found.append(Raised(flag, f"{flag}:{key}", ordered[-1].received_at, from_=first_received(ordered)))
    return found


def first_received(updates: Iterable[Told]) -> datetime:
    """When the first of them reached us."""
    return min(update.received_at for update in updates)


def standing(found: Iterable[Raised], looks: Collection[Look]) -> list[str]:
    """The flags that a person must still look at, sorted."""
    return sorted({str(one.flag) for one in _left(found, looks)})


def standing_since(found: Iterable[Raised], looks: Collection[Look]) -> datetime | None:
    """Since when a person must look (UTC); `None` where nobody must."""
    moments = (one.from_ or one.since for one in _left(found, looks))
    return min((moment for moment in moments if moment), default=None)


def _left(found: Iterable[Raised], looks: Collection[Look]) -> list[Raised]:
    return [one for one in found if one.flag in REVIEWED and not any(_covers(look, one) for look in looks)]


def _on(flag: Flag, update: Told, *pair: Told) -> Raised:
    return Raised(flag, f"{flag}:{update.pk}", max(one.received_at for one in pair), update)


def _ties(ordered: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    """Neighbours that only their arrival tells apart. One without a clock of its own was put beside the other."""
    for earlier, later in pairwise(ordered):
        if earlier.position[:2] == later.position[:2] and Flag.CLOCK_UNTRUSTED not in later.flags:
            yield earlier, later


def _covers(look: Look, one: Raised) -> bool:
    if look.covers is not None:
        return one.key in look.covers
    return one.since is None or one.since <= look.at
