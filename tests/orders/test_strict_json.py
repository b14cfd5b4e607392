"""JSON that is read strictly, for whoever sends it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from orders.strict_json import SaidTwice, read


def test_decimals_are_exact() -> None:
    assert read(b'{"amount": 0.1, "count": 3}') == {"amount": Decimal("0.1"), "count": 3}


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(SaidTwice):
        read('{"a": {"b": 1, "b": 1}}')


@pytest.mark.parametrize(
    "text", [b"", b"{", b"NaN", b"[-Infinity]", b"\xff", b"[" * 100_000, b"1e999999999999999999999"]
)
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        read(text)
