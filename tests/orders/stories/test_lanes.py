"""The lanes of a split purchase: where each status, promise and moment stands on the one axis."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from orders.statuses import STATUSES, status_of
from orders.stories import lanes
from orders.stories.lanes import Chart, Span, Way
from tests.conftest import payload
from tests.orders.stories.test_story import HOUR, MINUTE, NOON


def way(order_id: str, *began: tuple[int, timedelta], **etas: timedelta) -> Way:
    """An order that has gone through these statuses, each so long after noon."""
    promised = {name: NOON + after for name, after in etas.items()}
    return Way(order_id, [(status_of(code), NOON + after) for code, after in began], **promised)


def drawn(*ways: Way, now: timedelta = 10 * HOUR) -> Chart:
    """The chart, so long after noon."""
    found = lanes.chart(ways, NOON + now)
    assert found is not None
    return found


def spans(chart: Chart) -> list[list[tuple[float, float]]]:
    """Place and width of each segment of each lane."""
    return [[(segment.span.x, segment.span.width) for segment in lane.segments] for lane in chart.lanes]


def test_each_status_reaches_to_the_next_one() -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR), (30, 5 * HOUR), (40, 8 * HOUR)), way("PO2", (120, 5 * HOUR)))

    assert spans(chart) == [[(0, 50), (50, 30), (80, 0)], [(50, 50)]]


def test_what_is_over_is_a_moment() -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR), (40, 5 * HOUR)), way("PO2", (130, 0 * HOUR), (99, 10 * HOUR)))

    assert [lane.segments[-1].span.points for lane in chart.lanes] == [True, True]


def test_the_axis_reaches_to_the_last_promise() -> None:
    chart = drawn(
        way("PO1", (130, 0 * HOUR), eta_from=15 * HOUR, eta_to=20 * HOUR), way("PO2", (130, 0 * HOUR), eta_to=5 * HOUR)
    )

    assert [lane.promise for lane in chart.lanes] == [Span(75, 25), Span(25, 0)]
    assert chart.now == 50


def test_where_nothing_goes_on_there_is_no_now() -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR), (40, HOUR)), way("PO2", (99, 2 * HOUR)), now=9 * HOUR)

    assert chart.now is None
    assert spans(chart) == [[(0, 50), (50, 0)], [(100, 0)]]


@pytest.mark.parametrize(
    ("ways", "delivered"),
    [
        ([way("PO1", (40, HOUR)), way("PO2", (130, HOUR)), way("PO3", (40, HOUR))], 2),
        ([way("PO1", (40, HOUR), (140, 2 * HOUR)), way("PO2", (130, HOUR))], 0),
    ],
)
def test_it_counts_what_is_delivered(ways: list[Way], delivered: int) -> None:
    assert drawn(*ways).delivered == delivered


@pytest.mark.parametrize("ways", [[], [way("PO1", (130, HOUR))], [way("PO1"), way("PO2")]])
def test_there_is_no_chart_of_one_order_nor_of_nothing(ways: list[Way]) -> None:
    assert lanes.chart(ways, NOON) is None


def test_an_order_of_which_nothing_is_known_has_an_empty_lane() -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR)), way("PO2"))

    assert spans(chart) == [[(0, 100)], []]


def test_a_word_stands_only_where_it_has_room() -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR), (30, 9 * HOUR)), way("PO2", (120, 0 * HOUR)))

    assert [segment.word for segment in chart.lanes[0].segments] == ["Packaging", ""]


@pytest.mark.parametrize(
    ("length", "marks"),
    [
        (40 * MINUTE, ["12:15", "12:30"]),
        (10 * HOUR, ["15:00", "18:00", "21:00"]),
        (30 * HOUR, ["Wed 11 Mar", "12:00"]),
        (timedelta(days=60), ["Apr 2026", "May 2026"]),
        (timedelta(days=900), ["Oct 2026", "Jun 2027", "Jan 2028"]),
    ],
)
def test_the_axis_has_a_few_round_moments(length: timedelta, marks: list[str]) -> None:
    chart = drawn(way("PO1", (130, 0 * HOUR)), way("PO2", (130, 0 * HOUR)), now=length)

    assert [words for _x, words in chart.marks][: len(marks)] == marks


MOMENTS = st.integers(0, 3000).map(lambda days: NOON + timedelta(days=days))
BEGAN = st.lists(st.tuples(st.sampled_from(list(STATUSES.values())), MOMENTS), max_size=5)
WAYS = st.lists(
    st.builds(
        lambda began, *etas: Way("PO", sorted(began, key=lambda one: one[1]), *etas),
        BEGAN,
        st.none() | MOMENTS,
        st.none() | MOMENTS,
    ),
    max_size=4,
)


@given(WAYS)
def test_nothing_stands_outside_the_axis(ways: list[Way]) -> None:
    chart = lanes.chart(ways, NOON + timedelta(days=3650))

    drawn_at = [segment.span for lane in chart.lanes for segment in lane.segments] if chart else []
    assert all(0 <= span.x <= 100 and span.width >= 0 and span.x + span.width <= 100.01 for span in drawn_at)
    assert chart is None or len(chart.marks) <= 5


# --- on the page ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_page_draws_a_lane_for_each_order_and_says_the_same_as_a_table(
    post: Any, as_role: Callable[[str], Client]
) -> None:
    post(payload("split-order"))

    page = as_role("Viewer").get("/orders/PO122434/").text

    assert len(re.findall(r'<svg class="way"', page)) == 2
    assert "0 of 2 delivered" in page
    table = page.partition('id="lanes-table"')[2].partition("</table>")[0]
    assert re.findall(r'<td class="mono">(\w+)</td>\s*<td>([\w ]+)</td>', table) == [
        ("PO19719451082", "Ready to go"),
        ("PO29520488322536", "Packaging"),
    ]


@pytest.mark.django_db
def test_U7_the_drawing_has_no_style_of_its_own(post: Any, as_role: Callable[[str], Client]) -> None:
    post(payload("split-order"))

    page = as_role("Viewer").get("/orders/PO122434/").text

    assert re.findall(r"<[^>]*\sstyle=", page) == []
