"""Ctrl-K: pages, what may be done, and purchases, by a few letters (`static/js/palette.js`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from orders.models import Reveal
from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db(transaction=True)
OPTIONS = "#palette [role=option]"


@pytest.fixture
def opened(signed_in: Callable[[str], Any], post: Any) -> Any:
    """The page of a purchase of Esha Patel's, with the palette open; another one is hers as well."""
    for name in ("PO1", "PO2"):
        body = order_update(name, 130, 1_700_000_000)
        document(body)["delivery_address"]["name"] = "Esha Patel"
        post(body)
    page = signed_in("Operations")
    page.goto("/orders/M-PO1/")
    page.focus("#look-back button")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    return page


def test_it_leads_to_a_page(opened: Any) -> None:
    opened.keyboard.type("refu")
    expect(opened.locator("#palette [aria-selected=true]")).to_have_text("Refunds")

    opened.keyboard.press("Enter")

    expect(opened.locator("h1")).to_have_text("Refunds")


def test_it_does_what_may_be_done_on_the_purchase(opened: Any) -> None:
    opened.keyboard.type("take")
    opened.keyboard.press("Enter")

    expect(opened.locator("#care")).to_contain_text("operations has it")


def test_it_writes_a_note(opened: Any) -> None:
    opened.keyboard.type("note")
    opened.keyboard.press("Enter")

    expect(opened.locator("#note textarea")).to_be_focused()


def test_it_finds_a_purchase_by_a_post_and_shows_no_more_of_people_than_lists(opened: Any) -> None:
    asked: list[tuple[str, str]] = []
    opened.on("request", lambda request: asked.append((request.method, request.url)))

    opened.keyboard.type("patel")
    hit = opened.locator(f"{OPTIONS}:has-text('M-PO2')")
    expect(hit).to_contain_text("Esha P.")
    expect(hit).to_contain_text("7890")
    hit.click()

    expect(opened.locator("h1")).to_have_text("M-PO2")
    opened.keyboard.press("r")
    expect(opened.locator("#customer")).to_contain_text("Esha Patel")
    assert Reveal.objects.get().opened_from == "search"
    assert not [url for _method, url in asked if "patel" in url.lower()]
    assert {method for method, url in asked if "/find/" in url} == {"POST"}


def test_what_is_not_among_its_hits_is_searched(opened: Any) -> None:
    opened.keyboard.type("nobody of that name")
    expect(opened.locator(OPTIONS)).to_have_text(["Search for “nobody of that name”"])

    opened.keyboard.press("Enter")

    expect(opened.locator("main")).to_contain_text("No purchase has “nobody of that name”")


def test_the_last_answer_wins(opened: Any) -> None:
    first = []

    def hold(route: Any) -> None:
        if first:
            route.continue_()
        else:
            first.append(route)

    opened.route("**/find/hits/", hold)
    opened.keyboard.type("M-PO1")
    opened.wait_for_function("performance.now() > 0")
    with opened.expect_response("**/find/hits/"):
        while not first:
            opened.wait_for_timeout(20)
        opened.fill("#palette input", "M-PO2")
    expect(opened.locator(f"{OPTIONS}[data-address]")).to_contain_text(["M-PO2"])
    with opened.expect_response("**/find/hits/"):
        first[0].continue_()

    expect(opened.locator(f"{OPTIONS}[data-address]")).to_contain_text(["M-PO2"])


def test_arrows_choose_and_a_screen_reader_is_told_what(opened: Any) -> None:
    box = opened.locator("#palette input")
    opened.keyboard.type("re")
    expect(opened.locator(OPTIONS).nth(2)).to_be_attached()

    opened.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-activedescendant", "palette-1")
    opened.keyboard.press("ArrowUp")
    opened.keyboard.press("ArrowUp")

    last = opened.locator(OPTIONS).last
    expect(last).to_have_attribute("aria-selected", "true")
    expect(box).to_be_focused()
    expect(opened.locator("#palette p")).to_contain_text("Choices: ")


def test_escape_closes_it_and_gives_the_focus_back(opened: Any) -> None:
    opened.keyboard.press("Escape")

    expect(opened.locator("#palette")).to_be_hidden()
    expect(opened.locator("#look-back button")).to_be_focused()
    assert opened.complaints == []


def test_who_was_signed_out_is_told_so(opened: Any) -> None:
    Session.objects.all().delete()

    opened.keyboard.type("patel")

    expect(opened.locator("#session")).to_contain_text("You were signed out")
    expect(opened.locator("#palette")).to_be_hidden()
