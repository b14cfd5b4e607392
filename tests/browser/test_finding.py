"""The search box as a person meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import order_update

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., Any]
SignedIn = Callable[[str], Any]


@pytest.fixture
def two(post: Post) -> None:
    """Two purchases of which one has what the other has."""
    for order in ("PO-7788-A", "PO-7788-B"):
        post(order_update(order))


def search(page: Any, typed: str) -> None:
    """With the keyboard alone, and wait for what comes."""
    page.keyboard.press("/")
    page.keyboard.insert_text(typed)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/find/" in url or "PO-7788" in url)


def test_a_slash_a_question_and_enter_find(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")

    search(page, "7788")

    expect(page.locator("a.go")).to_have_text(["M-PO-7788-B", "M-PO-7788-A"])
    expect(page.locator("#search")).to_have_value("7788")
    assert "7788" not in page.url


def test_going_back_from_a_purchase_shows_what_was_found(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")
    search(page, "7788")

    page.click("text=M-PO-7788-A")
    page.wait_for_url("**/orders/M-PO-7788-A/")
    page.go_back()

    expect(page.locator("a.go")).to_have_text(["M-PO-7788-B", "M-PO-7788-A"])


def test_loading_again_shows_what_was_found(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")
    search(page, "7788")

    page.reload()

    expect(page.locator("a.go")).to_have_text(["M-PO-7788-B", "M-PO-7788-A"])


def test_a_pasted_list_may_have_lines(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")
    page.goto("/find/")

    page.fill("main textarea", "PO-7788-A\nPO-404\nPO-7788-B")
    page.click("text=Search them")

    expect(page.locator("main .banner")).to_contain_text("PO-404")
    expect(page.locator("a.go")).to_have_text(["M-PO-7788-A", "M-PO-7788-B"])


def test_a_list_that_is_pasted_into_the_box_is_one(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")
    page.goto("/find/")
    page.evaluate("() => document.querySelector('main textarea').value = 'PO-7788-A\\nPO-7788-404\\nPO-7788-B'")
    page.focus("main textarea")
    page.keyboard.press("Control+A")
    page.keyboard.press("Control+C")

    page.focus("#search")
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")

    expect(page.locator("main .banner")).to_contain_text("PO-7788-404")
    expect(page.locator("a.go")).to_have_text(["M-PO-7788-A", "M-PO-7788-B"])


def test_what_was_typed_stays_when_the_session_has_ended(signed_in: SignedIn, two: None) -> None:
    page = signed_in("Viewer")
    page.context.clear_cookies()

    page.fill("#search", "7788")
    page.press("#search", "Enter")

    expect(page.locator("#session")).to_contain_text("signed out")
    expect(page.locator("#search")).to_have_value("7788")
