"""How the money stands, for a page: asked by a thread, kept with the payment, waited for half a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from onemg_portal.sandbox.partners.server import Partners
from payments import enquiry, outbox, services
from payments.models import PartnerCall, Payment
from payments.partners.nimbbl_money import Reckoning
from payments.preflight.facts import PaymentFact
from tests.forms import buttons, fields, opened
from tests.payments.conftest import Buy
from tests.payments.test_views import text

AsRole = Callable[[str], Client]
PATH = "/orders/M1/confirm/"
live = pytest.mark.django_db(transaction=True)


def paid(page: Any) -> str:
    """What the page says of the money."""
    return next(tick.words for tick in page.context["look"].ticks if tick.code == "paid")


@live
def test_a_slow_nimbbl_holds_the_page_for_half_a_second(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    browser = as_role("Operations")
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=8)
    started = time.monotonic()

    page = browser.get(PATH)

    assert time.monotonic() - started < 6
    assert paid(page) == "Nimbbl has not answered yet whether it was paid"
    assert "you can press as soon as it has answered" in text(page)


@live
def test_the_button_comes_with_the_answer(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    browser = as_role("Operations")
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=1)

    before, after = browser.get(PATH), opened(browser, PATH)

    with pytest.raises(StopIteration):
        buttons(before, "seen")
    assert (len(buttons(after, "seen")), paid(after)) == (1, "₹652.36 captured at Nimbbl, ₹652.36 due, within ₹1")


@live
def test_a_press_before_the_answer_sends_nothing(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    group = buy()
    browser = as_role("Operations")
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=1)
    form = {"seen": services.look(group, patience=0).mark}

    browser.post(PATH, form)

    assert outbox.drain(30)
    assert [call.state for call in PartnerCall.objects.all()] in ([], ["abandoned"])
    assert partners.effects("POM1")["confirms_received"] == 0


@live
def test_any_number_of_pages_ask_once(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    group = buy()
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=1)

    asking = [services.look(group, patience=0).asking for _ in range(5)]

    assert outbox.drain(30)
    assert (asking, partners.effects("POM1")["enquiries"]) == ([True] * 5, 1)


@live
def test_an_answer_older_than_half_a_minute_is_asked_for_anew(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    browser = as_role("Operations")
    opened(browser, PATH)
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", paid_amount="600.00")
    within = paid(opened(browser, PATH))
    long_ago = timezone.now() - enquiry.FRESH
    Payment.objects.update(asked_at=long_ago, answered_at=long_ago)

    assert "₹652.36 captured" in within
    assert "₹600.00 captured" in paid(opened(browser, PATH))


@live
@pytest.mark.parametrize(
    ("asked", "answered", "free"),
    [
        (None, None, True),
        (timedelta(), None, False),
        (enquiry.LEASE, None, True),  # whoever asked is dead
        (timedelta(seconds=2), timedelta(seconds=3), False),  # asked again since
        (timedelta(seconds=3), timedelta(seconds=2), True),
    ],
)
def test_one_asks_at_a_time(
    asked: timedelta | None, answered: timedelta | None, free: bool, buy: Buy, partners: Partners
) -> None:
    buy(status=None)
    now = timezone.now()
    ago = {"asked_at": asked, "answered_at": answered}
    Payment.objects.update(**{name: past if past is None else now - past for name, past in ago.items()})

    assert enquiry.claim(Payment.objects.get()) is free


AMOUNTS = st.none() | st.decimals(min_value=Decimal(0), max_value=Decimal(10**9), places=2)


@given(st.builds(PaymentFact, reckoning=st.builds(Reckoning, AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)))
def test_what_is_kept_is_what_was_answered(money: PaymentFact) -> None:
    assert PaymentFact.from_stored(money.stored()) == money


@live
def test_the_answer_before_a_sending_is_kept_as_well(buy: Buy, as_role: AsRole, partners: Partners) -> None:
    buy()
    browser = as_role("Operations")
    form = fields(opened(browser, PATH))
    partners.tell(merchant_order_id="M1", onemg_order_id="POM1", nimbbl_order_id="o_M1", payment_status="reversed")

    browser.post(PATH, form)

    assert outbox.drain(30)
    assert "reversed" in paid(browser.get(PATH))
