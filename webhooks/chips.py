"""The chips of the inbox: what became of a delivery, of one update in it, or of an event of Nimbbl's."""

from __future__ import annotations

from orders.chips import Chip
from orders.choices import Shape, Tone
from payments.choices import Proof
from webhooks.models import EventOutcome, Outcome

_OF_OUTCOME = {
    Outcome.APPLIED: (Tone.SUCCESS, Shape.DONE),
    Outcome.STALE: (Tone.NEUTRAL, Shape.STOPPED),
    Outcome.DUPLICATE: (Tone.NEUTRAL, Shape.DONE),
    Outcome.QUARANTINED: (Tone.ATTENTION, Shape.NEEDS_US),
    Outcome.REFUSED: (Tone.CRITICAL, Shape.STOPPED),
    Outcome.PENDING: (Tone.INFO, Shape.MOVING),
}


def outcome_chip(outcome: str, label: str) -> Chip:
    """The chip of a delivery's or an update's outcome."""
    return Chip(label, *_OF_OUTCOME[Outcome(outcome)])


_OF_EVENT = {
    EventOutcome.PENDING: (Tone.INFO, Shape.MOVING),
    EventOutcome.WAITING: (Tone.NEUTRAL, Shape.WAITING),
    EventOutcome.TAKEN: (Tone.SUCCESS, Shape.DONE),
    EventOutcome.SHOWN: (Tone.NEUTRAL, Shape.DONE),
}
_OF_PROOF = {
    "": (Tone.INFO, Shape.MOVING),
    Proof.GENUINE: (Tone.SUCCESS, Shape.DONE),
    Proof.UNPROVED: (Tone.ATTENTION, Shape.NEEDS_US),
    Proof.ENCRYPTED: (Tone.ATTENTION, Shape.NEEDS_US),
    Proof.FORGED: (Tone.CRITICAL, Shape.STOPPED),
}


def event_chip(outcome: str, label: str) -> Chip:
    """The chip of what became of an event."""
    return Chip(label, *_OF_EVENT[EventOutcome(outcome)])


def proof_chip(proof: str, label: str) -> Chip:
    """The chip of what proves an event."""
    return Chip(label, *_OF_PROOF[proof])
