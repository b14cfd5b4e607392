"""The story as the page shows it: an entry for each update or act, by day in India, of one source where asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from orders.choices import Source
from orders.stories import story, timeline
from orders.stories.timeline import Day
from tests.conftest import order_update
from tests.orders.stories.test_story import HOUR, NOON, PLACE, act, told, update


def texts(days: list[Day]) -> list[list[list[str]]]:
    """The lines of each entry of each day."""
    return [[[line.text for line in entry.lines] for entry in day.entries] for day in days]


def test_the_newest_stands_first() -> None:
    days = timeline.by_day(told(update(130), update(40, 50 * HOUR), update(30, 2 * HOUR)))

    assert texts(days) == [[["Delivered"]], [["Out for delivery"], ["Packaging"]]]


def test_what_one_update_says_is_one_entry() -> None:
    days = timeline.by_day(told(update(142), update(30, HOUR, said={"courier": "Fleet"})))

    assert texts(days) == [
        [["Out for delivery", "Courier: Fleet", "The order left a final status"], ["Returned and refunded"]]
    ]


def test_an_entry_with_something_to_look_at_is_marked() -> None:
    (day,) = timeline.by_day(told(update(142), update(30, HOUR)))

    assert [(entry.mark, entry.is_to_review) for entry in day.entries] == [("!", True), ("1", False)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["↑", "✎", "N", "1"]),
        ("1mg", ["1"]),
        ("nimbbl", ["N"]),
        ("us", ["↑"]),
        ("people", ["✎"]),
        ("somebody", ["↑", "✎", "N", "1"]),
    ],
)
def test_only_one_source_may_be_shown(asked: str, found: list[str]) -> None:
    ours = [
        act(HOUR, pk=1, source=Source.NIMBBL),
        act(2 * HOUR, pk=2, source=Source.PERSON),
        act(3 * HOUR, pk=3, source=Source.PORTAL),
    ]

    days = timeline.by_day(story.tell([update(130)], ours, PLACE), asked)

    assert [entry.mark for day in days for entry in day.entries] == found


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 10, 18, 29, tzinfo=UTC), date(2026, 3, 10)),
        (datetime(2026, 3, 10, 18, 30, tzinfo=UTC), date(2026, 3, 11)),
        (datetime(2026, 3, 10, 23, 59, tzinfo=UTC), date(2026, 3, 11)),
    ],
)
def test_F17_a_day_begins_at_midnight_in_india(at: datetime, day: date) -> None:
    (found,) = timeline.by_day(told(update(130, at - NOON)))

    assert found.on == day


def test_an_empty_story_has_no_days() -> None:
    assert timeline.by_day(story.tell([], [], PLACE)) == []


# --- on the page ------------------------------------------------------------------------------------------------------

#: Seconds: noon in India of some day, and an hour later.
AT = 1_699_943_400
SHIPPED = {"delivery_partner_name": "GarudaParcel", "tracking_number": "1795"}


def entries(page: str) -> list[str]:
    """The words of each entry of a page's timeline, newest first."""
    found = re.findall(r'<li class="entry[^"]*">.*?<div>(.*?)</div>', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", "", one).split()) for one in found]


@pytest.mark.django_db
def test_a_delivery_is_one_line_in_words(post: Any, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", 130, AT, eta={"eta_from": 0, "eta_to": AT + 7200}))
    moved = {"eta_from": 0, "eta_to": AT + 90_000}
    post(order_update("PO1", 25, AT + 33 * 60, eta=moved, shipment_detail=SHIPPED))

    newest, _first = entries(as_role("Viewer").get("/orders/M-PO1/").text)

    assert newest.startswith(
        "Ready to go, was Packaging for 33 min · promise moved from Tue 14 Nov 14:00 to Wed 15 Nov 13:00 "
        "· courier: GarudaParcel · waybill: 1795"
    )


@pytest.mark.django_db
def test_the_timeline_of_one_source_has_links_to_the_others(post: Any, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", 130, AT))
    browser = as_role("Viewer")

    people, onemg = (browser.get(f"/orders/M-PO1/?source={source}").text for source in ("people", "1mg"))

    assert (len(entries(people)), len(entries(onemg))) == (0, 1)
    assert "Nothing of that source." in people
    assert '<a href="?source=nimbbl#timeline">' in people


@pytest.mark.django_db
def test_the_links_of_a_page_that_was_asked_for_news_lead_to_the_whole_page(
    post: Any, as_role: Callable[[str], Client]
) -> None:
    post(order_update("PO1", 130, AT))

    page = as_role("Viewer").get("/orders/M-PO1/?source=1mg", headers={"HX-Request": "true"}).text

    assert '<a href="?source=people#timeline">' in page
    assert '<a href="?#timeline">' in page
