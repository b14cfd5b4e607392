"""The pages as a person meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.conftest import NAMES, order_update, payload

pytestmark = pytest.mark.django_db(transaction=True)
PAGES = [
    "/orders/",
    "/orders/PO122434/",
    "/orders/?stage=ship&city=Bengaluru",
    "/orders/?since=nonsense",
    "/deliveries/",
    "/deliveries/?outcome=applied",
    "/api/docs/",
]


@pytest.fixture
def published(post: Callable[..., Any]) -> None:
    """The ten published bodies, received."""
    for name in NAMES:
        post(payload(name))


def test_no_page_gives_the_browser_anything_to_complain_about(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")

    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("load")

    assert page.complaints == []


def test_no_page_scrolls_sideways(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")

    wider = []
    for path in ("/orders/", "/orders/PO122434/", "/deliveries/"):
        page.goto(path)
        for width in (320, 390, 800, 1000, 1200, 1400):
            page.set_viewport_size({"width": width, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wider.append((path, width))

    assert wider == []


def test_eight_rows_of_now_stand_on_a_small_screen(signed_in: Any, post: Any) -> None:
    for number in range(9):
        post(order_update(f"PO{number}", 20, 1_700_000_000))
    page = signed_in("Operations")
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto("/")

    ends = page.locator("#rows tbody").evaluate_all("all => all.map(one => one.getBoundingClientRect().bottom)")

    assert (len(ends), ends[7] <= 768) == (9, True), ends


def test_a_status_changes_in_place_and_new_purchases_wait_behind_a_pill(signed_in: Any, post: Any) -> None:
    post(order_update("PO1", 130, 1_700_000_000))
    page = signed_in("Operations")
    page.wait_for_selector("td >> text=Packaging")

    post(order_update("PO1", 30, 1_700_000_100))
    post(order_update("PO2", 130, 1_700_000_000))
    page.wait_for_selector("td >> text=Out for delivery", timeout=60_000)

    expect(page.locator(".pill.new")).to_have_text("1 new · show")
    expect(page.locator("a.go")).to_have_text(["M-PO1"])


def test_the_pill_shows_what_is_new(signed_in: Any, post: Any) -> None:
    post(order_update("PO1"))
    page = signed_in("Operations")
    post(order_update("PO2"))
    page.wait_for_selector(".pill.new", timeout=60_000)

    page.click(".pill.new")
    page.wait_for_selector("text=M-PO2")

    expect(page.locator("a.go")).to_have_text(["M-PO2", "M-PO1"])


def test_an_empty_portal_says_what_will_come(signed_in: Any, live_server: Any) -> None:
    page = signed_in("Operations")

    expect(page.locator(".empty strong")).to_have_text("1mg has not sent an order yet")
    expect(page.locator(".empty code")).to_have_text(f"{live_server.url}/update-status/")


def test_the_first_order_appears_by_itself(signed_in: Any, post: Any) -> None:
    page = signed_in("Operations")

    post(order_update("PO1"))
    page.wait_for_selector("text=M-PO1", timeout=60_000)

    expect(page.locator("a.go")).to_have_text(["M-PO1"])


def test_slash_goes_to_the_search_and_an_exact_id_to_its_purchase(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")

    page.keyboard.press("/")
    page.keyboard.type("PO29520488322536")
    page.keyboard.press("Enter")
    page.wait_for_url("**/orders/PO122434/")

    expect(page.locator("h1")).to_have_text("PO122434")


def test_case_F1_filter_is_pressed_with_everything_else_left_open(signed_in: Any, published: None) -> None:
    page = signed_in("Viewer")

    page.fill("[name=city]", " BENGALURU ")
    page.click("text=Filter")
    page.wait_for_url("**city=**")

    expect(page.locator("a.go")).to_have_text(["PO122434"])
    expect(page.locator(".pill", has_text="BENGALURU")).to_have_count(1)
    assert page.complaints == []


def test_a_pill_removes_its_filter(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")
    page.goto("/orders/?city=Nowhere&stage=ship")
    expect(page.locator(".empty strong")).to_have_text("No purchase matches")

    page.click("a.pill:has-text('City')")

    expect(page.locator("a.go")).to_have_text(["PO122434"])


def test_apply_again_says_what_came_of_it(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")
    page.goto("/deliveries/")
    page.click("a.go >> nth=0")

    page.click("text=Apply again")

    expect(page.locator("[role=status]")).to_contain_text("Applied again: ")


def test_a_viewer_cannot_read_who_it_is(signed_in: Any, published: None) -> None:
    page = signed_in("Viewer")

    page.goto("/orders/PO122434/")

    text = page.locator("main").inner_text()
    assert ["USER1" in text, "1234567890" in text, "Ranjan11" in text, "Rishiraj" in text] == [False] * 4


def test_a_wrong_password_says_so_without_telling_which_half(page: Any, live_server: Any) -> None:
    page.goto("/login/")
    page.fill("[name=username]", "nobody")
    page.fill("[name=password]", "nothing")

    page.click("button")

    expect(page.locator("[role=alert]")).to_have_text("That name and password do not match an account.")


def test_tab_reaches_the_page_first(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_our_own_script_weighs_at_most_25_kb(signed_in: Any, published: None) -> None:
    page = signed_in("Operations")
    urls = page.eval_on_selector_all("script[src]", "found => found.map(s => s.src)")

    weights = {url: len(page.request.get(url).body()) for url in urls if "/js/" in url}

    assert len(weights) > 5
    assert sum(weights.values()) <= 25 * 1024


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/orders/?stage=ship&city=Bengaluru", "All orders"),
        ("/deliveries/?outcome=applied", "All deliveries"),
        ("/orders/", "All orders"),
    ],
)
def test_case_F24_the_way_back_leads_to_the_list_one_came_from(
    signed_in: Any, published: None, address: str, back: str
) -> None:
    page = signed_in("Operations")
    page.goto(address)
    page.click("a.go >> nth=0")
    page.wait_for_selector(f"text={back}")
    page.reload()

    page.click(f"text={back}")

    expect(page).to_have_url(re.compile(re.escape(address) + "$"))
    assert page.complaints == []
