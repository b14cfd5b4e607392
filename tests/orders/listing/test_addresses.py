"""The list narrowed down by pressing a value, and widened again by its pill."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client

from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


@pytest.fixture
def browser(post: Post, as_role: Callable[[str], Client]) -> Client:
    """One purchase: no stock, in Pune, for cash, with a paper that is checked; it goes with GarudaParcel."""
    body = order_update("PO1", 20)
    whole = document(body)
    whole["delivery_address"]["city"] = "Pune"
    whole["prescriptions"] = [{"url": "", "status": "In-progress", "reason": ""}]
    whole["grouped_orders"][0]["payment_summary"]["mode"] = "COD"
    whole["grouped_orders"][0]["shipment_detail"]["delivery_partner_name"] = "GarudaParcel"
    post(body)
    return as_role("Operations")


def links(answer: Any, kind: str) -> list[str]:
    """The addresses of the links of a class, from top to bottom."""
    found = re.findall(rf'<a class="{kind}" href="([^"]+)"', answer.content.decode())
    return [html.unescape(address) for address in found]


def queries(answer: Any, kind: str) -> list[dict[str, list[str]]]:
    """The same as what they ask."""
    return [parse_qs(address.removeprefix("?")) for address in links(answer, kind)]


def test_values_of_a_row_are_links_to_those_that_have_them(browser: Client) -> None:
    page = browser.get("/orders/")

    assert queries(page, "by") == [
        {"city": ["Pune"]},
        {"turn": ["us"]},
        {"mode": ["COD"]},
        {"courier": ["GarudaParcel"]},
    ]
    assert queries(page, "only") == [{"status": ["20"]}, {"prescription": ["in_progress"]}]


@pytest.mark.parametrize("kind", ["by", "only"])
def test_each_of_them_leads_to_the_row_that_it_stands_in(browser: Client, kind: str) -> None:
    for address in links(browser.get("/orders/"), kind):
        assert [row.pk for row in browser.get(f"/orders/{address}").context["page"].rows] == ["M-PO1"], address


def test_pressing_one_adds_to_what_is_set_and_begins_at_the_first_page(browser: Client) -> None:
    page = browser.get("/orders/?turn=us&turn=courier&prescription=rejected&prescription=in_progress&from=x")

    assert {"turn": ["us", "courier"], "prescription": ["rejected", "in_progress"], "city": ["Pune"]} in queries(
        page, "by"
    )


def test_what_is_set_already_is_no_link(browser: Client) -> None:
    page = browser.get("/orders/?city=PUNE&turn=us&courier=garudaparcel&prescription=in_progress&status=20&mode=cod")

    assert (links(page, "by"), links(page, "only")) == ([], [])


def test_who_may_not_see_people_is_shown_no_courier(browser: Client, as_role: Callable[[str], Client]) -> None:
    assert "GarudaParcel" not in as_role("Viewer").get("/orders/").content.decode()


def test_each_pill_takes_one_value_away(browser: Client) -> None:
    page = browser.get("/orders/?city=Pune&city=Goa&wait=24h&status=20&older=x&q=abc")

    assert queries(page, "pill") == [
        {"city": ["Pune", "Goa"], "wait": ["24h"], "status": ["20"]},
        {"city": ["Pune", "Goa"], "status": ["20"], "q": ["abc"]},
        {"city": ["Pune", "Goa"], "wait": ["24h"], "q": ["abc"]},
        {"city": ["Goa"], "wait": ["24h"], "status": ["20"], "q": ["abc"]},
        {"city": ["Pune"], "wait": ["24h"], "status": ["20"], "q": ["abc"]},
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("wait=24h", "Waiting <b>over 24 h</b>"),
        ("owner=me", "Owner <b>Me</b>"),
        ("owner=~nobody", "Owner <b>Nobody</b>"),
        ("turn=us", "Turn <b>Us</b>"),
        ("promise=passed", "Promise <b>Passed</b>"),
        ("prescription=in_progress", "Prescription <b>Being checked</b>"),
        ("cause=late", "Needs <b>Late</b>"),
    ],
)
def test_a_pill_says_it_in_words(browser: Client, query: str, words: str) -> None:
    assert words in " ".join(browser.get(f"/orders/?{query}").content.decode().split())


def test_the_form_keeps_several_of_a_kind(browser: Client) -> None:
    page = " ".join(browser.get("/orders/?city=Pune&city=Goa&turn=us&turn=1mg").content.decode().split())

    assert re.findall(r'<input type="hidden" name="city" value="(\w+)">', page) == ["Pune", "Goa"]
    assert re.findall(r'name="turn" value="(\w+)" checked', page) == ["us", "1mg"]
