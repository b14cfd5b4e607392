"""A1, A5, A7: what is sent is what was read: page, press and sending see the same, or nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.models import OrderGroup
from payments import outbox
from payments.models import PartnerCall, Payment
from tests.conftest import document, order_update
from tests.forms import fields, opened, press
from tests.payments.conftest import Buy, between, speak
from tests.payments.test_views import latest, text

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Post = Callable[..., Any]
T = 1_700_000_000
PATH = "/orders/M1/confirm/"


def open_page(browser: Client, path: str = PATH) -> dict[str, Any]:
    """The form of a page that somebody opens now and presses later."""
    return fields(opened(browser, path))


def nothing_sent(partners: Partners) -> bool:
    """Nothing reached 1mg."""
    return partners.effects("POM1")["confirms_received"] == 0


@pytest.mark.parametrize("later", [{"payment_status": "reversed"}, {"paid_amount": "5.00"}])
def test_A1_an_override_covers_the_amount_that_was_read(
    later: dict[str, str], buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy(paid_amount="660.00")
    browser = as_role("Administrator")
    form = open_page(browser)
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", **later)

    browser.post(PATH, form | {"override": "paid", "why": "They paid a little more"})

    call = latest()
    assert (call.state, nothing_sent(partners)) == ("abandoned", True)
    assert "That is not what was read when it was asked for" in call.said


def test_A1_what_nimbbl_has_said_to_somebody_else_since_stops_the_press(
    buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy(paid_amount="660.00")
    browser = as_role("Administrator")
    form = open_page(browser)
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", paid_amount="5.00")
    Payment.objects.update(answered_at="2026-01-01T00:00:00Z", asked_at=None)
    opened(browser, PATH)

    answer = browser.post(PATH, form | {"override": "paid", "why": "They paid a little more"})

    assert answer.status_code == 409
    assert "This is not what you read any more" in text(answer)
    assert nothing_sent(partners)


def test_A1_control_while_nothing_changes_it_is_sent(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy(paid_amount="660.00")
    browser = as_role("Administrator")

    answer = browser.post(PATH, open_page(browser) | {"override": "paid", "why": "They paid a little more"})

    assert (answer.status_code, latest().state) == (302, "succeeded")


def test_A1_another_reason_of_the_same_check_is_another_matter(
    buy: Buy, as_role: AsRole, partners: Partners, post: Post
) -> None:
    buy(status=777)
    browser = as_role("Administrator")
    form = open_page(browser)
    speak(post, "M1", 99, T + 100)

    answer = browser.post(PATH, form | {"override": "open", "why": "777 is a check of theirs"})

    assert answer.status_code == 409
    assert nothing_sent(partners)


def test_A1_what_did_not_fail_on_the_page_is_not_overridden_by_it(
    buy: Buy, as_role: AsRole, partners: Partners, post: Post
) -> None:
    buy()
    browser = as_role("Administrator")
    form = open_page(browser)
    speak(post, "M1", 99, T + 100)

    answer = browser.post(PATH, form | {"override": ["open", "paid"], "why": "I know"})

    assert answer.status_code == 409
    assert nothing_sent(partners)


def test_A1_a_press_without_a_page_is_about_nothing(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()

    assert as_role("Administrator").post(PATH, {"override": "paid", "why": "x"}).status_code == 409
    assert nothing_sent(partners)


@pytest.mark.parametrize(
    "later",
    [{"payment_status": "reversed"}, {"refunded_amount": "652.36"}, {"paid_amount": "600.00"}],
)
def test_A1_what_changes_between_press_and_sending_stops_it_and_is_named(
    later: dict[str, str], buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy()
    browser = as_role("Operations")
    form = open_page(browser)
    told = {"merchant_order_id": "M1", "onemg_order_id": "POM1", "nimbbl_order_id": "o_M1"}
    between(partners, lambda: partners.tell(**told | later), of_a_page=True)

    browser.post(PATH, form)

    call = latest()
    assert (call.state, nothing_sent(partners)) == ("abandoned", True)
    assert call.said.startswith("Not sent: ")


def two_of_1mgs(post: Post) -> None:
    """1mg speaks of a purchase by its group's id, and of two parts of it."""
    for part in ("POB5a", "POB5b"):
        body = order_update(part, 15)
        document(body).update(merchant_order_id="M1", group_order_id="POM1")
        post(body)


def shop_names_the_child() -> None:
    """The shop says that 1mg's order is the second part."""
    OrderGroup.objects.update(registered_at="2026-01-01T00:00:00Z", onemg_order_id="POB5b")


def test_A5_the_order_that_is_sent_is_the_one_that_was_read(as_role: AsRole, partners: Partners, post: Post) -> None:
    two_of_1mgs(post)
    browser = as_role("Operations")
    form = open_page(browser)
    shop_names_the_child()

    answer = browser.post(PATH, form)

    assert answer.status_code == 409
    assert "1mg's order to confirm is now POB5b" in text(answer)
    assert not PartnerCall.objects.exists()


