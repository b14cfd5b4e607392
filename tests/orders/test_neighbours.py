"""The purchases before and after one in the list that somebody came from."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from orders.models import OrderGroup

pytestmark = pytest.mark.django_db
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
LIST = "http://testserver/orders/"


@pytest.fixture
def browser(as_role: Callable[[str], Client]) -> Client:
    """Six purchases, M1 the oldest; those with even numbers are on their way."""
    for number in range(1, 7):
        at = BEGINNING + timedelta(minutes=number)
        group = OrderGroup.objects.create(merchant_order_id=f"M{number}", first_seen_at=at)
        stage = "fulfil" if number % 2 else "ship"
        group.orders.create(order_id=f"PO{number}", listed_at=at, stage=stage)
    return as_role("Viewer")


def ways(answer: Any) -> dict[str, str]:
    """The links to the purchases beside this one."""
    found = re.findall(r'rel="(prev|next)" href="([^"]+)"', answer.content.decode())
    return {way: html.unescape(address) for way, address in found}


def names(answer: Any) -> dict[str, str]:
    """The purchases beside this one."""
    return {way: address.split("/")[2] for way, address in ways(answer).items()}


@pytest.mark.parametrize(
    ("purchase", "query", "found"),
    [
        ("M3", "", {"prev": "M4", "next": "M2"}),
        ("M4", "?stage=ship", {"prev": "M6", "next": "M2"}),
        ("M6", "?stage=ship", {"next": "M4"}),
        ("M1", "", {"prev": "M2"}),
        ("M3", "?stage=ship", {"prev": "M4", "next": "M2"}),  # it is not in that list any more
        ("M3", "?stage=cancel", {}),
        ("M3", "?since=nonsense", {}),
        ("M3", "?q=m", {}),
    ],
)
def test_they_are_those_of_the_list_one_came_from(
    browser: Client, purchase: str, query: str, found: dict[str, str]
) -> None:
    answer = browser.get(f"/orders/{purchase}/", headers={"Referer": LIST + query})

    assert names(answer) == found


def test_one_goes_on_and_back_in_the_same_list(browser: Client) -> None:
    first = browser.get("/orders/M6/", headers={"Referer": f"{LIST}?stage=ship&older=x"})

    second = browser.get(ways(first)["next"])
    third = browser.get(ways(second)["next"])

    assert names(second) == {"prev": "M6", "next": "M2"}
    assert names(third) == {"prev": "M4"}
    assert "older" not in ways(first)["next"]


def test_what_one_does_on_the_way_leads_back_into_the_list(browser: Client) -> None:
    page = "http://testserver/orders/M4/?list=stage%3Dship"

    answer = browser.get("/orders/M4/", headers={"Referer": page})

    assert names(answer) == {"prev": "M6", "next": "M2"}


@pytest.mark.parametrize(
    "before",
    [
        "",
        "http://testserver/deliveries/",
        "http://testserver/orders/M1/",
        "https://evil.example/orders/?stage=ship",
        "http://[/orders/",
    ],
)
def test_who_came_from_elsewhere_is_shown_none(browser: Client, before: str) -> None:
    answer = browser.get("/orders/M3/", headers={"Referer": before})

    assert (answer.status_code, ways(answer)) == (200, {})


@pytest.mark.parametrize("said", ["%00", "stage%3D%00", "a" * 5000, "%ED%A0%80", "older=x", "&&&"])
def test_U21_no_value_breaks_the_page(browser: Client, said: str) -> None:
    assert browser.get(f"/orders/M3/?list={said}").status_code == 200
