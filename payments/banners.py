"""What a purchase's page says of its confirmation, and which button is the main one. Pure.

The banner follows the confirmation's state where something is to be said of it, else the wait for one:

    in flight, unknown    always, once the call is there
    rejected              while 1mg still waits for a confirmation, and just after somebody has pressed
    confirmed             just after somebody has pressed
    waits                 while 1mg waits for us, and nobody has said that the order is another purchase's

A purchase has one main button at most. `Confirm` is not the main one while 1mg has rejected the prescription, or while
nobody has said which of two purchases the order belongs to: the main button is then about that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orders.choices import Confirmation
from payments.choices import Refusal, State
from payments.preflight.facts import Rival
from payments.preflight.ticks import Tick


class Banner(StrEnum):
    """The banner of the confirmation, by the name of its template."""

    NONE = ""
    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    WAITS = "waits"


class Button(StrEnum):
    """Where a button of a banner leads."""

    CONFIRM = "confirm"
    SETTLE = "settle"
    CALL = "call"
    ANSWER = "answer"
    COMPARE_IDS = "compare_ids"
    STATUS = "status"
    SAY_WHICH = "say_which"
    SAY_OTHERWISE = "say_otherwise"


class Weight(StrEnum):
    """How much a button stands out, by its class."""

    MAIN = "primary"
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

    `has_call`: the confirmation's call is there; `refusal`: what 1mg's refusal asks of staff, where it is a known one.
    `fresh`: somebody has just acted, and looks for what came of it.
    """

    merchant_order_id: str
    confirmation: str
    waits: bool
    may_confirm: bool
    has_call: bool = False
    refusal: str = ""
    fresh: bool = False
    paper_rejected: bool = False
    rivals: Sequence[Rival] = ()

    @property
    def wanted(self) -> bool:
        """Whether a confirmation is wanted of us: nobody has said that the order belongs to another purchase."""
        return self.waits and not any(rival.kept == rival.merchant_order_id for rival in self.rivals)

    @property
    def undecided(self) -> bool:
        """Whether another purchase may have the order."""
        return any(rival.kept != self.merchant_order_id for rival in self.rivals)


def banner(standing: Standing) -> Banner:
    """The banner that says how the confirmation stands."""
    shown = {
        Confirmation.IN_FLIGHT: standing.has_call,
        Confirmation.UNKNOWN: standing.has_call,
        Confirmation.REJECTED: standing.has_call and (standing.wanted or standing.fresh),
        Confirmation.CONFIRMED: standing.fresh,
    }
    if shown.get(Confirmation(standing.confirmation)):
        return Banner(standing.confirmation)
    return Banner.WAITS if standing.wanted else Banner.NONE


def buttons(standing: Standing) -> dict[Button, Weight]:
    """The buttons of that banner, from left to right."""
    match banner(standing):
        case Banner.IN_FLIGHT:
            return {Button.CALL: Weight.PLAIN}
        case Banner.UNKNOWN:
            return {Button.SETTLE: Weight.MAIN}
        case Banner.REJECTED:
            return _after_a_refusal(standing)
        case Banner.WAITS if standing.may_confirm:
            first = standing.paper_rejected or standing.undecided
            return {Button.CONFIRM: Weight.PLAIN if first else Weight.MAIN}
    return {}


def _after_a_refusal(standing: Standing) -> dict[Button, Weight]:
    asks: dict[str, Button] = {Refusal.NOT_FOUND: Button.COMPARE_IDS, Refusal.NOT_MAPPED: Button.STATUS}
    found = {asks.get(standing.refusal, Button.ANSWER): Weight.MAIN}
    if standing.refusal:
        found[Button.CALL] = Weight.PLAIN
    if standing.wanted and standing.may_confirm:
        found[Button.CONFIRM] = Weight.QUIET
    return found


def of_rival(rival: Rival) -> tuple[Button, Weight]:
    """The button beside another purchase that names the same 1mg order, for who may say which of the two it is."""
    return (Button.SAY_OTHERWISE, Weight.PLAIN) if rival.kept else (Button.SAY_WHICH, Weight.MAIN)


def tone_of_update(state: str, *, doubtful: bool) -> str:
    """The tone of the banner about an update at Nimbbl. `doubtful`: Nimbbl has not shown all that it was told."""
    if state in (State.INTENDED, State.SENDING):
        return "moving"
    if state == State.REJECTED:
        return "bad"
    return "good" if state == State.SUCCEEDED and not doubtful else ""


def press(blocked: Sequence[Tick], *, may_override: bool) -> Press:
    """Whether the button may be pressed. `blocked`: the checks that fail; `may_override`: the person's permission."""
    if not blocked:
        return Press.OPEN
    if not all(tick.overridable for tick in blocked):
        return Press.SHUT
    return Press.IN_SPITE if may_override else Press.ASK
