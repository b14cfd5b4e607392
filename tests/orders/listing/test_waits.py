"""How long something has been waiting, as an address says it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orders.listing import waits


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        (" 7 D ", timedelta(days=7)),
        ("9999d", timedelta(days=9999)),
        ("0h", None),
        ("-1h", None),
        ("24", None),
        ("h", None),
        ("1w", None),
        ("10000d", None),
        ("२४h", None),
        ("", None),
    ],
)
def test_a_time_is_read(said: str, found: timedelta | None) -> None:
    assert waits.read(said) == found


@pytest.mark.parametrize(("said", "words"), [("90m", "over 90 min"), ("24h", "over 24 h"), ("x", "x")])
def test_it_is_said_in_words(said: str, words: str) -> None:
    assert waits.words(said) == words


def test_what_is_offered_can_be_read() -> None:
    assert None not in [waits.read(one) for one in waits.OFFERED]
