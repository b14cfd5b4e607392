"""1mg asks about a payment: what it is told, when Nimbbl is asked, and what stands in the story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onemg_portal.sandbox.partners import nimbbl_webhooks as nimbbl
from onemg_portal.sandbox.partners.server import Partners
from orders.models import Act, OrderGroup
from payments import enquiry, outbox
from payments.models import Payment
from tests.payments.conftest import Buy
from tests.payments.gateway.conftest import Ask, aged, known, settled, told
from tests.story import texts
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)


def lines() -> list[str]:
    """What stands in the purchase's story of 1mg's askings."""
    settled()
    return [text for text in texts("M1") if "asked about" in text]


def asked(partners: Partners, name: str = "POM1") -> int:
    """How often Nimbbl was asked."""
    return int(partners.effects(name)["enquiries"])


# --- what is told -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_paid_purchase_is_told_as_published(ask: Ask, buy: Buy, slash: str) -> None:
    buy()
    known()

    answer = ask(slash=slash)

    assert answer.json() == {"order_id": "POM1", "transaction_id": "M1", "amount": 652.36, "status": "SUCCESS"}
    assert answer.content.decode().startswith('{"order_id": "POM1", "transaction_id": "M1", "amount": 652.36,')


@pytest.mark.parametrize(
    ("at_nimbbl", "found"),
    [
        ({}, ("SUCCESS", 652.36)),
        ({"paid_amount": "651.50"}, ("SUCCESS", 651.5)),
        ({"paid_amount": "552.36"}, ("PENDING", 552.36)),
        ({"payment_status": "pending"}, ("PENDING", 652.36)),
        ({"payment_status": "failed"}, ("PENDING", 652.36)),
        ({"payment_status": ""}, ("PENDING", 652.36)),
        ({"refunded_amount": "652.36"}, ("PENDING", 652.36)),
        ({"refunded_amount": "100.00"}, ("PENDING", 652.36)),
    ],
)
def test_nimbbl_says_how_it_stands(ask: Ask, buy: Buy, at_nimbbl: dict[str, str], found: tuple[str, float]) -> None:
    buy(**at_nimbbl)

    assert told(ask()) == found


@pytest.mark.parametrize(
    ("attempts", "found"),
    [
        ({"attempts": ("failed",), "payment_status": "succeeded"}, ("SUCCESS", 652.36)),
        ({"attempts": ("succeeded",), "payment_status": "failed"}, ("SUCCESS", 652.36)),
        ({"attempts": ("succeeded",), "payment_status": "succeeded"}, ("SUCCESS", 1304.72)),
        ({"attempts": ("reversed",), "payment_status": "succeeded"}, ("SUCCESS", 652.36)),
        ({"attempts": ("succeeded",), "payment_status": "reversed"}, ("SUCCESS", 652.36)),
        ({"attempts": ("failed",), "payment_status": "failed"}, ("PENDING", 652.36)),
        ({"attempts": ("failed",), "payment_status": "failed", "lapsed": True}, ("FAILED", 652.36)),
        ({"attempts": ("pending",), "payment_status": "failed", "lapsed": True}, ("PENDING", 652.36)),
        ({"attempts": ("failed",), "payment_status": "pending", "lapsed": True}, ("PENDING", 652.36)),
        ({"attempts": ("authorized",), "payment_status": "failed", "lapsed": True}, ("PENDING", 652.36)),
        ({"attempts": ("what is this",), "payment_status": "failed", "lapsed": True}, ("PENDING", 652.36)),
        ({"attempts": ("succeeded",), "payment_status": "failed", "lapsed": True}, ("SUCCESS", 652.36)),
    ],
)
def test_M2_of_several_attempts_one_that_was_captured_counts_and_then_one_that_may_still_be(
    ask: Ask, buy: Buy, attempts: dict[str, Any], found: tuple[str, float]
) -> None:
    buy(**attempts)

    assert told(ask()) == found


PAID_AFTER_ALL = [("payment_failed", 1), ("payment_success", 2)]
FAILED_AFTERWARDS = [("payment_success", 1), ("payment_failed", 2)]
PAID_TWICE = [("payment_success", 1), ("payment_success", 2)]
FAILED_TWICE = [("payment_failed", 1), ("payment_failed", 2)]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(
    ("events", "found"),
    [
        (PAID_AFTER_ALL, ("SUCCESS", 652.36)),
        (FAILED_AFTERWARDS, ("SUCCESS", 652.36)),
        (PAID_TWICE, ("SUCCESS", 1304.72)),
        (FAILED_TWICE, ("PENDING", 652.36)),
    ],
)
def test_M2_nimbbls_events_of_several_attempts_come_to_the_same_in_either_order(
    ask: Ask, buy: Buy, partners: Partners, events: list[tuple[str, int]], found: tuple[str, float], turned: bool
) -> None:
    buy(payment_status="")
    order, secret = partners.books.find("M1"), partners.agreed.nimbbl_access_secret
    assert order
    for kind, attempt in reversed(events) if turned else events:
        event = nimbbl.posted(nimbbl.signed(nimbbl.payment(order, kind, attempt=attempt), secret))
        assert Client().post("/nimbbl/events/", event, content_type="application/json").status_code == 200

    answer = told(ask())

    assert (answer, asked(partners)) == (found, 0)


def test_a_payment_that_comes_is_told_when_it_has_come(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")
    before = told(ask())
    partners.books.change("PO" + "M1", payment_status="succeeded")
    aged()

    assert (before, told(ask())) == (("PENDING", 652.36), ("SUCCESS", 652.36))


def test_1mgs_id_is_the_groups_where_the_shop_has_registered_none(ask: Ask, buy: Buy) -> None:
    buy()
    OrderGroup.objects.update(onemg_order_id="")

    assert ask().json()["order_id"] == "POM1"


def test_M2_without_an_order_at_nimbbl_it_is_pending(ask: Ask, buy: Buy) -> None:
    buy()
    Payment.objects.all().delete()

    assert told(ask()) == ("PENDING", 652.36)


def test_M2_without_an_amount_that_is_due_it_is_pending(ask: Ask, buy: Buy) -> None:
    buy()
    known()
    OrderGroup.objects.update(payable_amount=None)

    assert told(ask())[0] == "PENDING"


def test_M2_where_nimbbl_is_not_configured_it_is_pending(ask: Ask, buy: Buy, settings: object) -> None:
    buy()
    known()
    settings.NIMBBL_CONFIGURED = False  # type: ignore[attr-defined]

    assert told(ask()) == ("PENDING", 652.36)


@pytest.mark.parametrize("kind", ["unavailable", "html", "error", "reset"])
def test_M2_where_nimbbl_does_not_say_it_is_pending(ask: Ask, buy: Buy, partners: Partners, kind: str) -> None:
    buy()
    known()
    aged()
    partners.misbehave("o_M1", kind, on="enquiry")

    assert told(ask()) == ("PENDING", 652.36)


@pytest.mark.parametrize("environment", ["live", "test"])
def test_M2_a_purchase_of_another_environment_is_not_known_here(ask: Ask, buy: Buy, environment: str) -> None:
    buy()
    known()
    OrderGroup.objects.update(environment=environment)

    answer, unknown = ask(), ask("M404")

    assert (answer.status_code, answer.content) == (404, unknown.content)
    assert lines() == ["1mg asked about the payment: it is not of this environment"]


def test_M2_a_purchase_of_nobody_knows_which_environment_is_pending(ask: Ask, buy: Buy) -> None:
    buy()
    known()
    OrderGroup.objects.update(environment="")

    assert told(ask()) == ("PENDING", 652.36)


@pytest.mark.parametrize("column", ["payment_method", "registered_method"])
def test_M2_cash_on_delivery_is_409_by_either_word(ask: Ask, buy: Buy, column: str) -> None:
    buy()
    known()
    OrderGroup.objects.update(**{column: "COD"})

    answer = ask()

    assert (answer.status_code, answer.json()) == (409, {"error": "Cash on delivery: nothing is paid through us."})
    assert lines() == ["1mg asked about the payment: it is cash on delivery"]


@pytest.mark.parametrize("name", ["M404", "POM1", "o_M1", "m1", "M1%00", "M1'--", "x" * 65, "%E0%A4%B9", "..%5C"])
def test_M2_what_is_no_purchase_is_404(ask: Ask, buy: Buy, name: str) -> None:
    buy()

    answer = ask(name)

    assert (answer.status_code, answer.json()) == (404, {"error": "No such transaction."})


# --- when Nimbbl is asked ---------------------------------------------------------------------------------------------


def test_what_is_known_is_told_after_one_statement(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    known()

    with CaptureQueriesContext(connection) as statements:
        ask()

    assert (len(statements), asked(partners), len(lines())) == (1, 1, 1)


def test_a_connection_that_has_died_is_replaced(ask: Ask, buy: Buy) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no server to lose")
    buy()
    known()
    connection.connection.close()

    assert told(ask()) == ("SUCCESS", 652.36)


def test_what_is_older_than_a_minute_is_asked_for_again(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    known()
    aged(timedelta(seconds=50))
    within = (told(ask()), asked(partners))
    partners.books.change("POM1", refunded_amount="652.36")
    aged(timedelta(seconds=61))

    assert within == (("SUCCESS", 652.36), 1)
    assert (told(ask()), asked(partners)) == (("PENDING", 652.36), 2)


def test_what_failed_for_good_is_asked_for_no_more(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    known()
    answer = {**Payment.objects.get().answer, "order_status": "lapsed", "payment_status": "failed"}
    Payment.objects.update(answer=answer | {"reckoning": dict.fromkeys(answer["reckoning"], "0")})
    aged(timedelta(days=2))

    assert (told(ask()), asked(partners)) == (("FAILED", 652.36), 1)


def test_M3_asked_in_masses_nimbbl_is_asked_once_and_the_story_has_one_line(
    ask: Ask, buy: Buy, partners: Partners
) -> None:
    buy()

    answers = {told(ask()) for _ in range(50)}

    assert (answers, asked(partners)) == ({("SUCCESS", 652.36)}, 1)
    (line,) = lines()
    assert Act.objects.filter(act="payment_asked").count() == 50
    assert line.startswith("1mg asked about the payment: SUCCESS ₹652.36, 50 times since ")


def test_M3_a_nimbbl_that_fails_is_asked_every_five_seconds_at_most(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    partners.misbehave("o_M1", "unavailable", on="enquiry")
    for _ in range(10):
        ask()
    within = asked(partners)
    aged(outbox.ASKED_EVERY)
    ask()

    assert (within, asked(partners)) == (1, 2)


def test_who_asks_while_another_is_asking_waits_for_the_same_answer(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=1)
    outbox.ask_about_money(Payment.objects.get())  # as an open page does

    assert (told(ask()), asked(partners)) == (("SUCCESS", 652.36), 1)
    settled()


def test_a_slow_nimbbl_is_not_waited_for_and_its_answer_is_there_the_next_time(
    ask: Ask, buy: Buy, partners: Partners
) -> None:
    buy()
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=2.6)

    first = told(ask())

    until(lambda: enquiry.fresh(Payment.objects.get()))
    assert (first, told(ask()), asked(partners)) == (("PENDING", 652.36), ("SUCCESS", 652.36), 1)
    settled()


def test_an_old_success_is_not_told_where_nimbbl_does_not_answer_in_time(
    ask: Ask, buy: Buy, partners: Partners
) -> None:
    buy()
    known()
    aged()
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=8)

    assert told(ask()) == ("PENDING", 652.36)
    settled()


# --- the story --------------------------------------------------------------------------------------------------------


def test_1mgs_asking_is_what_1mg_says(ask: Ask, buy: Buy, as_role: Callable[[str], Client]) -> None:
    buy()
    known()
    ask()
    settled()

    page = as_role("Viewer").get("/orders/M1/?source=1mg").content.decode()

    assert "1mg asked about the payment: SUCCESS ₹652.36" in page


def test_another_word_is_another_line(ask: Ask, buy: Buy) -> None:
    buy()
    known()
    ask()
    ask()
    OrderGroup.objects.update(payable_amount=Decimal("900"))
    ask()

    first, second = lines()
    assert first.startswith("1mg asked about the payment: SUCCESS ₹652.36, 2 times since ")
    assert second == "1mg asked about the payment: PENDING ₹652.36"
