"""How fast 1mg usually answers, as far as enough is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orders.asks.pace import Pace, pace

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HOUR = timedelta(hours=1)
Asked = list[tuple[datetime, datetime | None]]


def answered(hours: range) -> Asked:
    """Questions of long ago that were answered after so many hours each."""
    return [(NOW - 1000 * HOUR, NOW - 1000 * HOUR + some * HOUR) for some in hours]


def test_thirty_answers_tell_the_half_and_nine_of_ten() -> None:
    assert pace(answered(range(1, 31)), NOW) == Pace(30, 30, 15 * HOUR, 27 * HOUR)


def test_fewer_say_how_many_there_are_and_nothing_else() -> None:
    assert pace(answered(range(1, 30)), NOW) == Pace(29)


@pytest.mark.parametrize(("silent", "half", "nine"), [(3, 17, 30), (10, 20, None), (40, None, None)])
def test_what_nobody_has_answered_counts_as_not_answered(silent: int, half: int | None, nine: int | None) -> None:
    waiting: Asked = [(NOW - 1000 * HOUR, None)] * silent

    found = pace(answered(range(1, 31)) + waiting, NOW)

    assert (found.known, found.median, found.nine_of_ten) == (30, half and half * HOUR, nine and nine * HOUR)


def test_what_was_only_just_asked_may_still_be_answered() -> None:
    young: Asked = [(NOW - HOUR, None)] * 40

    assert pace(answered(range(1, 31)) + young, NOW) == Pace(30, 30, 15 * HOUR, 27 * HOUR)
