"""The chip of an order: its status, sharpened by what else is known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from orders.choices import Shape, Stage, Tone
from orders.statuses import CANCELLED, status_of


@dataclass(frozen=True, slots=True)
class Chip:
    """A word, a tone and a shape."""

    label: str
    tone: Tone
    shape: Shape


#: Which of several orders speaks for the purchase: the one that most needs somebody.
_URGENCY: Final = (
    Tone.CRITICAL,
    Tone.ATTENTION,
    Tone.REFUND,
    Tone.INFO,
    Tone.PROGRESS,
    Tone.SUCCESS,
    Tone.NEUTRAL,
)


def chip(status_id: int | None, *, prescription_state: str = "", refund_due: bool = False) -> Chip:
    """The chip of an order in `status_id` of a purchase with that prescription state."""
    status = status_of(status_id)
    if status_id == 100 and prescription_state == "rejected":
        return Chip("Prescription rejected", Tone.CRITICAL, Shape.NEEDS_US)
    if status_id in CANCELLED and refund_due:
        return Chip(f"{status.label}, refund due", Tone.ATTENTION, Shape.NEEDS_US)
    return Chip(status.label, status.tone, status.shape)


#: The chip of a purchase that the merchant has registered, before 1mg says anything of it.
REGISTERED: Final = Chip("Registered, 1mg has not spoken yet", Tone.INFO, Shape.WAITING)


def urgency(found: Chip) -> int:
    """Smaller is more urgent."""
    return _URGENCY.index(found.tone)


def prescription_chip(state: str, stages: Iterable[str]) -> Chip | None:
    """The chip of a purchase's prescriptions; none where none were sent.

    A rejected paper needs somebody only while an order waits for one: 1mg goes on listing it beside its successor.
    """
    if state == "rejected" and not {Stage.INTAKE, Stage.PRESCRIPTION} & set(stages):
        return Chip("Replaced", Tone.NEUTRAL, Shape.DONE)
    return {
        "rejected": Chip("Rejected", Tone.CRITICAL, Shape.NEEDS_US),
        "in_progress": Chip("Being checked", Tone.INFO, Shape.MOVING),
        "completed": Chip("Accepted", Tone.SUCCESS, Shape.DONE),
        "other": Chip("See the papers", Tone.NEUTRAL, Shape.WAITING),
    }.get(state)


def confirmation_chip(state: str, label: str) -> Chip | None:
    """The chip of a purchase's confirmation; none where there is nothing to tell."""
    tone, shape = {
        "in_flight": (Tone.INFO, Shape.MOVING),
        "confirmed": (Tone.SUCCESS, Shape.DONE),
        "rejected": (Tone.CRITICAL, Shape.NEEDS_US),
        "unknown": (Tone.ATTENTION, Shape.NEEDS_US),
    }.get(state, (None, None))
    return Chip(label, tone, shape) if tone and shape else None


def call_chip(state: str, label: str, *, doubt: str = "") -> Chip:
    """The chip of a call to a partner. `doubt`: what is wrong with one that succeeded."""
    if state == "succeeded" and doubt:
        return Chip(doubt, Tone.ATTENTION, Shape.NEEDS_US)
    tone, shape = {
        "intended": (Tone.INFO, Shape.WAITING),
        "sending": (Tone.INFO, Shape.MOVING),
        "succeeded": (Tone.SUCCESS, Shape.DONE),
        "rejected": (Tone.CRITICAL, Shape.STOPPED),
        "unknown": (Tone.ATTENTION, Shape.NEEDS_US),
    }.get(state, (Tone.NEUTRAL, Shape.STOPPED))
    return Chip(label, tone, shape)


def outcome_chip(outcome: str, label: str) -> Chip:
    """The chip of a delivery's or an update's outcome."""
    tone, shape = {
        "applied": (Tone.SUCCESS, Shape.DONE),
        "stale": (Tone.NEUTRAL, Shape.STOPPED),
        "duplicate": (Tone.NEUTRAL, Shape.DONE),
        "quarantined": (Tone.ATTENTION, Shape.NEEDS_US),
        "refused": (Tone.CRITICAL, Shape.STOPPED),
        "pending": (Tone.INFO, Shape.MOVING),
    }.get(outcome, (Tone.NEUTRAL, Shape.WAITING))
    return Chip(label, tone, shape)


def rupees(summary: dict[str, Any] | None, key: str) -> Decimal:
    """One amount of a payment summary; 0 where it is not said."""
    try:
        return Decimal((summary or {}).get(key) or 0)
    except InvalidOperation:
        return Decimal(0)
