"""Asking 1mg and confirming several, in a real browser: one press copies and marks, and ticks outlive the news."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from onemg_portal.sandbox.partners.server import Partners
from orders.models import Ask, Need
from tests.conftest import document, order_update
from tests.payments.conftest import Buy
from tests.payments.conftest import buy as buy  # noqa: PLC0414 - fixtures of the tests of acting
from tests.payments.conftest import key_pair as key_pair  # noqa: PLC0414
from tests.payments.conftest import partners as partners  # noqa: PLC0414

pytestmark = pytest.mark.django_db(transaction=True)
SignedIn = Callable[[str], Any]
#: A screen of staff's.
DESK = {"width": 1366, "height": 768}


@pytest.fixture
def three(post: Callable[..., Any]) -> None:
    """Three orders that 1mg has no stock for."""
    for number in range(3):
        body = order_update(f"PO{number}", 20, 1_700_000_000 + number, eta=None)
        document(body)["grouped_orders"][0]["payment_summary"] |= {"mode": "COD", "online_collected": 0}
        assert post(body).status_code == 200


def test_one_press_copies_the_ticked_and_marks_them(three: None, signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/asks/")
    page.uncheck("[aria-label='Ask about M-PO1']")

    page.click("button:has-text('Copy and mark as asked')")

    expect(page.locator("#message")).to_contain_text("our order M-PO2.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert [f"our order M-PO{n}." in copied for n in range(3)] == [True, False, True]
    assert copied.startswith("Allocation failed. Will each be fulfilled")
    assert sorted(Ask.objects.values_list("group", flat=True)) == ["M-PO0", "M-PO2"]
    assert page.complaints == []


def test_the_purchase_is_asked_about_with_one_press_too(three: None, signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/orders/M-PO1/")

    page.click("button:has-text('Copy it and mark as asked')")

    expect(page.locator("#message")).to_contain_text("our order M-PO1.")
    assert "our order M-PO1." in page.evaluate("navigator.clipboard.readText()")
    assert Need.objects.get(group="M-PO1").asked_by == "operations"


def test_a_table_can_be_had_and_then_the_message(three: None, signed_in: SignedIn) -> None:
    page = signed_in("Operations")
    page.goto("/asks/")

    with page.expect_download() as download:
        page.click("button:has-text('CSV of the ticked')")
    page.click("button:has-text('Copy and mark as asked')")

    assert download.value.suggested_filename.startswith("ask-1mg-allocation-")
    expect(page.locator("#message")).to_contain_text("our order M-PO0.")


def test_ticks_outlive_the_news_and_each_is_confirmed(signed_in: SignedIn, buy: Buy, partners: Partners) -> None:
    for name in ("M1", "M2"):
        buy(name)
    page = signed_in("Operations")
    page.goto("/?cause=to_confirm")
    page.check("#tick-M1")
    page.check("#tick-M2")
    page.click("h1")  # the focus leaves the rows, so that they are refreshed

    buy("M3")
    expect(page.locator("#tick-M3")).to_be_visible()
    expect(page.locator("#tick-M1")).to_be_checked()
    page.click("button:has-text('Confirm the ticked…')")
    page.click("button:has-text('Confirm the ticked at 1mg')")

    expect(page.locator("#results")).to_contain_text("Succeeded: 2")
    assert [partners.effects(f"POM{n}")["confirms_taken"] for n in (1, 2, 3)] == [1, 1, 0]
    assert page.complaints == []


def test_the_confirm_button_is_in_sight(signed_in: SignedIn, buy: Buy) -> None:
    buy()
    page = signed_in("Operations")
    page.set_viewport_size(DESK)

    page.goto("/orders/M1/confirm/")

    expect(page.locator("button:has-text('Confirm at 1mg')")).to_be_in_viewport(ratio=1)


def test_several_are_pressed_without_scrolling(signed_in: SignedIn, buy: Buy) -> None:
    for name in ("M1", "M2"):
        buy(name)
    page = signed_in("Operations")
    page.set_viewport_size(DESK)

    page.goto("/confirm/?id=M1&id=M2")

    expect(page.locator("button:has-text('Confirm the ticked at 1mg')")).to_be_in_viewport(ratio=1)
