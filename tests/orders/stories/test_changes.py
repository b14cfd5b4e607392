"""What an update changes, from what it said and what was said before. In words: `test_history.py`."""

from __future__ import annotations

from typing import Any

import pytest

from orders.stories.changes import Change, between

ETA = ["2026-03-12T07:30:00+00:00", "2026-03-12T09:30:00+00:00"]


def test_what_is_not_said_changes_nothing() -> None:
    assert between({"status": 30, "courier": "Fleet"}, {}) == []


def test_what_is_said_again_changes_nothing() -> None:
    said = {"status": 30, "eta": ETA, "courier": "Fleet", "money": {"total_refund_due": "1.00"}, "skus": "a1b2c3"}

    assert between(said, dict(said)) == []


@pytest.mark.parametrize(
    ("before", "said", "change"),
    [
        ({"status": 130}, {"status": 30}, Change("progress", "status_id", 130, 30)),
        ({}, {"status": 30}, Change("progress", "status_id", None, 30)),
        ({"status": 30}, {"status": None}, Change("progress", "status_id", 30, None)),
        ({}, {"eta": [None, ETA[1]]}, Change("eta", "eta_to", None, ETA[1])),
        ({"courier": "Fleet"}, {"courier": ""}, Change("shipment", "delivery_partner_name", "Fleet", "")),
        (
            {"money": {"total_refund_due": None}},
            {"money": {"total_refund_due": "1.00"}},
            Change("payment", "total_refund_due", None, "1.00"),
        ),
        ({}, {"money": {"total_refund_due": None}}, Change("payment", "total_refund_due", None, None)),
        ({"purchase": "M1"}, {"purchase": "M2"}, Change("purchase", "merchant_order_id", "M1", "M2")),
    ],
)
def test_a_value_changes_from_what_it_was(before: dict[str, Any], said: dict[str, Any], change: Change) -> None:
    assert between(before, said) == [change]


@pytest.mark.parametrize("said", [{"courier": ""}, {"waybill": ""}, {"eta": [None, None]}, {"rx": ""}])
def test_what_was_never_said_is_not_withdrawn(said: dict[str, Any]) -> None:
    assert between({}, said) == []


@pytest.mark.parametrize("key", ["skus", "invoices", "customer", "address", "papers", "contact", "links", "tracking"])
def test_of_a_mark_only_that_it_changed_is_told_and_not_of_the_first(key: str) -> None:
    (changed,) = between({key: "a1b2c3"}, {key: "d4e5f6"})

    assert (changed.old, changed.new, between({}, {key: "a1b2c3"})) == (None, None, [])
