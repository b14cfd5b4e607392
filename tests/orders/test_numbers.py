"""Numbers that came as text: exact, finite, and none that only Python would read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.numbers import decimal_of


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", "0"), ("-1.50", "-1.50"), ("1e3", "1000"), ("652.3599999999999", "652.3599999999999"), ("9" * 40, "9" * 40)],
)
def test_a_number_is_read_to_the_last_digit(text: str, number: str) -> None:
    assert decimal_of(text) == Decimal(number)


@pytest.mark.parametrize(
    "text", ["", "x", "1_000", "NaN", "Infinity", "-sNaN", "1e41", "0e-999999999", "1,000", "0x10", "1" * 101]
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert decimal_of(text) is None
