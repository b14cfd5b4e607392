"""The chips of the inbox: what became of a delivery, or of one update in it."""

from __future__ import annotations

from orders.chips import Chip
from orders.choices import Shape, Tone
from webhooks.models import Outcome

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
