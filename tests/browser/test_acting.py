"""Acting, in a real browser and against both partners over real sockets: what a newcomer is promised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from onemg_portal.sandbox.partners.server import Partners
from tests.payments.conftest import Buy, speak
from tests.payments.conftest import buy as buy  # noqa: PLC0414 - fixtures of the tests of acting
from tests.payments.conftest import key_pair as key_pair  # noqa: PLC0414
from tests.payments.conftest import partners as partners  # noqa: PLC0414

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[str], Any]


def test_a_press_on_confirm_shows_the_answer_and_then_the_order_moving(
    signed_in: SignedIn, buy: Buy, partners: Partners, post: Callable[..., Any]
):
    buy()
    seen = threading.Event()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: seen.wait(14))
    page = signed_in("Operations")
    page.click("text=To confirm")
    page.click("text=M1")

    page.click("#needs a:has-text('Confirm')")
    page.click("button:has-text('Confirm at 1mg')")

    page.wait_for_selector("text=Confirming at 1mg…")
    seen.set()
    page.wait_for_selector("text=Confirmed at 1mg.")
    speak(post, "M1", 130, 1_700_000_100)
    page.wait_for_selector(".head .chip:has-text('Packaging')")
    assert partners.effects("POM1")["confirms_taken"] == 1
    assert page.complaints == []


def test_a_refusal_is_shown_in_1mgs_words(signed_in: SignedIn, buy: Buy, partners: Partners):
    buy()
    partners.misbehave("POM1", "order-not-found")
    page = signed_in("Operations")
    page.goto("/orders/M1/confirm/")

    page.click("button:has-text('Confirm at 1mg')")

    page.wait_for_selector("text=1mg does not know this order: “Order not found”.")


def test_an_outcome_nobody_knows_is_settled_by_a_person(
    signed_in: SignedIn, buy: Buy, partners: Partners, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("payments.sending.SECONDS", 1.0)
    buy()
    partners.misbehave("POM1", "times-out-before-acting", seconds=2)
    page = signed_in("Operations")
    page.goto("/orders/M1/confirm/")
    page.click("button:has-text('Confirm at 1mg')")

    page.click("#needs a:has-text('Find out')")
    page.check("text=It was not confirmed")
    page.fill("[name=why]", "1mg says so on the phone")
    page.click("button:has-text('Settle')")

    page.wait_for_selector("text=It did not work, says operations: “1mg says so on the phone”")
    assert page.complaints == []


def test_an_address_is_changed_at_nimbbl(signed_in: SignedIn, buy: Buy, partners: Partners):
    buy()
    page = signed_in("Operations")
    page.goto("/orders/M1/")
    page.click("text=Update at Nimbbl")
    page.fill("[name=landmark]", "Near the temple")

    page.click("text=Show what will change")
    page.click("text=Send to Nimbbl")

    page.wait_for_selector("text=Nimbbl took the update.")
    assert partners.effects("o_M1")["updates"] == [["shipping_address"]]
    assert page.complaints == []


@pytest.mark.usefixtures("within_a_minute")
def test_the_page_is_left_alone_while_nothing_is_new(
    signed_in: SignedIn, buy: Buy, partners: Partners, post: Callable[..., Any]
):
    buy()
    page = signed_in("Operations")
    page.goto("/orders/M1/confirm/")
    page.click("button:has-text('Confirm at 1mg')")
    page.wait_for_selector("text=Confirmed at 1mg.")
    _hear_that_nothing_is_new(page)  # until then the page may still be changing into what has just been shown

    page.evaluate("document.querySelector('#timeline').dataset.mine = 'kept'")
    _hear_that_nothing_is_new(page)

    expect(page.locator("#timeline")).to_have_attribute("data-mine", "kept")
    speak(post, "M1", 130, 1_700_000_100)
    expect(page.locator("#timeline")).not_to_have_attribute("data-mine", "kept")  # the control: news replaces it


def _hear_that_nothing_is_new(page: Page) -> None:
    with page.expect_response(lambda response: response.status == 304):
        pass
