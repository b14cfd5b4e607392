"""The money of a purchase: what 1mg said, what nobody can read, what was not said."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders import money
from orders.money import UNKNOWN, Amount, Line


def rupees(value: str) -> Amount:
    """A known amount."""
    return Amount(Decimal(value))


@pytest.mark.parametrize(
    ("summary", "amount"),
    [
        (None, None),
        ({}, None),
        ({"order_mrp": "1.00"}, None),
        ({"total_refund_due": "0.00"}, rupees("0")),
        ({"total_refund_due": "12.50"}, rupees("12.50")),
        ({"total_refund_due": None}, UNKNOWN),
        ({"total_refund_due": "1,234.50"}, UNKNOWN),
        ({"total_refund_due": "NaN"}, UNKNOWN),
        ({"total_refund_due": True}, UNKNOWN),
        ({"total_refund_due": {}}, UNKNOWN),
    ],
)
def test_an_amount_is_said_unknown_or_not_said(summary: Any, amount: Amount | None) -> None:
    assert money.said(summary, "total_refund_due") == amount


@pytest.mark.parametrize(("amount", "unknown", "zero"), [("0.00", False, True), ("1.00", False, False)])
def test_a_known_amount_may_be_zero(amount: str, unknown: bool, zero: bool) -> None:
    assert (rupees(amount).unknown, rupees(amount).zero) == (unknown, zero)


def test_an_unknown_amount_is_not_zero() -> None:
    assert (UNKNOWN.unknown, UNKNOWN.zero) == (True, False)


@pytest.mark.parametrize(
    ("summary", "shown"),
    [
        (None, []),
        ({}, []),
        ({"mode": "COD"}, []),
        ({"order_mrp": "5.00"}, [Line("Order", rupees("5"), strong=True)]),
        ({"order_mrp": "0.00"}, [Line("Order", rupees("0"))]),
        ({"order_mrp": None}, [Line("Order", UNKNOWN, strong=True)]),
        ({"amount_payable": "0.00"}, []),
        ({"amount_payable": None}, [Line("To be paid", UNKNOWN)]),
        ({"coupon_discount": "3.00"}, [Line("Coupon", rupees("-3"))]),
        ({"coupon_discount": None}, [Line("Coupon", UNKNOWN)]),
        ({"vas": [], "additional_charges": None}, []),
        ({"vas": [{"display_text": "Fee", "amount": "4.00"}]}, [Line("Fee", rupees("4"))]),
        ({"vas": [{"display_text": "Fee", "amount": None}]}, [Line("Fee", UNKNOWN)]),
        ({"vas": [{"display_text": "Fee"}]}, [Line("Fee", None)]),
        ({"vas": [{"display_text": ["x"], "amount": "4.00"}]}, [Line("Charge", rupees("4"))]),
        ({"vas": ["x"]}, [Line("Charge", UNKNOWN)]),
        ({"additional_charges": {"amount": "4.00"}}, [Line("Charge", UNKNOWN)]),
    ],
)
def test_the_lines_of_a_summary(summary: Any, shown: list[Line]) -> None:
    assert money.lines(summary) == shown


@pytest.mark.parametrize(
    ("summary", "amount"),
    [
        (None, None),
        ({"mode": "COD"}, None),
        ({"online_collected": "5.00", "order_mrp": "6.00"}, rupees("5")),
        ({"online_collected": "0.00", "amount_payable": "6.00"}, rupees("6")),
        ({"amount_payable": "6.00", "order_mrp": None}, rupees("6")),
        ({"online_collected": None, "order_mrp": "6.00"}, UNKNOWN),
        ({"online_collected": "0.00", "order_mrp": None}, UNKNOWN),
        ({"online_collected": "0.00", "order_mrp": "0.00"}, rupees("0")),
        ({"total_refund_due": "6.00"}, None),
    ],
)
def test_the_one_amount_of_a_list(summary: Any, amount: Amount | None) -> None:
    assert money.worth(summary) == amount
