"""The page that cancels at 1mg, as staff use it."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from payments import outbox
from payments.choices import State
from payments.models import PartnerCall
from tests.conftest import document, order_update
from tests.forms import fields, opened, press
from tests.payments.cancelling.acting import taken
from tests.payments.conftest import Buy, speak
from tests.payments.faults.acting import T, by_1mg

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Post = Callable[..., Any]
PAGE = "/orders/M1/cancel/"


def text(response: Any) -> str:
    """A page's words."""
    return html.unescape(" ".join(response.content.decode().split()))


def latest() -> PartnerCall:
    """The newest call, after its thread is done."""
    assert outbox.drain(30)
    return PartnerCall.objects.all()[0]


def test_the_page_shows_the_ticks_the_consequence_and_what_would_be_sent(buy: Buy, as_role: AsRole) -> None:
    buy()

    page = text(opened(as_role("Operations"), PAGE))

    assert "Placed: before packing" in page
    assert "the order is cancelled only when its next updates say so" in page
    assert "POST /api/v4/demo-merchant/order/cancel" in page


def test_a_press_asks_1mg_and_leads_to_the_purchase(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    browser = as_role("Operations")

    response = press(browser, PAGE, why="Ordered twice")

    call = latest()
    assert (response.status_code, response["Location"]) == (302, "/orders/M1/")
    assert (call.state, call.by, call.why, taken(partners)) == (State.SUCCEEDED, "operations", "Ordered twice", (1, 1))
    page = text(browser.get("/orders/M1/"))
    assert "Cancellation at 1mg:" in page
    assert "Accepted by 1mg" in page


@pytest.mark.parametrize("why", ["", "   "])
def test_without_a_reason_nothing_is_sent(why: str, buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()

    response = press(as_role("Operations"), PAGE, why=why)

    assert response.status_code == 409
    assert "Cancelling needs a reason" in text(response)
    assert taken(partners) == (0, 0)


def test_M21_what_1mg_packs_while_the_page_is_read_is_not_sent(
    buy: Buy, as_role: AsRole, partners: Partners, post: Post
) -> None:
    buy()
    browser = as_role("Operations")
    read = fields(opened(browser, PAGE), having="why")
    speak(post, "M1", 130, T + 10)

    response = browser.post(PAGE, read | {"why": "Ordered twice"})

    assert response.status_code == 409
    assert "too late, 1mg cancels only until it packs" in text(response)
    assert taken(partners) == (0, 0)


def split(post: Post) -> None:
    """1mg has made two orders of the purchase."""
    for order_id in ("POM1", "POM12"):
        body = order_update(order_id, 15, T)
        document(body).update(merchant_order_id="M1", group_order_id="POM1")
        assert post(body).status_code == 200


def test_of_several_orders_one_is_chosen_first(buy: Buy, as_role: AsRole, post: Post) -> None:
    buy()
    split(post)
    browser = as_role("Operations")

    page = text(browser.get(PAGE))
    chosen = text(browser.get(f"{PAGE}?order=POM12"))

    assert "Which of its orders?" in page
    assert "Before we ask 1mg" not in page
    assert "POM12 alone, of the 2 orders of this purchase; the others go on" in chosen


def test_an_order_of_another_purchase_cannot_be_chosen(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    buy("M2")

    response = press(as_role("Operations"), PAGE, order="POM2", why="Ordered twice")

    assert response.status_code == 409
    assert taken(partners, "M2") == (0, 0)


@pytest.mark.parametrize(("status", "shown"), [(15, True), (160, True), (130, False), (40, False), (99, False)])
def test_the_purchase_has_the_button_while_1mg_may_cancel(status: int, shown: bool, buy: Buy, as_role: AsRole) -> None:
    buy(status=status)

    assert ("Cancel at 1mg…" in text(as_role("Operations").get("/orders/M1/"))) == shown


def test_a_viewer_sees_neither_button_nor_reason(buy: Buy, as_role: AsRole) -> None:
    buy()
    press(as_role("Operations"), PAGE, why="Esha Pariksha moved to 9800000000")
    call = latest()
    viewer = as_role("Viewer")

    pages = [text(viewer.get(path)) for path in ("/orders/M1/", call.get_absolute_url(), "/calls/")]

    assert "Cancel at 1mg…" not in pages[0]
    assert not any("Pariksha" in page or "9800000000" in page for page in pages)


def test_M22_a_person_settles_what_nobody_knows_on_the_calls_page(
    buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy()
    partners.misbehave("POM1", "html", on="cancel")
    browser = as_role("Operations")
    press(browser, PAGE, why="Ordered twice")
    call = latest()

    page = text(browser.get(call.get_absolute_url()))
    response = browser.post(f"/calls/{call.pk}/settle/", {"worked": "no", "why": "1mg said so on the phone"})

    call.refresh_from_db()
    assert "1mg took the cancellation" in page
    assert (response.status_code, call.state) == (302, State.REJECTED)


def test_the_needs_say_that_nobody_knows_what_became_of_it(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    partners.misbehave("POM1", "html", on="cancel")
    browser = as_role("Operations")
    press(browser, PAGE, why="Ordered twice")
    latest()

    doubtful = text(browser.get("/orders/M1/"))
    by_1mg(99)

    assert "Nobody knows whether 1mg or Nimbbl did what it was asked" in doubtful
    assert "Nobody knows" not in text(browser.get("/orders/M1/"))
