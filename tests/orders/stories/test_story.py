"""The story: what is news, how long a status lasted, what came late, where nothing was heard, day by day in India."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.flags import Place
from orders.fold import Position
from orders.statuses import status_of
from orders.stories import story
from orders.stories.story import Line, RecordedAct, RecordedUpdate

NOON = datetime(2026, 3, 10, 6, 30, tzinfo=UTC)  # noon in India
PLACE = Place("M1", "G1", registered=True)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def update(status: int | None, after: timedelta = timedelta(0), **more: Any) -> RecordedUpdate:
    """What 1mg said `after` noon, heard at once unless told otherwise; `said` beside its status."""
    at = NOON + after
    order, delivery = more.pop("order_id", "PO1"), more.pop("delivery_id", 1)
    position = Position(round(at.timestamp() * 1000), status_of(status).rank, delivery, 0)
    said = ({} if status is None else {"status": status}) | {"purchase": "M1"} | more.pop("said", {})
    values = {"at": at, "received_at": at, "words": said} | more
    return RecordedUpdate(int(after.total_seconds()), order, position, **values)


def act(after: timedelta = timedelta(0), text: str = "Registered by shop", **more: Any) -> RecordedAct:
    """What we did `after` noon."""
    at = NOON + after
    return RecordedAct(**{"pk": 1, "at": at, "received_at": at, "source": "portal", "kind": "change"} | more, text=text)


def told(*updates: RecordedUpdate) -> list[Line]:
    """The lines of a story without acts."""
    return story.tell(updates, [], PLACE)


# --- statuses ---------------------------------------------------------------------------------------------------------


def test_a_status_says_what_was_before_and_for_how_long() -> None:
    _first, second = told(update(130), update(30, 3 * HOUR))

    assert second.was is not None
    assert (second.was.label, second.lasted) == ("Packaging", 3 * HOUR)


def test_the_first_status_has_nothing_before_it() -> None:
    (line,) = told(update(130))

    assert (line.text, line.was, line.lasted) == ("Packaging", None, None)


def test_the_same_status_again_is_no_news_and_lasts_from_its_beginning() -> None:
    lines = told(update(130), update(130, HOUR), update(30, 3 * HOUR))

    assert [(line.status_id, line.lasted) for line in lines] == [(130, None), (30, 3 * HOUR)]


def test_each_order_counts_for_itself() -> None:
    lines = told(update(130), update(20, HOUR, order_id="PO2"), update(30, 2 * HOUR))

    assert [(line.was and line.was.code, line.lasted) for line in lines] == [
        (None, None),
        (None, None),
        (130, 2 * HOUR),
    ]


def test_an_update_without_a_status_does_not_interrupt_one() -> None:
    lines = told(update(130), update(None, HOUR, said={"courier": "Fleet"}), update(30, 2 * HOUR))

    assert [(line.text, line.lasted) for line in lines] == [
        ("Packaging", None),
        ("Courier: Fleet", None),
        ("Out for delivery", 2 * HOUR),
    ]


def test_E3_what_was_heard_late_counts_where_it_happened() -> None:
    late = update(30, HOUR, received_at=NOON + 9 * HOUR)

    lines = told(update(130), update(40, 3 * HOUR), late)

    assert [(line.status_id, line.lasted) for line in lines] == [(130, None), (30, HOUR), (40, 2 * HOUR)]


def test_E3_what_comes_between_makes_a_second_line_of_what_was_one() -> None:
    """30 at 300 and 500, then 130 at 100, 25 at 200 and 45 at 400: the order was out for delivery twice."""
    heard = [(30, 300), (30, 500), (130, 100), (25, 200), (45, 400)]

    lines = told(*(update(status, at * MINUTE) for status, at in heard))

    assert [line.text for line in lines] == [
        "Packaging",
        "Ready to go",
        "Out for delivery",
        "Deliver again",
        "Out for delivery",
    ]


def test_a_status_that_is_not_given_is_told() -> None:
    lines = told(update(130), update(None, HOUR, said={"status": None}))

    assert [line.text for line in lines] == ["Packaging", "Status not given"]


def test_D25_how_long_before_a_time_that_nobody_knows_is_not_told() -> None:
    unknown = update(130, flags=["clock_untrusted"], at=NOON + 5 * HOUR, received_at=NOON + 5 * HOUR)

    lines = told(unknown, update(30, HOUR))

    assert [(line.text, line.was and line.was.label, line.lasted) for line in lines] == [
        ("Out for delivery", "Packaging", None),
        ("Packaging", None, None),
    ]


# --- what else changed ------------------------------------------------------------------------------------------------


def test_a_change_is_one_against_the_last_that_said_the_part() -> None:
    first, moved = {"eta": [None, "2026-03-12T09:30:00+00:00"]}, {"eta": [None, "2026-03-13T09:30:00+00:00"]}

    lines = told(update(130, said=first), update(130, HOUR), update(130, 2 * HOUR, said=moved))

    assert [line.text for line in lines] == [
        "Packaging",
        "Promised by 1mg: Thu 12 Mar 15:00",
        "Promise moved from Thu 12 Mar 15:00 to Fri 13 Mar 15:00",
    ]


def test_what_is_said_of_the_purchase_by_one_order_is_no_news_from_the_next() -> None:
    rejected = {"rx": "rejected"}

    lines = told(update(None, said=rejected), update(None, HOUR, said=rejected, order_id="PO2"))

    assert [(line.order_id, line.text) for line in lines] == [("PO1", "Prescription rejected")]


def test_what_a_person_should_look_at_is_a_line_after_the_status() -> None:
    lines = told(update(142), update(30, HOUR))

    assert [(line.kind, line.text) for line in lines] == [
        ("status", "Returned and refunded"),
        ("status", "Out for delivery"),
        ("review", "The order left a final status"),
    ]


def test_what_is_about_the_whole_order_stands_where_it_begins() -> None:
    lines = story.tell(
        [replace(one, words={"status": one.words["status"]}) for one in (update(30, HOUR), update(130))],
        [],
        Place("G1", "G1", registered=False),
    )

    assert [line.text for line in lines] == [
        "Packaging",
        "No merchant_order_id; filed under 1mg's own id",
        "Out for delivery",
    ]


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delay", "late"),
    [(timedelta(0), None), (15 * MINUTE, None), (16 * MINUTE, 16 * MINUTE), (-5 * MINUTE, None)],
)
def test_a_line_is_late_after_a_quarter_of_an_hour(delay: timedelta, late: timedelta | None) -> None:
    (line,) = told(update(130, received_at=NOON + delay))

    assert line.heard_after == late


def test_an_update_is_late_once() -> None:
    lines = told(update(130, received_at=NOON + HOUR, said={"courier": "Fleet"}))

    assert [(line.text, line.heard_after) for line in lines] == [("Packaging", HOUR), ("Courier: Fleet", None)]


@pytest.mark.parametrize(("gap", "silence"), [(HOUR, None), (12 * HOUR, None), (13 * HOUR, 13 * HOUR)])
def test_a_silence_is_marked_after_half_a_day(gap: timedelta, silence: timedelta | None) -> None:
    lines = told(update(130), update(30, gap))

    assert [line.silence for line in lines] == [None, silence]


# --- acts -------------------------------------------------------------------------------------------------------------


def test_what_we_did_stands_where_we_did_it() -> None:
    lines = story.tell([update(130), update(30, 2 * HOUR)], [act(HOUR)], PLACE)

    assert [line.text for line in lines] == ["Packaging", "Registered by shop", "Out for delivery"]


def test_at_one_instant_1mg_spoke_first_and_we_in_the_order_of_our_acts() -> None:
    lines = story.tell([update(130)], [act(text="second", pk=2), act(text="first", pk=1)], PLACE)

    assert [line.text for line in lines] == ["Packaging", "first", "second"]


# --- any story --------------------------------------------------------------------------------------------------------

UPDATES = st.lists(
    st.builds(
        lambda status, minutes, order: update(status, minutes * MINUTE, order_id=order),
        st.sampled_from([30, 40, 45, 130]),
        st.integers(0, 10_000),
        st.sampled_from(["PO1", "PO2"]),
    ),
    max_size=12,
    unique_by=lambda update: update.pk,
)


@given(UPDATES, st.randoms(use_true_random=False))
def test_the_story_does_not_depend_on_the_order_it_is_read_in(updates: list[RecordedUpdate], random: Any) -> None:
    shuffled = random.sample(updates, len(updates))

    assert told(*shuffled) == told(*updates)


def test_the_story_of_a_few_updates_is_the_same_in_every_order() -> None:
    updates = [update(status, n * HOUR) for n, status in enumerate((30, 45, 30, 40))]

    assert {tuple(line.text for line in told(*some)) for some in permutations(updates)} == {
        ("Out for delivery", "Deliver again", "Out for delivery", "Delivered")
    }


@given(UPDATES)
def test_nothing_lasted_less_than_no_time_and_no_status_follows_itself(updates: list[RecordedUpdate]) -> None:
    lines = told(*updates)

    assert all(line.lasted is None or line.lasted >= timedelta(0) for line in lines)
    assert all(line.was is None or line.was.code != line.status_id for line in lines)
