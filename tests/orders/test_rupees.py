"""Rupees as people in India write and read them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import rupees

AMOUNTS = st.decimals(min_value=0, max_value=Decimal(10) ** 10, places=2)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "₹0.00"),
        ("999", "₹999.00"),
        ("1000", "₹1,000.00"),
        ("99999.995", "₹1,00,000.00"),
        ("123456.7", "₹1,23,456.70"),
        ("12345678.9", "₹1,23,45,678.90"),
        ("-5", "−₹5.00"),
    ],
)
def test_an_amount_is_written_in_lakhs(value: str, shown: str) -> None:
    assert rupees.with_sign(Decimal(value)) == shown


@given(AMOUNTS)
def test_what_is_written_is_read_as_the_same_amount(value: Decimal) -> None:
    assert Decimal(rupees.plain(rupees.with_sign(value))) == value


@pytest.mark.parametrize("text", ["", "abc", "1,2", "12,34,56", "1,23,456,7", "₹₹5x", "1.23.456"])
def test_what_is_no_amount_stays_as_it_is(text: str) -> None:
    assert not rupees.plain(text).replace(".", "", 1).isdigit()
