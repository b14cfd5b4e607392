"""Reading what 1mg posts to ask for a refund."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.refunds.wanted import Wanted
from webhooks.refund_words import read

ASKED = {"unique_id": "RF-1", "order_id": "PO1", "refund_amount": 100.5}
WANTED = Wanted("RF-1", "PO1", (), Decimal("100.50"))


def of(told: Any) -> Wanted:
    """What is read of a document."""
    return read(json.dumps(told).encode())


@pytest.mark.parametrize(
    "told",
    [
        ASKED,
        {"result": ASKED},
        {"data": ASKED},
        {"uniqueId": "RF-1", "orderId": "PO1", "amount": "100.50"},
        {"unique_reference": "RF-1", "merchant_order_id": "PO1", "refundAmount": 100.5},
        {"Unique Reference Id": "RF-1", "ORDER_ID": " PO1 ", "Refund-Amount": "100.5"},
        ASKED | {"amount": 100.50, "reason": "Cancelled", "order_id": "PO1"},
        ASKED | {"refund_amount": "100.4999999999999"},
    ],
)
def test_whatever_1mg_may_call_its_values_they_are_found(told: Any) -> None:
    assert of(told) == WANTED


def test_further_ids_are_kept_beside_the_order() -> None:
    told = of(ASKED | {"merchant_order_id": "M1", "transaction_id": "M1"})

    assert (told.order_id, told.other_ids) == ("PO1", ("M1",))


def test_a_number_is_read_as_the_text_that_it_is() -> None:
    assert of({"unique_id": 12, "order_id": 34, "amount": 1}) == Wanted("12", "34", (), Decimal("1.00"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"unique_id": ""}, "The unique id is missing, or longer than 200 characters."),
        ({"unique_id": "x" * 201}, "The unique id is missing, or longer than 200 characters."),
        ({"order_id": None}, "The order id is missing, or longer than 64 characters."),
        ({"order_id": ["PO1"]}, "The order id is missing, or longer than 64 characters."),
        ({"order_id": "x" * 65}, "The order id is missing, or longer than 64 characters."),
        ({"amount": 99}, "Two different amounts are named."),
        ({"refundAmount": 99}, "Two different amounts are named."),
        *(
            ({"refund_amount": amount}, "The refund amount is missing, or is no amount of rupees above zero.")
            for amount in ("", None, 0, -1, "1,000", "₹1", True, 0.001, 1e12, "NaN", {"value": 1})
        ),
    ],
)
def test_what_is_missing_or_contradictory_is_said(change: dict[str, Any], problem: str) -> None:
    assert of(ASKED | change).problem == problem


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "The body is empty."),
        (b"[]", "The body is not a JSON object."),
        (b"\xff", "The body is not UTF-8."),
        (b'{"order_id": "PO1", "order_id": "PO2"}', "An object names a key twice."),
    ],
)
def test_what_is_no_json_object_has_nothing_to_read(body: bytes, problem: str) -> None:
    assert read(body) == Wanted(problem=problem)


def test_what_no_database_keeps_is_replaced() -> None:
    assert of(ASKED | {"unique_id": "RF\x001"}).unique_id == "RF\ufffd1"


@given(st.binary(max_size=200))
def test_no_bytes_are_too_much(body: bytes) -> None:
    found = read(body)

    assert bool(found.problem) != (found.amount is not None and found.order_id != "")
