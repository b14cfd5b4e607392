"""Reading the story: how long a status lasted, what arrived late, where nothing was heard, day by day in India."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders import story
from orders.models import Act, OrderUpdate

NOON = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)  # noon in India
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def said(status: int | None, after: timedelta = timedelta(0), **more: Any) -> Act:
    """A line about a status, `after` noon; heard at once unless told otherwise."""
    at = NOON + after
    values: dict[str, Any] = {"at": at, "received_at": at, "kind": "status", "status_id": status, "order_id": "PO1"}
    return Act(**values | {"pk": int(after.total_seconds())} | more)


def told(*entries: Act) -> list[story.Line]:
    """The lines, oldest first."""
    return [line for day in story.tell(entries) for line in day.lines][::-1]


def test_a_status_says_what_was_before_and_for_how_long() -> None:
    _first, second = told(said(130), said(30, 3 * HOUR))

    assert second.was is not None
    assert (second.was.label, second.lasted) == ("Packaging", 3 * HOUR)


def test_the_first_status_has_nothing_before_it() -> None:
    (line,) = told(said(130))

    assert (line.was, line.lasted) == (None, None)


def test_each_order_counts_for_itself() -> None:
    lines = told(said(130), said(20, HOUR, order_id="PO2"), said(30, 2 * HOUR))

    assert [(line.was and line.was.code, line.lasted) for line in lines] == [
        (None, None),
        (None, None),
        (130, 2 * HOUR),
    ]


def test_a_change_between_two_statuses_does_not_interrupt_them() -> None:
    lines = told(said(130), said(None, HOUR, kind="change"), said(30, 2 * HOUR))

    assert [line.lasted for line in lines] == [None, None, 2 * HOUR]


def test_E3_a_line_that_was_heard_late_still_counts_where_it_happened() -> None:
    late = said(30, HOUR, received_at=NOON + 9 * HOUR, pk=99)

    lines = told(said(130), said(40, 3 * HOUR), late)

    assert [(line.entry.status_id, line.lasted) for line in lines] == [(130, None), (30, HOUR), (40, 2 * HOUR)]


@pytest.mark.parametrize(
    ("delay", "late"),
    [(timedelta(0), None), (15 * MINUTE, None), (16 * MINUTE, 16 * MINUTE), (-5 * MINUTE, None)],
)
def test_a_line_is_late_after_a_quarter_of_an_hour(delay: timedelta, late: timedelta | None) -> None:
    (line,) = told(said(130, received_at=NOON + delay))

    assert line.late == late


@pytest.mark.parametrize(("gap", "silence"), [(HOUR, None), (12 * HOUR, None), (13 * HOUR, 13 * HOUR)])
def test_a_silence_is_marked_after_half_a_day(gap: timedelta, silence: timedelta | None) -> None:
    lines = told(said(130), said(30, gap))

    assert [line.silence for line in lines] == [None, silence]


def test_the_newest_stands_first() -> None:
    days = story.tell([said(130), said(40, 50 * HOUR), said(30, 2 * HOUR)])

    assert [[line.entry.status_id for line in day.lines] for day in days] == [[40], [30, 130]]


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 10, 18, 29, tzinfo=UTC), date(2026, 3, 10)),
        (datetime(2026, 3, 10, 18, 30, tzinfo=UTC), date(2026, 3, 11)),
        (datetime(2026, 3, 10, 23, 59, tzinfo=UTC), date(2026, 3, 11)),
    ],
)
def test_F17_a_day_begins_at_midnight_in_india(at: datetime, day: date) -> None:
    (found,) = story.tell([said(130, at=at, received_at=at)])

    assert found.on == day


def test_lines_of_one_instant_keep_the_order_they_were_written_in() -> None:
    assert [line.entry.pk for line in told(said(30, pk=2), said(130, pk=1), said(40, pk=3))] == [1, 2, 3]


def test_a_line_says_how_often_1mg_sent_it() -> None:
    again, person = told(said(130, update=OrderUpdate(times_seen=4)), said(None, HOUR, kind="review"))

    assert (again.times_seen, person.times_seen) == (4, 1)


def test_an_empty_story_has_no_days() -> None:
    assert story.tell([]) == []


ENTRIES = st.lists(
    st.builds(
        lambda status, minutes, order, pk: said(status, minutes * MINUTE, order_id=order, pk=pk),
        st.sampled_from([30, 40, 45, 130]),
        st.integers(0, 10_000),
        st.sampled_from(["PO1", "PO2"]),
        st.integers(1, 10**6),
    ),
    max_size=12,
    unique_by=lambda entry: entry.pk,
)


@given(ENTRIES, st.randoms(use_true_random=False))
def test_the_story_does_not_depend_on_the_order_it_is_read_in(entries: list[Act], random: Any) -> None:
    shuffled = entries[:]
    random.shuffle(shuffled)

    def shown(days: list[story.Day]) -> list[Any]:
        return [(day.on, [(line.entry.pk, line.was, line.lasted, line.silence) for line in day.lines]) for day in days]

    assert shown(story.tell(shuffled)) == shown(story.tell(entries))


@given(ENTRIES)
def test_no_line_is_lost_and_nothing_lasted_less_than_no_time(entries: list[Act]) -> None:
    lines = told(*entries)

    assert sorted(line.entry.pk for line in lines) == sorted(entry.pk for entry in entries)
    assert all(line.lasted is None or line.lasted >= timedelta(0) for line in lines)