def test_A5_nor_is_it_another_one_by_the_time_of_sending(as_role: AsRole, partners: Partners, post: Post) -> None:
    two_of_1mgs(post)
    browser = as_role("Operations")
    Payment.objects.create(nimbbl_order_id="o_M1", group_id="M1")
    form = open_page(browser)
    between(partners, shop_names_the_child, of_a_page=True)

    browser.post(PATH, form)

    assert (latest().state, nothing_sent(partners)) == ("abandoned", True)
    assert "1mg's id of the order is POB5b by now" in latest().said


def in_doubt_with_an_override(buy: Buy, browser: Client, partners: Partners) -> PartnerCall:
    """A confirmation of a purchase that is not paid for, sent all the same, of which nothing was heard."""
    buy(payment_status="pending")
    partners.misbehave("POM1", "reset-before-acting", on="confirm", times=1)
    press(browser, PATH, override="paid", why="Paid by bank transfer")
    return latest()


def test_A7_the_resend_page_asks_for_the_override_again_and_sends(
    buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    browser = as_role("Administrator")
    doubt = in_doubt_with_an_override(buy, browser, partners)

    page = text(opened(browser, f"/calls/{doubt.pk}/resend/"))
    press(browser, f"/calls/{doubt.pk}/resend/", override="paid", why="1mg asks for it")

    assert 'name="override" value="paid"' in page
    assert (latest().state, latest().overridden, latest().resend_of_id) == ("succeeded", ["paid"], doubt.pk)


def test_A7_without_it_nothing_is_sent_again(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    browser = as_role("Administrator")
    doubt = in_doubt_with_an_override(buy, browser, partners)

    answer = press(browser, f"/calls/{doubt.pk}/resend/", why="1mg asks for it")

    doubt.refresh_from_db()
    assert (answer.status_code, doubt.state, PartnerCall.objects.count()) == (409, "unknown", 1)


def test_A7_what_changed_since_the_resend_page_was_read_stops_it(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    browser = as_role("Administrator")
    doubt = in_doubt_with_an_override(buy, browser, partners)
    form = open_page(browser, f"/calls/{doubt.pk}/resend/")
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", payment_status="failed")

    browser.post(f"/calls/{doubt.pk}/resend/", form | {"override": "paid", "why": "1mg asks for it"})

    again = latest()
    assert (again.resend_of_id, again.sent_at, again.state) == (doubt.pk, None, "unknown")
    assert partners.effects("POM1")["confirms_received"] == 1


# --- whatever changes, wherever ---------------------------------------------------------------------------------------

Change = Callable[[Partners, Post], object]
CHANGES: dict[str, Change] = {
    "nothing": lambda partners, post: None,
    "the money goes back": lambda partners, post: partners.tell(
        merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", payment_status="reversed"
    ),
    "1mg cancels": lambda partners, post: speak(post, "M1", 99, T + 100),
    "1mg packs": lambda partners, post: speak(post, "M1", 130, T + 100),
    "the order is another one": lambda partners, post: OrderGroup.objects.update(onemg_order_id="POB5b"),
    "another purchase names it": lambda partners, post: OrderGroup.objects.create(
        merchant_order_id="M9",
        first_seen_at="2026-01-01T00:00:00Z",
        registered_at="2026-01-01T00:00:00Z",
        group_order_id="POM1",
    ),
    "due is another amount": lambda partners, post: OrderGroup.objects.update(payable_amount="652.30"),
    "paid at the door": lambda partners, post: OrderGroup.objects.update(payment_method="COD"),
}


@pytest.mark.parametrize("moment", ["page and press", "press and sending"])
@pytest.mark.parametrize("change", CHANGES)
def test_A1_A5_what_is_sent_was_read(
    change: str, moment: str, buy: Buy, as_role: AsRole, partners: Partners, post: Post
) -> None:
    buy()
    browser = as_role("Operations")
    form = open_page(browser)
    read = opened(browser, PATH).context["look"]

    if moment == "page and press":
        CHANGES[change](partners, post)
    else:
        between(partners, lambda: CHANGES[change](partners, post), of_a_page=True)
    browser.post(PATH, form)

    sent = PartnerCall.objects.exclude(sent_at=None).count() if latest_or_none() else 0
    assert sent == (1 if change == "nothing" else 0)
    assert all(call.ticks == [tick.stored() for tick in read.ticks] for call in PartnerCall.objects.all())


def latest_or_none() -> PartnerCall | None:
    """The newest call, after its thread is done, if there is one."""
    assert outbox.drain(30)
    return PartnerCall.objects.first()
