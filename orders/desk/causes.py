"""The causes why a purchase needs somebody: whose turn each is, how long it may take, and who says so. Pure.

A cause stands in the order in which it counts: of several that hold, the first is what is shown. Its number is kept in
rows, so it never changes; the gaps are for causes to come.

A cause has one clock, or one for each status that is waited in: `clock` names it, as rows and limits do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = str | Promise


class Cause(models.IntegerChoices):
    """Why a purchase needs somebody, the most pressing first."""

    MONEY = 10, _("Money disagrees")
    UNKNOWN = 20, _("Outcome unknown")
    ALLOCATION = 30, _("No stock")
    RX_REJECTED = 40, _("Prescription rejected")
    LATE = 50, _("Late")
    TO_CONFIRM = 60, _("To confirm")
    REFUND_ASKED = 65, _("Refund to decide")
    REFUND = 70, _("Refund due")
    UNREAD = 80, _("Not understood")
    FLAGGED = 90, _("To be looked at")
    RX_NEEDED = 100, _("Prescription needed")
    WAITS_1MG = 110, _("1mg is slow")

    @property
    def slug(self) -> str:
        """Its name in addresses and answers."""
        return self.name.lower()


class Turn(models.TextChoices):
    """Whose turn it is to do something."""

    US = "us", _("Us")
    CUSTOMER = "customer", _("Customer")
    ONEMG = "1mg", "1mg"
    COURIER = "courier", _("Courier")
    ENGINEER = "engineer", _("Engineer")


#: The turns in which somebody here is to do something at once; others are watched until their limit has passed.
OURS: Final = frozenset({Turn.US, Turn.ENGINEER})


class Verb(models.TextChoices):
    """What to do about a cause: the words on its button."""

    LOOK_AT_MONEY = "look_at_money", _("Look at the money")
    FIND_OUT = "find_out", _("Find out")
    ASK_1MG = "ask_1mg", _("Ask 1mg")
    CALL = "call", _("Call")
    CONFIRM = "confirm", _("Confirm")
    DECIDE = "decide", _("Decide")
    READ = "read", _("Read it")
    LOOK = "look", _("Look")


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a cause beforehand."""

    turn: Turn
    verb: Verb
    asked_of: Words = ""


ABOUT: Final = {
    Cause.MONEY: About(Turn.US, Verb.LOOK_AT_MONEY, _("finance")),
    Cause.UNKNOWN: About(Turn.US, Verb.FIND_OUT),
    Cause.ALLOCATION: About(Turn.US, Verb.ASK_1MG, _("1mg and the customer")),
    Cause.RX_REJECTED: About(Turn.US, Verb.CALL, _("the customer")),
    Cause.LATE: About(Turn.COURIER, Verb.ASK_1MG),
    Cause.TO_CONFIRM: About(Turn.US, Verb.CONFIRM),
    Cause.REFUND_ASKED: About(Turn.US, Verb.DECIDE),
    Cause.REFUND: About(Turn.ONEMG, Verb.ASK_1MG),
    Cause.UNREAD: About(Turn.ENGINEER, Verb.READ),
    Cause.FLAGGED: About(Turn.US, Verb.LOOK),
    Cause.RX_NEEDED: About(Turn.CUSTOMER, Verb.CALL),
    Cause.WAITS_1MG: About(Turn.ONEMG, Verb.ASK_1MG),
}


#: What 1mg is asked about.
ASKABLE: Final = frozenset(cause for cause, about in ABOUT.items() if about.verb is Verb.ASK_1MG)


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock may run before it is overdue, and who says so."""

    after: timedelta
    source: Words


_OURS: Final = _("set by us")
_HOURS: Final = timedelta(hours=1)
#: Statuses that 1mg may rest in for so many hours.
_WAITS: Final = {
    **dict.fromkeys((100, 110, 120, 130, 131, 132, 160, 170, 45), 24),
    **dict.fromkeys((25, 30, 95), 48),
    **dict.fromkeys((140, 141), 7 * 24),
}
#: Clock -> its limit, where no administrator has set another.
DEFAULTS: Final = {
    "money": Limit(0 * _HOURS, _OURS),
    "unknown": Limit(timedelta(minutes=15), _("set by us: 1mg's own jobs run every 15 minutes")),
    "allocation": Limit(2 * _HOURS, _("1mg's FAQ: 2 h at most")),
    "rx_rejected": Limit(4 * _HOURS, _OURS),
    "late": Limit(0 * _HOURS, _("the promise itself")),
    "to_confirm": Limit(timedelta(minutes=30), _OURS),
    "refund_asked": Limit(4 * _HOURS, _OURS),
    "refund": Limit(7 * 24 * _HOURS, _("1mg tells customers 5 to 7 working days")),
    "unread": Limit(0 * _HOURS, _OURS),
    "flagged": Limit(4 * _HOURS, _OURS),
    "rx_needed": Limit(24 * _HOURS, _("1mg sets none; we chase after that")),
    **{f"waits_{status}": Limit(hours * _HOURS, _OURS) for status, hours in _WAITS.items()},
}
_CAUSES: Final = {clock: Cause.WAITS_1MG if clock.startswith("waits_") else Cause[clock.upper()] for clock in DEFAULTS}
CLOCKS: Final = tuple(DEFAULTS)
#: The name of the limit of a question to 1mg: no clock of its own, it runs instead of the cause's once 1mg was asked.
ASKED: Final = "asked"
#: Name -> every limit that an administrator may set.
LIMITS: Final = {**DEFAULTS, ASKED: Limit(24 * _HOURS, _OURS)}


def cause_of(clock: str) -> Cause:
    """The cause that a clock runs for."""
    return _CAUSES[clock]


def waiting_in(status_id: int | None) -> str:
    """The clock of a status that 1mg is to leave; nothing for one that may rest."""
    return f"waits_{status_id}" if status_id in _WAITS else ""


def name_of(limit: str) -> Words:
    """What a limit is for, in words."""
    return _("An answer of 1mg's") if limit == ASKED else cause_of(limit).label


def status_in(clock: str) -> int | None:
    """The status that a clock waits in; `None` for one that runs whatever the status."""
    return int(clock.removeprefix("waits_")) if clock.startswith("waits_") else None


def turn_of(clock: str) -> Turn:
    """Whose turn it is while a clock runs."""
    return ABOUT[cause_of(clock)].turn
