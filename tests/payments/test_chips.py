"""The chips of acting: every state of a confirmation and of a call has one look."""

from __future__ import annotations

import pytest

from orders.choices import Confirmation, Shape, Tone
from payments.chips import call_chip, confirmation_chip
from payments.choices import State


@pytest.mark.parametrize(
    ("state", "tone", "shape"),
    [
        (Confirmation.IN_FLIGHT, Tone.INFO, Shape.MOVING),
        (Confirmation.CONFIRMED, Tone.SUCCESS, Shape.DONE),
        (Confirmation.REJECTED, Tone.CRITICAL, Shape.NEEDS_US),
        (Confirmation.UNKNOWN, Tone.ATTENTION, Shape.NEEDS_US),
    ],
)
def test_a_confirmation(state: str, tone: Tone, shape: Shape) -> None:
    chip = confirmation_chip(state, "words")

    assert chip is not None
    assert (chip.label, chip.tone, chip.shape) == ("words", tone, shape)


@pytest.mark.parametrize("state", ["none", "not_needed"])
def test_where_nothing_was_sent_there_is_no_chip(state: str) -> None:
    assert confirmation_chip(state, "words") is None


@pytest.mark.parametrize(
    ("state", "tone", "shape"),
    [
        (State.INTENDED, Tone.INFO, Shape.WAITING),
        (State.SENDING, Tone.INFO, Shape.MOVING),
        (State.SUCCEEDED, Tone.SUCCESS, Shape.DONE),
        (State.REJECTED, Tone.CRITICAL, Shape.STOPPED),
        (State.UNKNOWN, Tone.ATTENTION, Shape.NEEDS_US),
        (State.ABANDONED, Tone.NEUTRAL, Shape.STOPPED),
    ],
)
def test_a_call(state: str, tone: Tone, shape: Shape) -> None:
    chip = call_chip(state, "words")

    assert (chip.label, chip.tone, chip.shape) == ("words", tone, shape)


def test_doubt_is_told_of_what_succeeded_alone() -> None:
    chips = [call_chip(state, "words", doubt="Not verified") for state in (State.SUCCEEDED, State.REJECTED)]

    assert [(chip.label, chip.tone) for chip in chips] == [
        ("Not verified", Tone.ATTENTION),
        ("words", Tone.CRITICAL),
    ]
