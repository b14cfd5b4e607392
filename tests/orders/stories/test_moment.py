"""A time as somebody asks for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.stories import moment

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2026-11-22T14:00", 8, 30),
        ("2026-11-22 14:00", 8, 30),
        (" 2026-11-22T14:00 ", 8, 30),
        ("2026-11-22T08:30Z", 8, 30),
        ("2026-11-22T08:30:00+00:00", 8, 30),
        ("2026-11-22T14:00+05:30", 8, 30),
        ("2026-11-22T14:00 05:30", 8, 30),
    ],
)
def test_a_time_is_indias_unless_it_says_otherwise(text: str, hour: int, minute: int) -> None:
    assert moment.read(text, NOW) == datetime(2026, 11, 22, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "now", "2026-02-30", "25:00", "1700000000", "0001-01-01T00:00+14:00", "x" * 65])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Say a time like"):
        moment.read(text, NOW)


def test_what_has_not_come_yet_is_refused() -> None:
    with pytest.raises(ValueError, match="not come yet"):
        moment.read("2026-11-22T12:00:01Z", NOW)
