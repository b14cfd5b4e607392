"""An update as 1mg sent it: whatever a part says is translated when somebody asks for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orders.choices import Flag
from orders.updates import Dates, Group, Memo, Part, Progress, Purchase, Same, Update
from webhooks.parts import GROUP, Sent
from webhooks.pieces import Oddity, Piece


class SentUpdate(Update):
    """`orders.updates.Update`, read lazily."""

    __slots__ = ("_said", "_sent")
    _said: Piece
    _sent: Mapping[str, Sent]

    def __init__(
        self,
        *,
        order_id: str,
        digest: str,
        entry: int,
        purchase: Purchase | None,
        group: Group | None,
        updated_ms: int | None,
        updated_raw: str,
        progress: Progress | None,
        dates: Dates | None,
        sent: Mapping[str, Sent],
        said: Piece,
    ) -> None:
        given = locals()
        for name in _AT_HAND:
            object.__setattr__(self, name, given[name])
        object.__setattr__(self, "read", {})
        object.__setattr__(self, "_sent", sent)
        object.__setattr__(self, "_said", said)

    def __eq__(self, other: object) -> bool:
        theirs = other.against({}, {}) if isinstance(other, Update) else other
        return self.against({}, {}) == theirs

    def __hash__(self) -> int:
        return hash((self.digest, self.entry))

    def note(self, flag: Flag) -> None:
        """Note what is odd about it beside the rest of its document."""
        self._said.note(flag)

    def oddities(self) -> list[Oddity]:
        """All that could not be read as published, and where it stands in the body."""
        return self._said.odd + [oddity for sent in self._sent.values() for oddity in sent.oddities()]

    def against(self, known: Mapping[str, Memo], place: Mapping[str, Memo]) -> Update:
        """The update with the parts that are news; of the others, that they are the same."""
        parts: dict[str, Any] = {}
        read: dict[str, tuple[str, frozenset[str]]] = {}
        flags = {oddity.flag for oddity in self._said.odd}
        for name, sent in self._sent.items():
            memo = known.get(name)
            if memo and memo[0] == sent.mark and (name not in GROUP or _mark(place, name) == sent.mark):
                parts[name] = Same(name, memo)
                flags.update(memo[1])
                continue
            parts[name], odd = sent.read()
            flags |= odd
            if parts[name] is not None:
                read[name] = (sent.mark, odd)
        found = Update(**{name: getattr(self, name) for name in _AT_HAND}, **parts, read=read)
        object.__setattr__(found, "flags", frozenset(flags | _odd_mode(found)))
        return found


def _mark(place: Mapping[str, Memo], name: str) -> str:
    memo = place.get(name)
    return memo[0] if memo else ""


def _odd_mode(update: Update) -> set[str]:
    """The page: "Waiting for Online Payment - Occurs when in a COD"."""
    waiting = update.progress is not None and update.progress.status_id == 180
    return {Flag.MODE_MISMATCH} if waiting and update.mode not in ("", "COD") else set()


#: What is read at once: an update cannot be judged without it.
_AT_HAND = (
    "order_id",
    "digest",
    "entry",
    "purchase",
    "group",
    "updated_ms",
    "updated_raw",
    "progress",
    "dates",
)


def _part(name: str) -> Any:
    def ask(self: SentUpdate) -> Part | None:
        sent = self._sent.get(name)
        return sent.read()[0] if sent else None

    return property(ask)


def _all_flags(self: SentUpdate) -> frozenset[str]:
    return frozenset({oddity.flag for oddity in self.oddities()} | _odd_mode(self))


for _name in ("eta", "shipment", "invoice_links", "payment", "skus", "invoices", *GROUP):
    setattr(SentUpdate, _name, _part(_name))
SentUpdate.flags = property(_all_flags)  # type: ignore[assignment, misc]
