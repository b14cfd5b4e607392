"""Pages that bring themselves up to date: only what changed, and nothing under the hand (`static/js/live.js`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from orders.templatetags.moments import duration
from payments.models import PartnerCall
from tests.conftest import order_update

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/orders/M-PO1/"
At = Callable[[str], Any]
NEXT = 9_000  # milliseconds, after which every part of a page has asked again
LIVE = "[...document.querySelectorAll('[data-live]')].map((part) => part.dataset.live || location.pathname)"
A_MOMENT = 100  # of the real clock: until the browser tells what it has begun to ask
#: The words of a banner, after what was drawn first has become what is drawn now.
BROUGHT_UP_TO_DATE = """() => {
  const drawn = (html) => new DOMParser().parseFromString(html, "text/html").querySelector("p");
  const banner = drawn("<p><b>Confirming at 1mg…</b> by asha</p>");
  document.body.append(banner);
  portal.morph(banner, drawn("<p> <b>Not confirmed.</b> <bdi>Order not found</bdi> </p>"));
  return banner.innerText.trim();
}"""


@pytest.fixture
def at(page: Any, signed_in: Callable[[str], Any], post: Any) -> At:
    """A page of a portal with one purchase, on a clock that is put forward by hand."""
    post(order_update("PO1", 130, 1_700_000_000))

    def go(path: str) -> Any:
        page.under_way, page.answered = set(), set()
        page.on("requestfinished", lambda request: page.answered.add(urlsplit(request.url).path))
        page.on("request", lambda request: page.under_way.add(request))
        for over in ("requestfinished", "requestfailed"):
            page.on(over, lambda request: page.under_way.discard(request))
        page.clock.install(time="2026-11-28T09:00:00Z")
        signed_in("Operations").goto(path)
        return page

    return go


def stop_the_clock(page: Any) -> None:
    """From now on time passes only by hand. Every part of the page has been answered since, also by a slow portal."""
    page.clock.pause_at("2026-11-28T09:02:00Z")
    page.answered.clear()
    asked = set(page.evaluate(LIVE))
    let_it_be_answered(page)
    for _ in range(5):
        if asked <= page.answered:
            return
        ask_again(page)
        let_it_be_answered(page)
    pytest.fail(f"the portal does not answer: {asked - page.answered}")


def let_it_be_answered(page: Any) -> None:
    """Wait until nothing is under way, what the page has only just asked among it."""
    page.wait_for_timeout(A_MOMENT)
    while page.under_way:
        page.wait_for_timeout(A_MOMENT)
    page.wait_for_timeout(A_MOMENT)


def ask_again(page: Any) -> None:
    """Let the page ask for news."""
    page.clock.run_for(NEXT)


# --- each page --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status", "shown"),
    [
        ("/", 20, "1mg found no stock"),
        ("/orders/", 30, "Out for delivery"),
        (PAGE, 30, "Out for delivery"),
        ("/deliveries/", 30, "Out for delivery"),
        ("/prescriptions/", 100, "M-PO1"),
    ],
)
def test_what_1mg_says_appears_by_itself(at: At, post: Any, path: str, status: int, shown: str) -> None:
    page = at(path)

    post(order_update("PO1", status, 1_700_000_100))
    ask_again(page)

    expect(page.locator("main")).to_contain_text(shown)
    assert page.complaints == []


def test_a_refund_appears_by_itself(at: At, post: Any) -> None:
    page = at("/refunds/")

    post(order_update("PO1", 99, 1_700_000_100, payment_summary={"total_refund_due": "376.00"}))
    ask_again(page)

    expect(page.locator("main")).to_contain_text("M-PO1")


def test_a_call_appears_by_itself(at: At) -> None:
    page = at("/calls/")

    call = PartnerCall.objects.create(group_id="M-PO1", partner="1mg", operation="confirm", state="unknown", by="asha")
    ask_again(page)

    expect(page.locator("main a.go")).to_have_text(f"#{call.pk}")


@pytest.mark.parametrize("path", ["/find/", "/keys/", PAGE])
def test_the_number_on_the_rail_changes_on_every_page(at: At, post: Any, path: str) -> None:
    page = at(path)

    post(order_update("PO2", 20))
    ask_again(page)

    expect(page.locator("#need-count")).to_have_text("2")


# --- what stays -------------------------------------------------------------------------------------------------------


def told_of_the_way(page: Any, post: Any) -> None:
    """The purchase changes, and its page shows it."""
    post(order_update("PO1", 30, 1_700_000_100))
    ask_again(page)
    expect(page.locator("#timeline")).to_contain_text("Out for delivery")


def test_the_focus_stays_where_it_was(at: At, post: Any) -> None:
    page = at(PAGE)
    page.focus("#look-back button")

    told_of_the_way(page, post)

    expect(page.locator("#look-back button")).to_be_focused()


def test_selected_text_stays_selected(at: At, post: Any) -> None:
    page = at(PAGE)
    page.locator("#timeline li.entry").first.click(click_count=3)
    selected = page.evaluate("String(getSelection())")

    told_of_the_way(page, post)

    assert "Packaging" in selected
    assert page.evaluate("String(getSelection())") == selected


def test_what_is_open_stays_open(at: At, post: Any) -> None:
    post(order_update("PO1", 130, 1_700_000_050, eta={"eta_from": 0, "eta_to": 1_700_090_000}))
    page = at(PAGE)
    page.click(".who summary")
    page.click("#promised-PO1 summary")

    told_of_the_way(page, post)

    expect(page.locator("#promised-PO1")).to_have_attribute("open", "")
    expect(page.locator(".who")).to_have_attribute("open", "")


def test_a_form_that_is_filled_in_stays_as_it_is(at: At, post: Any) -> None:
    page = at(PAGE)
    page.fill("#note textarea", "Half a sent")
    page.fill("#as_of", "2026-01-01T10:00")

    told_of_the_way(page, post)

    expect(page.locator("#note textarea")).to_have_value("Half a sent")
    expect(page.locator("#as_of")).to_have_value("2026-01-01T10:00")


def test_a_part_that_has_not_changed_is_not_drawn_anew(at: At, post: Any) -> None:
    page = at(PAGE)
    parts = ["#customer", "#items", "#money", "#note", "#look-back", "#timeline li:last-child"]
    before = [page.query_selector(part) for part in parts]

    told_of_the_way(page, post)

    now = [page.query_selector(part) for part in parts]
    same = [page.evaluate("([a, b]) => a === b", [a, b]) for a, b in zip(before, now, strict=True)]
    assert same == [True] * len(parts)


def test_words_that_come_beside_others_stay_apart(at: At) -> None:
    page = at(PAGE)

    assert page.evaluate(BROUGHT_UP_TO_DATE) == "Not confirmed. Order not found"


def test_rows_wait_with_moving_until_the_hand_rests(at: At, post: Any) -> None:
    page = at("/deliveries/")
    stop_the_clock(page)

    page.clock.run_for(NEXT - 2_000)
    let_it_be_answered(page)
    post(order_update("PO2", 20))
    page.locator("a.go").hover()
    with page.expect_response("**/deliveries/"):
        page.clock.run_for(2_000)
    expect(page.locator("#need-count")).to_have_text("2")
    expect(page.locator("a.go")).to_have_count(1)
    page.clock.resume()

    expect(page.locator("a.go")).to_have_count(2)


def test_a_row_that_has_the_focus_stays_until_it_is_left(at: At, post: Any) -> None:
    post(order_update("PO1", 20, 1_700_000_050))
    post(order_update("PO2", 20))
    page = at("/")
    page.focus("a.go:has-text('M-PO1')")

    post(order_update("PO1", 40, 1_700_000_200))
    ask_again(page)
    expect(page.locator("#need-count")).to_have_text("1")
    expect(page.locator("a.go:has-text('M-PO1')")).to_be_focused()
    page.focus("#search")
    ask_again(page)

    expect(page.locator("a.go")).to_have_text(["M-PO2"])


# --- asking -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("within_a_minute")
def test_a_page_is_answered_304_while_nothing_is_new(at: At) -> None:
    page = at(PAGE)
    told: list[int] = []
    page.on("response", lambda answer: told.append(answer.status) if answer.url.endswith(PAGE) else None)

    with page.expect_response(f"**{PAGE}"):
        ask_again(page)
    with page.expect_response(lambda answer: answer.url.endswith(PAGE) and answer.status == 304):
        ask_again(page)

    assert (told[0], set(told[1:])) == (200, {304})


def test_a_page_that_nobody_looks_at_asks_for_nothing(at: At) -> None:
    page = at(PAGE)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away ?? true })")
    page.clock.run_for(10 * NEXT)
    asked_meanwhile = list(asked)
    with page.expect_request(f"**{PAGE}"):
        page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")

    assert [url for url in asked_meanwhile if "/static/" not in url] == []


def test_a_page_that_is_not_answered_says_since_when_and_no_longer_once_it_is(at: At) -> None:
    page = at(PAGE)
    stop_the_clock(page)

    page.context.set_offline(True)
    for _ in range(5):
        ask_again(page)
        let_it_be_answered(page)
    expect(page.locator("#not-live")).to_have_text("Not live since 14:32")
    expect(page.locator("#timeline")).to_contain_text("Packaging")
    page.context.set_offline(False)
    ask_again(page)

    expect(page.locator("#not-live")).to_be_hidden()


def test_a_page_is_never_replaced_by_the_one_to_sign_in(at: At) -> None:
    page = at(PAGE)

    Session.objects.all().delete()
    ask_again(page)

    expect(page.locator("#session")).to_contain_text("You were signed out")
    expect(page.locator("#timeline")).to_contain_text("Packaging")
    expect(page.locator("#not-live")).to_be_hidden()


# --- ages -------------------------------------------------------------------------------------------------------------

_DAY = 86_400
AGES = [-5, 0, 1, 59, 60, 61, 3599, 3600, 3660, 7199, _DAY - 1, _DAY, _DAY + 3600, 2 * _DAY, 365 * _DAY, 800 * _DAY]


def test_the_browser_says_how_long_ago_in_the_words_of_the_server(at: At) -> None:
    page = at("/keys/")

    said = page.evaluate("ages => ages.map(portal.duration)", AGES)

    assert said == [duration(timedelta(seconds=age)) for age in AGES]


def test_what_is_some_time_ago_grows_older_without_the_server(at: At) -> None:
    page = at("/keys/")
    stop_the_clock(page)
    page.context.set_offline(True)

    page.clock.run_for(5.5 * 60_000)

    expect(page.locator("#pulse")).to_contain_text("1mg spoke 7 min ago")
