"""What Nimbbl says becomes one truth: in the rows, on the pages, in the API and before a confirmation is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.models import ApiKey, Need, OrderGroup
from payments import enquiry
from payments.ledger import services as ledger
from payments.ledger.statements import Statement, Teller
from payments.models import Payment, Transaction
from payments.partners import nimbbl_money
from payments.partners.nimbbl import Enquiry
from payments.preflight.facts import PaymentFact
from tests.conftest import document, order_update
from tests.forms import opened, press
from tests.payments.conftest import Buy
from tests.payments.ledger.said import DUE, answer, at, payment, refund, webhook
from tests.payments.test_enquiry import paid
from tests.payments.test_views import latest, text

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
CONFIRM, PAGE = "/orders/M1/confirm/", "/orders/M1/"


def now(said: Statement) -> Statement:
    """The same, heard now."""
    return replace(said, at=timezone.now())


@pytest.fixture
def bought(buy: Buy) -> OrderGroup:
    """A purchase whose payment nobody has asked about."""
    return buy()


def money() -> tuple[Any, ...]:
    """The amounts of the one payment: captured, paid back, on its way back, net."""
    one = Payment.objects.get()
    return one.captured_amount, one.refunded_amount, one.open_refunds, one.net_amount


# --- rows -------------------------------------------------------------------------------------------------------------


def test_nobody_knows_an_order_that_no_purchase_has(bought: OrderGroup) -> None:
    assert ledger.take(replace(webhook(payment()), nimbbl_order_id="o_other")) is False
    assert not Transaction.objects.exists()


def test_a_webhook_is_what_the_payment_is(bought: OrderGroup) -> None:
    assert ledger.take(webhook(payment(mode="UPI", bank_reference="4021"), order_status="completed"))

    one, row = Payment.objects.get(), Transaction.objects.get()
    assert (one.state, one.payment_status, one.captured_amount) == ("completed", "succeeded", DUE)
    assert (one.said_by, one.said_at) == (Teller.WEBHOOK, at(0))
    assert (row.word, row.amount, row.mode, row.bank_reference, row.way) == ("succeeded", DUE, "UPI", "4021", "in")
    assert OrderGroup.objects.get().captured_amount == DUE


def test_the_same_event_again_leaves_everything_as_it_was(bought: OrderGroup) -> None:
    ledger.take(webhook(payment()))
    before = list(Transaction.objects.values()), Payment.objects.values("book", "said_at", "captured_amount").get()

    ledger.take(webhook(payment(), minutes=60))

    after = list(Transaction.objects.values()), Payment.objects.values("book", "said_at", "captured_amount").get()
    assert after == before


def test_M9_the_rows_are_the_same_in_whatever_order_they_come(bought: OrderGroup) -> None:
    said = [
        webhook(payment("failed"), minutes=3),
        answer(payment(), refund("pending", 100), minutes=4),
        webhook(refund("succeeded", 100), minutes=5),
        answer(payment("pending"), minutes=1),
    ]
    found = []
    for order in (said, said[::-1], [*said[2:], *said[:2], *said]):
        Transaction.objects.all().delete()
        Payment.objects.update(book=None, heard_at=None)
        for one in order:
            ledger.take(one)
        rows = Transaction.objects.order_by("transaction_id").values()
        found.append(([{**row, "id": 0} for row in rows], money()))

    assert found[0] == found[1] == found[2]
    assert found[0][1] == (DUE, 100, 0, DUE - 100)


def test_a_refund_on_its_way_is_open_and_then_paid_back(bought: OrderGroup) -> None:
    ledger.take(webhook(payment()))
    ledger.take(webhook(refund("pending", 100)))
    on_its_way = money()
    ledger.take(webhook(refund("succeeded", 100, bank_reference="ARN1")))

    assert (on_its_way, money()) == ((DUE, 0, 100, DUE - 100), (DUE, 100, 0, DUE - 100))


def test_M10_a_failed_payment_that_succeeds_late_and_is_reversed(bought: OrderGroup) -> None:
    found = []
    for word in ("failed", "succeeded", "failed", "reversing", "succeeded", "reversed"):
        ledger.take(webhook(payment(word)))
        found.append((Transaction.objects.get().word, Payment.objects.get().captured_amount))

    assert found == [
        ("failed", None),
        ("succeeded", DUE),
        ("succeeded", DUE),
        ("reversing", 0),
        ("reversing", 0),
        ("reversed", 0),
    ]


def test_M11_a_word_nobody_knows_leaves_no_amount(bought: OrderGroup) -> None:
    ledger.take(webhook(payment()))
    ledger.take(webhook(payment("settling")))

    assert money() == (None, 0, 0, None)
    assert Transaction.objects.get().word == "settling"


def test_an_update_answers_nothing_of_the_money_and_takes_no_word_back(bought: OrderGroup) -> None:
    ledger.take(webhook(payment(), order_status="completed"))
    ledger.take(replace(webhook(order_status="new", invoice_id="INV-7"), teller=Teller.UPDATE))

    one = Payment.objects.get()
    assert (one.state, one.invoice_id, one.captured_amount, one.said_by) == ("completed", "INV-7", DUE, "webhook")
    assert "INV-7" in str(OrderGroup.objects.get().other_ids)


def test_sums_of_before_there_was_a_book_are_not_believed_to_be_all(bought: OrderGroup) -> None:
    Payment.objects.update(heard_at=at(-60), captured_amount=DUE, answer=PaymentFact().stored())

    ledger.take(webhook(refund("pending", 100)))

    assert money()[0] is None


# --- before a confirmation --------------------------------------------------------------------------------------------


def test_a_webhooks_success_is_seen_at_once_though_an_answer_lags_behind(
    buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy(payment_status="pending")
    browser = as_role("Operations")
    before = paid(opened(browser, CONFIRM))

    ledger.take(now(webhook(payment())))
    press(browser, CONFIRM)

    assert "nothing is captured" in before
    assert (latest().state, partners.effects("POM1")["confirms_taken"]) == ("succeeded", 1)


def test_M10_a_webhooks_reversal_stops_it_as_well(bought: OrderGroup, as_role: AsRole, partners: Partners) -> None:
    browser = as_role("Operations")
    opened(browser, CONFIRM)

    ledger.take(now(webhook(payment("reversing"))))

    assert press(browser, CONFIRM).status_code == 409
    assert partners.effects("POM1")["confirms_received"] == 0


def test_a_proof_that_nimbbls_list_does_not_name_is_not_known_to_be_there(
    buy: Buy, as_role: AsRole, partners: Partners
) -> None:
    buy(payment_status="")
    ledger.take(webhook(payment()))
    browser = as_role("Operations")

    look = opened(browser, CONFIRM).context["look"]

    assert {tick.verdict for tick in look.ticks if tick.code == "paid"} == {"unknown"}
    assert "Nimbbl's list does not name it" in text(browser.get(PAGE))


def test_what_was_known_before_nimbbl_fell_silent_passes_no_tick(bought: OrderGroup) -> None:
    ledger.take(webhook(payment()))
    one = Payment.objects.get()

    enquiry.keep(one, PaymentFact(trouble="no answer came"), None)

    silent = ledger.known(Payment.objects.get())
    assert silent is not None
    assert (silent.trouble, silent.reckoning.captured) == ("no answer came", DUE)


def test_news_after_it_fell_silent_are_news(bought: OrderGroup) -> None:
    enquiry.keep(Payment.objects.get(), PaymentFact(trouble="no answer came"), None)
    ledger.take(webhook(payment()))

    known = ledger.known(Payment.objects.get())

    assert known is not None
    assert (known.trouble, known.reckoning.least) == ("", DUE)


def test_nothing_is_known_of_what_nobody_has_told_of(bought: OrderGroup) -> None:
    ledger.take(replace(webhook(order_status="new"), teller=Teller.UPDATE))

    assert ledger.known(Payment.objects.get()) is None


# --- beside what 1mg says ---------------------------------------------------------------------------------------------


def collected(post: Callable[..., Any], amount: str) -> None:
    """1mg says that it has delivered the order, and collected so much online."""
    body = order_update("POM1", 40, 1_700_000_500)
    document(body)["merchant_order_id"] = "M1"
    summary = document(body)["grouped_orders"][0]["payment_summary"]
    summary |= {"online_collected": amount, "online_pending_amount": "0.00", "total_refund_due": "0.00"}
    assert post(body).status_code == 200


@pytest.mark.parametrize(
    ("amount", "differ"), [("652.36", 0), ("651.36", 0), ("653.36", 0), ("651.35", 1), ("0.00", 1)]
)
def test_M13_where_1mg_and_nimbbl_differ_by_more_than_a_rupee_somebody_is_needed(
    amount: str, differ: int, bought: OrderGroup, post: Callable[..., Any]
) -> None:
    collected(post, amount)
    ledger.take(webhook(payment()))

    assert Need.objects.filter(clock="money").count() == differ


def test_M13_it_says_both_and_ends_when_they_agree(
    bought: OrderGroup, post: Callable[..., Any], as_role: AsRole
) -> None:
    collected(post, "552.36")
    ledger.take(webhook(payment()))
    browser = as_role("Viewer")
    page = text(browser.get(PAGE))
    collected(post, "652.36")

    assert "₹652.36 captured at Nimbbl, ₹552.36 collected at 1mg" in page
    assert "Collected online, says 1mg" in page
    assert "captured at Nimbbl, " not in text(browser.get(PAGE))


def test_M13_what_is_not_known_differs_from_nothing(bought: OrderGroup, post: Callable[..., Any]) -> None:
    collected(post, "552.36")
    ledger.take(webhook(payment()))
    ledger.take(webhook(payment("settling")))

    assert not Need.objects.filter(clock="money").exists()


# --- told -------------------------------------------------------------------------------------------------------------


def asked(client: Client, path: str = "/api/orders/M1/") -> Any:
    """What the API tells of the payment."""
    token = ApiKey.issue(path)[1]
    return client.get(path, headers={"Authorization": f"Token {token}"}).json()["payment"]


def test_the_api_tells_the_payment_and_who_said_so(bought: OrderGroup, client: Client) -> None:
    ledger.take(webhook(payment(mode="UPI")))
    ledger.take(webhook(refund("pending", Decimal("100")), minutes=40))

    told = asked(client)

    assert told["transactions"].pop() == {
        "transaction_id": "o_M1-00009",
        "kind": "partial_refund",
        "status": "pending",
        "amount": "100.00",
        "currency": "INR",
        "mode": None,
        "bank_reference": None,
        "at": "2026-11-28T05:10:00Z",
    }
    assert [one["status"] for one in told.pop("transactions")] == ["succeeded"]
    assert told == {
        "nimbbl_order_id": "o_M1",
        "status": "succeeded",
        "captured": "652.36",
        "refunded": "0.00",
        "net": "552.36",
        "open_refunds": "100.00",
        "said_by": "webhook",
        "said_at": "2026-11-28T05:10:00Z",
    }


def test_it_tells_none_of_what_has_no_order_at_nimbbl_and_none_of_what_was(
    bought: OrderGroup, client: Client, post: Callable[..., Any]
) -> None:
    post(order_update("PO9"))
    ledger.take(webhook(payment()))
    a_moment_ago = timezone.now().isoformat().replace("+", "%2B")

    assert asked(client, "/api/orders/M-PO9/") is None
    assert asked(client, f"/api/orders/M1/?as_of={a_moment_ago}") is None


def test_a_list_of_the_api_asks_once_for_all_payments(buy: Buy, client: Client, django_assert_num_queries: Any) -> None:
    headers = {"Authorization": f"Token {ApiKey.issue('shop')[1]}"}
    _bought_and_paid(buy, "M1")
    client.get("/api/orders/", headers=headers)
    with CaptureQueriesContext(connection) as of_one:
        client.get("/api/orders/", headers=headers)
    cost = len(of_one)
    for name in ("M2", "M3"):
        _bought_and_paid(buy, name)

    with django_assert_num_queries(cost):
        answer = client.get("/api/orders/", headers=headers).json()["results"]

    assert [one["payment"]["captured"] for one in answer] == ["652.36"] * 3


def _bought_and_paid(buy: Buy, name: str) -> None:
    buy(name)
    ledger.take(replace(webhook(payment()), nimbbl_order_id=f"o_{name}"))


def test_the_page_says_who_said_so_and_names_each_transaction(bought: OrderGroup, as_role: AsRole) -> None:
    ledger.take(webhook(payment(mode="UPI")))
    ledger.take(webhook(refund("pending", Decimal("100"))))

    page = " ".join(re.sub("<[^>]*>", " ", text(as_role("Viewer").get(PAGE))).split())

    for words in ("Nimbbl's webhook", "o_M1-00001", "UPI", "On its way back ₹100.00", "Net at Nimbbl ₹552.36"):
        assert words in page


# --- an answer, as it is read -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "kept"),
    [
        (
            {"payment_mode": "UPI", "payment_arn": "ARN7", "sub_payment_mode": {"upi_id": "asha@example"}},
            ("UPI", "ARN7"),
        ),
        ({"payment_mode": "asha@example", "payment_arn": "asha of Pune", "message": "asha"}, ("", "")),
    ],
)
def test_of_an_answer_only_what_is_no_persons_is_kept(
    listed: dict[str, Any], kept: tuple[str, str], bought: OrderGroup
) -> None:
    paid = {"transaction_type": "payment", "nimbbl_transaction_id": "o_M1-00001", "payment_status": "succeeded"}
    told = nimbbl_money.read_transactions([paid | {"transaction_amount": 652.36} | listed])

    enquiry.keep(Payment.objects.get(), PaymentFact(), Enquiry("completed", told))

    row = Transaction.objects.get()
    assert ((row.mode, row.bank_reference), row.is_listed, row.said_by) == (kept, True, "enquiry")
    assert "asha" not in str(Payment.objects.values().get()) + str(Transaction.objects.values().get())
