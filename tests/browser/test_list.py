"""The list under somebody's hand: rows that open, values that narrow down, and the way back to where one was.

What lies below a row's link is pressed with `force`: that the link lies over it is what is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import document, order_update, payload

pytestmark = pytest.mark.django_db(transaction=True)
PURCHASE = re.compile(r"/orders/M-PO1/$")


@pytest.fixture
def listed(post: Callable[..., Any], signed_in: Any) -> Any:
    """The page with the list of three purchases, the second of which has gone furthest; and one of two orders."""
    for name, status, city in (("PO0", 130, "Goa"), ("PO1", 30, "Pune"), ("PO2", 130, "Pune")):
        body = order_update(name, status)
        document(body)["delivery_address"]["city"] = city
        post(body)
    split = payload("split-order")
    document(split)["merchant_order_id"] = "SPLIT"
    post(split)
    page = signed_in("Operations")
    expect(page.locator("a.go")).to_have_count(4)
    return page


def row(page: Any, name: str) -> Any:
    """The purchase's place in the list."""
    return page.locator("tbody", has=page.locator(f"a.go[href='/orders/{name}/']"))


@pytest.mark.parametrize("where", ["td:nth-child(2) bdi", "td:nth-child(8) time", "td:nth-child(3) .chip"])
def test_a_row_opens_wherever_it_is_pressed(listed: Any, where: str) -> None:
    row(listed, "M-PO1").locator(where).click(force=True)

    expect(listed).to_have_url(PURCHASE)


def test_an_order_of_a_purchase_opens_the_purchase(listed: Any) -> None:
    row(listed, "SPLIT").locator(".child td:nth-child(3)").first.click(force=True)

    expect(listed).to_have_url(re.compile(r"/orders/SPLIT/$"))


@pytest.mark.parametrize("where", ["td:nth-child(5)", "td:nth-child(2) bdi"])
def test_a_row_opens_beside_with_ctrl(listed: Any, where: str) -> None:
    with listed.context.expect_page() as opened:
        row(listed, "M-PO1").locator(where).click(modifiers=["Control"], force=True)

    expect(opened.value).to_have_url(PURCHASE)
    expect(listed).to_have_url(re.compile(r"/orders/$"))


def test_a_row_opens_beside_with_the_middle_button(listed: Any) -> None:
    with listed.context.expect_page() as opened:
        row(listed, "M-PO1").locator("td:nth-child(5)").click(button="middle", force=True)

    expect(opened.value).to_have_url(PURCHASE)


def test_a_value_in_a_row_narrows_the_list_down_and_its_pill_widens_it(listed: Any) -> None:
    row(listed, "M-PO1").get_by_role("link", name="Pune").click()
    expect(listed.locator("a.go")).to_have_text(["M-PO2", "M-PO1"])

    row(listed, "M-PO1").get_by_role("link", name="Only “Out for delivery”").click()
    expect(listed.locator("a.go")).to_have_text(["M-PO1"])

    listed.locator("a.pill", has_text="Out for delivery").click()
    expect(listed.locator("a.go")).to_have_text(["M-PO2", "M-PO1"])
    assert listed.complaints == []


def test_boxes_are_ticked_in_the_form(listed: Any) -> None:
    listed.locator(".pick", has_text="Status").locator("summary").click()
    for label in ("Packaging (130)", "Out for delivery (30)"):
        listed.get_by_label(label).check()

    listed.get_by_role("button", name="Filter").click()

    expect(listed.locator(".pill b")).to_have_text(["Packaging (130)", "Out for delivery (30)"])


@pytest.mark.parametrize("way", ["All orders", "the browser's"])
def test_back_in_the_list_the_row_is_marked_and_has_the_focus(listed: Any, way: str) -> None:
    listed.goto("/orders/?status=130&status=30")
    row(listed, "M-PO1").locator("a.go").click()
    expect(listed).to_have_url(PURCHASE)

    if way == "All orders":
        listed.get_by_role("link", name=way).click()
    else:
        listed.go_back()

    expect(listed).to_have_url(re.compile(r"/orders/\?status=130&status=30$"))
    expect(row(listed, "M-PO1").locator("a.go")).to_be_focused()
    expect(row(listed, "M-PO1")).to_have_attribute("data-here", "")
    assert listed.complaints == []


def test_who_comes_another_way_is_taken_to_no_row(listed: Any) -> None:
    row(listed, "M-PO1").locator("a.go").click()
    expect(listed).to_have_url(PURCHASE)

    listed.locator(".rail").get_by_role("link", name="Orders").click()

    expect(listed.locator("a.go")).to_have_count(4)
    expect(listed.locator("[data-here]")).to_have_count(0)


def test_a_view_is_saved_in_one_press_and_counted(listed: Any) -> None:
    listed.goto("/orders/?status=130")
    listed.get_by_text("Save this view").click()
    listed.get_by_placeholder("Name", exact=True).fill("In the box")

    listed.get_by_role("button", name="Save", exact=True).click()

    tab = listed.get_by_role("navigation", name="Saved views").get_by_role("link", name="In the box")
    expect(tab.locator("b")).to_have_text("3")  # those that were made here, and the published one
    expect(tab).to_have_attribute("aria-current", "page")
    assert listed.complaints == []


def test_without_script_all_of_it_works(listed: Any, chromium: Any, live_server: Any) -> None:
    cookies = listed.context.cookies()
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False)
    context.add_cookies(cookies)
    plain = context.new_page()
    plain.goto("/orders/")

    row(plain, "M-PO1").locator("td:nth-child(5)").click(force=True)
    expect(plain).to_have_url(PURCHASE)
    plain.get_by_role("link", name="All orders").click()
    row(plain, "M-PO1").get_by_role("link", name="Pune").click()
    expect(plain.locator("a.go")).to_have_text(["M-PO2", "M-PO1"])
    plain.get_by_text("Save this view").click()
    plain.get_by_placeholder("Name", exact=True).fill("Pune")
    plain.get_by_role("button", name="Save", exact=True).click()

    expect(plain.get_by_role("navigation", name="Saved views").get_by_role("link", name="Pune")).to_have_count(1)
    context.close()
