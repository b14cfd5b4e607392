"""The chips of the inbox: every outcome has one look."""

from __future__ import annotations

import pytest

from orders.choices import Shape, Tone
from webhooks.chips import outcome_chip
from webhooks.models import Outcome


@pytest.mark.parametrize(
    ("outcome", "tone", "shape"),
    [
        (Outcome.APPLIED, Tone.SUCCESS, Shape.DONE),
        (Outcome.STALE, Tone.NEUTRAL, Shape.STOPPED),
        (Outcome.DUPLICATE, Tone.NEUTRAL, Shape.DONE),
        (Outcome.QUARANTINED, Tone.ATTENTION, Shape.NEEDS_US),
        (Outcome.REFUSED, Tone.CRITICAL, Shape.STOPPED),
        (Outcome.PENDING, Tone.INFO, Shape.MOVING),
    ],
)
def test_an_outcome(outcome: str, tone: Tone, shape: Shape) -> None:
    chip = outcome_chip(outcome, "words")

    assert (chip.label, chip.tone, chip.shape) == ("words", tone, shape)
