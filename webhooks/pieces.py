"""A piece of 1mg's JSON as it is read: each value by its key, and whatever is odd with the place where it stands. Pure.

    piece = Piece({"name": ["x"]}, "delivery_address", odd := [])
    piece.text("name")  ->  ""
    odd                 ->  [Oddity("delivery_address.name", "part_unreadable")]

A place is what a person looks for in the body: `grouped_orders[0].skus[3].mrp`. It holds no value of 1mg's, and of
objects whose keys are data only how far down they stand, so that anybody may read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from orders.choices import Flag
from webhooks import values
from webhooks.bounds import MOST_KEY, MOST_TEXT
from webhooks.values import Flags

T = TypeVar("T")
P = ParamSpec("P")


class Oddity(NamedTuple):
    """Something that could not be read as published, and where it stands."""

    place: str
    flag: str


class Piece:
    """A value and its place; `odd` is where it notes what is odd, shared with all that is read of the same part."""

    __slots__ = ("odd", "place", "value")

    def __init__(self, value: Any, place: str, odd: list[Oddity]) -> None:
        self.value, self.place, self.odd = value, place, odd

    # --- of an object

    def text(self, key: str, most: int = MOST_TEXT) -> str:
        """Text of at most `most` characters; nothing where it is not said."""
        return self._read(values.text, key, most)

    def time(self, key: str) -> datetime | None:
        """A moment (UTC)."""
        return self._read(values.time, key)

    def money(self, key: str) -> Decimal | None:
        """Rupees; unknown where they are not said, which is not odd."""
        return self._read(values.money, key) if key in self.value else None

    def quantity(self, key: str) -> Decimal | None:
        """A count."""
        return self._read(values.quantity, key)

    def yes_or_no(self, key: str) -> bool | None:
        """Whether, or not said."""
        return self._read(values.flag_or_none, key)

    def clipped(self) -> dict[str, Any]:
        """The object as published, without what is too long to keep."""
        kept = {key: self._read(values.clipped, key) for key in self.value if len(key) <= MOST_KEY}
        if len(kept) < len(self.value):
            self.note(Flag.PART_UNREADABLE)
        return kept

    def at(self, key: str) -> Piece:
        """What stands under a key."""
        return Piece(self.value.get(key), self.below(key), self.odd)

    # --- of a list

    def objects(self) -> list[Piece]:
        """The objects of a list; whatever else it holds is odd, and so is anything else than a list, but not null."""
        if self.value is None or not self.is_list():
            return []
        return [piece for piece in self.items() if piece.is_object()]

    def items(self) -> list[Piece]:
        """Whatever a list holds."""
        return self._numbered(self.value)

    def by_key(self) -> dict[str, Piece]:
        """The objects of one whose keys are data, by those."""
        found = self._numbered(self.value.values())
        return {key: piece for key, piece in zip(self.value, found, strict=True) if piece.is_object()}

    def is_list(self) -> bool:
        """Whether it is a list; it is odd where it is not."""
        return self._is(list)

    def is_object(self) -> bool:
        """Whether it is an object; it is odd where it is not."""
        return self._is(dict)

    # --- what is odd

    def note(self, flag: Flag, key: str = "") -> None:
        """Note what is odd about it, or about what stands under a key."""
        self.odd.append(Oddity(self.below(key) if key else self.place, flag))

    def _is(self, kind: type) -> bool:
        if isinstance(self.value, kind):
            return True
        self.note(Flag.PART_UNREADABLE)
        return False

    def _numbered(self, items: Iterable[Any]) -> list[Piece]:
        return [Piece(item, f"{self.place}[{number}]", self.odd) for number, item in enumerate(items)]

    def below(self, key: str) -> str:
        """The place of what stands under a key."""
        return f"{self.place}.{key}" if self.place else key

    def _read(self, read: Callable[Concatenate[Any, Flags, P], T], key: str, *more: P.args, **named: P.kwargs) -> T:
        flags: Flags = set()
        found = read(self.value.get(key), flags, *more, **named)
        for flag in flags:
            self.note(Flag(flag), key)
        return found
