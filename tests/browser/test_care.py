"""Notes, tags and who has a purchase open, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import expect

from orders.care import presence
from orders.models import Act, Presence
from tests.conftest import order_update
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[str], Any]


@pytest.fixture
def opened(signed_in: SignedIn, post: Any) -> Any:
    """The page of a purchase that looks for news, since somebody has just acted on it."""
    post(order_update("PO1", 130, 1_700_000_000))
    now = timezone.now()
    Act.objects.create(group_id="M-PO1", at=now, received_at=now, source="portal", kind="call", text="Asked")
    page = signed_in("Operations")
    page.goto("/orders/M-PO1/")
    return page


def test_what_is_being_typed_outlives_the_news(opened: Any, post: Any) -> None:
    opened.fill("#note textarea", "Half a sent")
    opened.fill("#add-tag [name=tag]", "half a t")

    post(order_update("PO1", 30, 1_700_000_100))
    expect(opened.locator("#timeline")).to_contain_text("Out for delivery")

    expect(opened.locator("#note textarea")).to_have_value("Half a sent")
    expect(opened.locator("#add-tag [name=tag]")).to_have_value("half a t")
    assert opened.complaints == []


def test_a_note_and_a_tag_are_written_and_the_purchase_taken_with_the_keyboard_alone(opened: Any) -> None:
    opened.focus("#care button:has-text('Take')")
    opened.keyboard.press("Enter")
    expect(opened.locator("#care")).to_contain_text("operations has it")
    opened.focus("#add-tag [name=tag]")
    opened.keyboard.type("call back")
    opened.keyboard.press("Enter")
    expect(opened.locator("#care .pill")).to_contain_text("call back")
    opened.focus("#note textarea")
    opened.keyboard.type("Comes at six")
    opened.keyboard.press("Tab")
    opened.keyboard.press("Enter")

    expect(opened.locator("#timeline")).to_contain_text("Note: “Comes at six”")


def test_an_open_page_says_so_to_the_others_and_names_them(opened: Any) -> None:
    until(lambda: Presence.objects.filter(user__username="operations").exists())

    presence.sign("M-PO1", User.objects.create_user("asha"))
    opened.reload()

    expect(opened.locator("#openers")).to_contain_text("Opened by asha")
    assert opened.complaints == []
