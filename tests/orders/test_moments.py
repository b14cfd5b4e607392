"""Times as they are shown: in India, and how long they are ago."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from orders.templatetags import moments

#: 20 November 2026, 19:30 in India.
NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def words(markup: str) -> str:
    """What a time shows."""
    return markup.partition(">")[2].removesuffix("</time>")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (11_400, "3 h 10 m"),
        (86_400, "1 d"),
        (187_200, "2 d 4 h"),
        (365 * 86_400, "1 y 0 d"),
        (2684 * 86_400, "7 y 129 d"),
    ],
)
def test_a_duration(seconds: float, shown: str) -> None:
    assert moments.duration(timedelta(seconds=seconds)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 11, 20, 9, 2, tzinfo=UTC), "Today 14:32"),
        (datetime(2026, 11, 19, 18, 30, tzinfo=UTC), "Today 00:00"),
        (datetime(2026, 11, 19, 18, 29, tzinfo=UTC), "Yesterday 23:59"),
        (datetime(2026, 11, 20, 18, 30, tzinfo=UTC), "Tomorrow 00:00"),
        (datetime(2026, 11, 12, 4, 44, tzinfo=UTC), "Thu 12 Nov 10:14"),
        (datetime(2025, 12, 31, 18, 29, tzinfo=UTC), "Wed 31 Dec 2025 23:59"),
    ],
)
def test_a_moment_is_told_by_the_day_in_india(value: datetime, shown: str) -> None:
    assert words(moments.when(value)) == shown


def test_a_time_has_the_exact_one_in_its_title() -> None:
    shown = moments.ago(NOW - timedelta(minutes=12))

    exact = 'datetime="2026-11-20T13:48:00+00:00" title="Fri 20 Nov 2026 19:18:00 IST"'
    assert shown == f"<time {exact} data-ago>12 min</time>"


def test_a_clock_shows_the_minute() -> None:
    assert words(moments.clock(NOW)) == "19:30"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2026, 11, 20), "Today, Fri 20 Nov"),
        (date(2026, 11, 19), "Yesterday, Thu 19 Nov"),
        (date(2026, 11, 21), "Sat 21 Nov"),
        (date(2025, 11, 20), "Thu 20 Nov 2025"),
    ],
)
def test_the_name_of_a_day(value: date, shown: str) -> None:
    assert moments.day_name(value) == shown


def test_what_is_not_known_is_not_shown() -> None:
    assert [moments.ago(None), moments.when(None), moments.duration(None)] == ["", "", ""]


@pytest.mark.parametrize(("minutes", "past"), [(-1, True), (0, False), (1, False)])
def test_a_moment_is_past_once_it_is_over(minutes: int, past: bool) -> None:
    assert moments.is_past(NOW + timedelta(minutes=minutes)) is past


def test_nothing_is_past_that_was_not_said() -> None:
    assert moments.is_past(None) is False


@pytest.mark.parametrize(("minutes", "quiet"), [(30, False), (31, True)])
def test_a_long_silence(minutes: int, quiet: bool) -> None:
    assert moments.is_quiet(NOW - timedelta(minutes=minutes)) is quiet


def test_who_has_never_spoken_is_silent() -> None:
    assert moments.is_quiet(None) is True
