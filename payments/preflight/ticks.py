"""The ticks before a confirmation, and what a press is about: exactly what was read. Pure.

    of(facts) -> every tick, in the order in which staff read them
    blocking(ticks, overridden) -> those that stop the call
    mark(ticks, order_id) -> what a page carries of what it showed; unread(mark, ...) -> what differs from it now

A tick passes, warns, fails, or is not known. A fail blocks; some may be overridden by who may, with a reason. A warning
and what is not known let through: neither is evidence against. Not known is only what could not be asked or read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from payments.choices import Verdict
from payments.preflight.checks import CHECKS, OVERRIDABLE
from payments.preflight.facts import Facts


@dataclass(frozen=True, slots=True)
class Tick:
    """One check and what it found. `overridable`: a person with the permission may go on although it fails."""

    code: str
    verdict: Verdict
    words: str
    overridable: bool = False

    def stored(self) -> dict[str, Any]:
        """As it is kept with the call."""
        return asdict(self) | {"verdict": str(self.verdict)}


def of(facts: Facts) -> list[Tick]:
    """Every tick, whatever the others found."""
    return [Tick(code, *check(facts), code in OVERRIDABLE) for code, check in CHECKS.items()]


def blocking(found: Iterable[Tick], overridden: Collection[str] = ()) -> list[Tick]:
    """The failing ticks that nobody has overridden, or nobody may."""
    return [t for t in found if t.verdict is Verdict.FAIL and not (t.overridable and t.code in overridden)]


# --- what was read ----------------------------------------------------------------------------------------------------


#: In a mark: the order that will be confirmed.
SENT: Final = "sent"


def mark(found: Iterable[Tick], order_id: str) -> str:
    """A mark of what a page showed: each tick to the letter, and which of 1mg's orders will be confirmed."""
    read = {tick.code: f"{tick.verdict} {tick.words}" for tick in found} | {SENT: order_id}
    return " ".join(f"{code}={_short(words)}" for code, words in read.items())


def unread(seen: str, found: Iterable[Tick], order_id: str) -> list[str]:
    """Codes of what is not as a page with the mark `seen` showed it; `sent` for the order itself."""
    then = set(seen.split())
    return [entry.partition("=")[0] for entry in mark(found, order_id).split() if entry not in then]


def from_stored(stored: Iterable[dict[str, Any]]) -> list[Tick]:
    """Ticks as they were kept with a call."""
    return [Tick(t["code"], Verdict(t["verdict"]), t["words"], t.get("overridable", False)) for t in stored]


def _short(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Look:
    """What the pre-flight finds of a purchase: its ticks, and 1mg's id of the order that would be confirmed.

    `asking`: Nimbbl is being asked about the money; there is more to read in a moment.
    """

    ticks: list[Tick]
    order_id: str
    asking: bool = False

    @property
    def mark(self) -> str:
        """What a form carries, so that the press is about what was read."""
        return mark(self.ticks, self.order_id)

    def stopped(self, overridden: Collection[str] = ()) -> list[Tick]:
        """The ticks that stop it."""
        return blocking(self.ticks, overridden)

    def unread(self, seen: str) -> list[str]:
        """Codes of what is not as a page with the mark `seen` showed it."""
        return unread(seen, self.ticks, self.order_id)
