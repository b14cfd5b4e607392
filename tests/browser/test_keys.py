"""Working with the keyboard alone, and switching that off (`static/js/keys.js`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from orders.models import Act, Care
from tests.browser.conftest import PASSWORD
from tests.conftest import order_update, payload

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[str], Any]


@pytest.fixture
def listed(signed_in: SignedIn, post: Any) -> Any:
    """The list of three purchases."""
    for name in ("PO1", "PO2", "PO3"):
        post(order_update(name, 130, 1_700_000_000))
    page = signed_in("Operations")
    expect(page.locator("a.go")).to_have_text(["M-PO3", "M-PO2", "M-PO1"])
    return page


@pytest.fixture
def opened(signed_in: SignedIn, post: Any) -> Any:
    """The page of a purchase that 1mg found no stock for."""
    post(order_update("PO1", 20, 1_700_000_000))
    page = signed_in("Operations")
    page.goto("/orders/M-PO1/")
    return page


def press(page: Any, *keys: str) -> None:
    """Press some keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("letter", "heading"),
    [
        ("n", "Now"),
        ("o", "Orders"),
        ("p", "Prescriptions"),
        ("r", "Refunds"),
        ("d", "Deliveries"),
        ("c", "Calls"),
    ],
)
def test_g_and_a_letter_go_to_a_page(listed: Any, letter: str, heading: str) -> None:
    listed.goto("/find/")

    press(listed, "g", letter)

    expect(listed.locator("h1")).to_have_text(heading)


def test_j_and_k_mark_rows_and_enter_opens_one(listed: Any) -> None:
    press(listed, "j", "j", "j", "j", "k")
    expect(listed.locator("a.go:focus")).to_have_text("M-PO2")

    press(listed, "Enter")

    expect(listed.locator("h1")).to_have_text("M-PO2")


def test_brackets_go_along_the_list_one_came_from(listed: Any) -> None:
    listed.click("text=M-PO2")
    expect(listed.locator("h1")).to_have_text("M-PO2")

    press(listed, "]")
    expect(listed.locator("h1")).to_have_text("M-PO1")
    press(listed, "[")

    expect(listed.locator("h1")).to_have_text("M-PO2")


def test_n_writes_a_note(opened: Any) -> None:
    press(opened, "n")

    expect(opened.locator("#note textarea")).to_be_focused()
    expect(opened.locator("#note textarea")).to_have_value("")


def test_t_takes_the_purchase(opened: Any) -> None:
    press(opened, "t")

    expect(opened.locator("#care")).to_contain_text("operations has it")
    assert Care.objects.get().owner is not None


def test_z_puts_it_off(opened: Any) -> None:
    press(opened, "z")

    expect(opened.locator("h1")).to_have_text("Put it off")


def test_r_shows_whose_it_is_in_place_and_news_leave_it_so(signed_in: SignedIn, post: Any) -> None:
    post(payload("out-for-delivery-in-house"))
    page = signed_in("Operations")
    page.clock.install()
    page.goto("/orders/PO122434/")
    page.fill("#note textarea", "Half a sent")
    page.locator("h1").click()

    press(page, "r")

    expect(page.locator("#customer a[href^=tel]").first).to_have_text("1234567890")
    expect(page.locator("#customer")).to_be_focused()
    expect(page.locator("#note textarea")).to_have_value("Half a sent")
    post(order_update("PO29520488322536", 40, 1_900_000_000, merchant_order_id="PO122434"))
    page.clock.run_for(9_000)
    expect(page.locator("#timeline")).to_contain_text("Delivered")
    expect(page.locator("#customer a[href^=tel]").first).to_have_text("1234567890")
    assert page.complaints == []


def test_question_mark_lists_the_keys(opened: Any) -> None:
    press(opened, "?")

    expect(opened.locator("main")).to_contain_text("show contact and address")


@pytest.mark.parametrize("place", ["#note textarea", "#search", "#add-tag [name=tag]", "#as_of"])
def test_keys_do_nothing_while_somebody_types(opened: Any, place: str) -> None:
    opened.focus(place)

    press(opened, "t", "z", "r", "g", "n")

    expect(opened.locator(place)).to_be_focused()
    expect(opened.locator("h1")).to_have_text("M-PO1")
    assert not Act.objects.filter(act="taken").exists()


@pytest.mark.parametrize("modifier", ["Control", "Alt", "Meta"])
def test_keys_do_nothing_with_a_modifier(opened: Any, modifier: str) -> None:
    press(opened, f"{modifier}+z", f"{modifier}+t")
    press(opened, "n")

    expect(opened.locator("#note textarea")).to_be_focused()
    assert not Act.objects.filter(act="taken").exists()


def test_switched_off_they_stay_off_for_who_did_it_until_switched_on(opened: Any) -> None:
    opened.goto("/keys/")
    opened.click("text=Switch single keys off")
    opened.click(".who summary")
    opened.click("text=Sign out")
    opened.fill("[name=username]", "operations")
    opened.fill("[name=password]", PASSWORD)
    opened.click("button")
    opened.wait_for_url("/")

    press(opened, "g", "n", "/")
    expect(opened.locator("#search")).not_to_be_focused()
    opened.goto("/keys/")
    opened.click("text=Switch them on")
    expect(opened.locator("#keys")).to_contain_text("Switch single keys off")
    press(opened, "/")

    expect(opened.locator("#search")).to_be_focused()
