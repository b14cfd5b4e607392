"""The chips of acting: how a confirmation stands, a call, and a refund. Pure."""

from __future__ import annotations

from orders.chips import Chip
from orders.choices import Confirmation, Shape, Tone
from payments.choices import RefundState, State

_OF_CONFIRMATION = {
    Confirmation.IN_FLIGHT: (Tone.INFO, Shape.MOVING),
    Confirmation.CONFIRMED: (Tone.SUCCESS, Shape.DONE),
    Confirmation.REJECTED: (Tone.CRITICAL, Shape.NEEDS_US),
    Confirmation.UNKNOWN: (Tone.ATTENTION, Shape.NEEDS_US),
}
_OF_CALL = {
    State.INTENDED: (Tone.INFO, Shape.WAITING),
    State.SENDING: (Tone.INFO, Shape.MOVING),
    State.SUCCEEDED: (Tone.SUCCESS, Shape.DONE),
    State.REJECTED: (Tone.CRITICAL, Shape.STOPPED),
    State.UNKNOWN: (Tone.ATTENTION, Shape.NEEDS_US),
    State.ABANDONED: (Tone.NEUTRAL, Shape.STOPPED),
}
_OF_REFUND = {
    RefundState.WAITING: (Tone.ATTENTION, Shape.NEEDS_US),
    RefundState.SECOND: (Tone.ATTENTION, Shape.NEEDS_US),
    RefundState.SENDING: (Tone.INFO, Shape.MOVING),
    RefundState.UNKNOWN: (Tone.ATTENTION, Shape.NEEDS_US),
    RefundState.ACCEPTED: (Tone.REFUND, Shape.MOVING),
    RefundState.PAID: (Tone.SUCCESS, Shape.DONE),
    RefundState.FAILED: (Tone.CRITICAL, Shape.NEEDS_US),
    RefundState.DECLINED: (Tone.NEUTRAL, Shape.STOPPED),
}


def confirmation_chip(state: str, label: str) -> Chip | None:
    """The chip of a purchase's confirmation; none where there is nothing to tell."""
    look = _OF_CONFIRMATION.get(Confirmation(state))
    return Chip(label, *look) if look else None


def call_chip(state: str, label: str, *, doubt: str = "") -> Chip:
    """The chip of a call to a partner. `doubt`: what is wrong with one that succeeded."""
    if state == State.SUCCEEDED and doubt:
        return Chip(doubt, Tone.ATTENTION, Shape.NEEDS_US)
    return Chip(label, *_OF_CALL[State(state)])


def refund_chip(state: str, label: str) -> Chip:
    """The chip of a refund."""
    return Chip(label, *_OF_REFUND[RefundState(state)])
