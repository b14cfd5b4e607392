"""Chips say what is known of an order, its refund and its papers, and guess nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders import chips
from orders.choices import Tone
from orders.money import UNKNOWN, Amount

HUNDRED, NOTHING = Amount(Decimal(100)), Amount(Decimal(0))


def papers(*statuses: str) -> list[dict[str, str]]:
    """Papers of these statuses."""
    return [{"url": "", "status": status, "reason": ""} for status in statuses]


@pytest.mark.parametrize(
    ("status_id", "due", "label", "tone"),
    [
        (99, HUNDRED, "Cancelled, refund due", Tone.ATTENTION),
        (95, HUNDRED, "Cancelling, refund due", Tone.ATTENTION),
        (99, UNKNOWN, "Cancelled, refund not known", Tone.ATTENTION),
        (95, UNKNOWN, "Cancelling, refund not known", Tone.ATTENTION),
        (99, NOTHING, "Cancelled", Tone.NEUTRAL),
        (99, Amount(Decimal(-1)), "Cancelled", Tone.NEUTRAL),
        (99, None, "Cancelled", Tone.NEUTRAL),
        (40, HUNDRED, "Delivered", Tone.SUCCESS),
        (40, UNKNOWN, "Delivered", Tone.SUCCESS),
    ],
)
def test_the_refund_of_a_cancelled_order(status_id: int, due: Amount | None, label: str, tone: Tone) -> None:
    chip = chips.chip(status_id, refund_due=due)

    assert (chip.label, chip.tone) == (label, tone)


@pytest.mark.parametrize(
    ("status_id", "statuses", "label"),
    [
        (100, ["Rejected"], "Prescription rejected"),
        (100, ["Rejected", "Completed"], "Prescription rejected"),
        (100, ["In-progress"], "Prescription needed"),
        (100, [], "Prescription needed"),
        (110, ["Rejected"], "Digitising prescription"),
        (99, ["Rejected"], "Cancelled"),
    ],
)
def test_an_order_that_waits_for_a_paper(status_id: int, statuses: list[str], label: str) -> None:
    assert chips.chip(status_id, papers=papers(*statuses)).label == label


@pytest.mark.parametrize(
    ("statuses", "status_ids", "label", "tone"),
    [
        (["Rejected"], [100], "Rejected", Tone.CRITICAL),
        (["Rejected"], [160], "Rejected", Tone.CRITICAL),
        (["Rejected"], [130, 110], "Rejected", Tone.CRITICAL),
        (["Rejected"], [777], "Rejected", Tone.CRITICAL),
        (["Rejected", "In-progress"], [110], "Rejected", Tone.CRITICAL),
        (["Rejected", "Completed"], [100], "Rejected", Tone.CRITICAL),
        (["Rejected", "Completed"], [110], "Accepted, some rejected", Tone.SUCCESS),
        (["Rejected", "Completed"], [99], "Accepted, some rejected", Tone.SUCCESS),
        (["Rejected"], [99], "Rejected", Tone.NEUTRAL),
        (["Rejected", "In-progress"], [130], "Rejected", Tone.NEUTRAL),
        (["Rejected"], [], "Rejected", Tone.NEUTRAL),
        (["Completed"], [99], "Accepted", Tone.SUCCESS),
        (["In-progress", "Completed"], [110], "Being checked", Tone.INFO),
        (["Expired"], [100], "See the papers", Tone.NEUTRAL),
    ],
)
def test_the_papers_of_a_purchase(statuses: list[str], status_ids: list[int], label: str, tone: Tone) -> None:
    chip = chips.prescription_chip(papers(*statuses), status_ids)

    assert chip is not None
    assert (chip.label, chip.tone) == (label, tone)


def test_a_purchase_without_papers_has_no_chip_for_them() -> None:
    assert chips.prescription_chip([], [100]) is None
