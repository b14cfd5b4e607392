"""What a purchase's page says of what has just been done about it, and of other purchases that claim its order. Pure.

The banner follows the confirmation's state where something is to be said of it:

    in flight             always, once the call is there
    rejected              while 1mg still waits for a confirmation, and just after somebody has pressed
    confirmed             just after somebody has pressed

What is to be done about it is a need (`orders.desk.needs`), and its button the main one of the page; these are
beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orders.choices import Confirmation
from payments.choices import State
from payments.preflight.facts import Rival
from payments.preflight.ticks import Tick


class Banner(StrEnum):
    """The banner of the confirmation, by the name of its template."""

    NONE = ""
    IN_FLIGHT = "in_flight"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"


class Button(StrEnum):
    """Where a button of a banner leads."""

    CONFIRM = "confirm"
    CALL = "call"
    SAY_WHICH = "say_which"
    SAY_OTHERWISE = "say_otherwise"


class Weight(StrEnum):
    """How much a button stands out, by its class."""

    PLAIN = ""
    QUIET = "quiet"


class Press(StrEnum):
    """Whether a confirmation may be pressed although checks fail."""

    OPEN = "open"  # none fails
    IN_SPITE = "in_spite"  # with a reason
    ASK = "ask"  # an administrator may
    SHUT = "shut"  # nobody may


@dataclass(frozen=True, slots=True)
class Standing:
    """How a purchase stands, as far as its banners go. `waits`: 1mg waits for our confirmation of it.

    `has_call`: the confirmation's call is there; `fresh`: somebody has just acted, and looks for what came of it.
    """

    merchant_order_id: str
    confirmation: str
    waits: bool
    may_confirm: bool
    has_call: bool = False
    fresh: bool = False
    rivals: Sequence[Rival] = ()

    @property
    def wanted(self) -> bool:
        """Whether a confirmation is wanted of us: nobody has said that the order belongs to another purchase."""
        return self.waits and not any(rival.kept == rival.merchant_order_id for rival in self.rivals)


def banner(standing: Standing) -> Banner:
    """The banner that says how the confirmation stands."""
    shown = {
        Confirmation.IN_FLIGHT: standing.has_call,
        Confirmation.REJECTED: standing.has_call and (standing.wanted or standing.fresh),
        Confirmation.CONFIRMED: standing.fresh,
    }
    return Banner(standing.confirmation) if shown.get(Confirmation(standing.confirmation)) else Banner.NONE


def buttons(standing: Standing) -> dict[Button, Weight]:
    """The buttons of that banner, from left to right."""
    match banner(standing):
        case Banner.IN_FLIGHT:
            return {Button.CALL: Weight.PLAIN}
        case Banner.REJECTED if standing.wanted and standing.may_confirm:
            return {Button.CALL: Weight.PLAIN, Button.CONFIRM: Weight.QUIET}
        case Banner.REJECTED:
            return {Button.CALL: Weight.PLAIN}
    return {}


def of_rival(rival: Rival) -> Button:
    """The button beside another purchase that names the same 1mg order, for who may say which of the two it is."""
    return Button.SAY_OTHERWISE if rival.kept else Button.SAY_WHICH


def tone_of_update(state: str, *, doubtful: bool) -> str:
    """The tone of the banner about an update at Nimbbl. `doubtful`: Nimbbl has not shown all that it was told."""
    if state in (State.INTENDED, State.SENDING):
        return "moving"
    if state == State.REJECTED:
        return "bad"
    return "good" if state == State.SUCCEEDED and not doubtful else ""


def tone_of_cancellation(state: str) -> str:
    """The tone of the banner about a cancellation; one that 1mg has accepted is not done yet."""
    if state in (State.INTENDED, State.SENDING):
        return "moving"
    return "bad" if state == State.REJECTED else ""


def press(blocked: Sequence[Tick], *, may_override: bool) -> Press:
    """Whether the button may be pressed. `blocked`: the checks that fail; `may_override`: the person's permission."""
    if not blocked:
        return Press.OPEN
    if not all(tick.overridable for tick in blocked):
        return Press.SHUT
    return Press.IN_SPITE if may_override else Press.ASK
