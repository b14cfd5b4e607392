"""F2, F3, F28: the money is there, or the tick does not pass. Nimbbl is asked over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from onemg_portal.sandbox.partners.server import Partners
from orders.models import Act
from payments.models import PartnerCall
from payments.partners import nimbbl_money
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Standing, standing_of
from payments.preflight import ticks
from payments.preflight.facts import Facts, PaymentFact
from payments.preflight.money import TOLERANCE
from tests.forms import opened, press
from tests.payments.conftest import Buy
from tests.payments.partners import wire
from tests.payments.test_views import latest, text

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
PATH = "/orders/M1/confirm/"
CASES = Path(__file__).parent.parent / "payloads" / "cases"
PAYMENT = {"transaction_type": "payment", "payment_status": "succeeded", "transaction_amount": 652.36}
REFUND = PAYMENT | {"transaction_type": "full_refund"}


def case(name: str) -> dict[str, Any]:
    """Nimbbl's answer of a case, about the purchase of these tests."""
    told = json.loads((CASES / f"{name}.json").read_text())
    told["order"]["nimbbl_order_id"] = "o_M1"
    return told


def about(*transactions: dict[str, Any], **order: Any) -> dict[str, Any]:
    """An answer with these transactions."""
    return {"order": {"nimbbl_order_id": "o_M1", "status": "completed"} | order, "transaction": list(transactions)}


@pytest.fixture
def nimbbl_says(settings: Any, partners: Partners) -> Any:
    """A Nimbbl that answers every enquiry so, until the end of the test."""
    servers = []

    def say(told: Any) -> None:
        def behave(stream: Any) -> None:
            request = served.requests[-1]
            token = b'{"token": "a-token-of-nimbbls"}'
            body = token if b"generate-token" in request else json.dumps(told).encode()
            stream.sendall(wire.head(200, "Content-Type: application/json", f"Content-Length: {len(body)}") + body)

        context = wire.listening(behave)
        served = context.__enter__()
        servers.append(context)
        settings.NIMBBL_BASE_URL = served.url
        settings.PARTNER_HOSTS = settings.PARTNER_HOSTS | {served.host}

    yield say
    for context in servers:
        context.__exit__(None, None, None)


def plain_press(as_role: AsRole, partners: Partners) -> tuple[int, int]:
    """What a press of operations is answered, and how many confirmations reached 1mg."""
    code = press(as_role("Operations"), PATH).status_code
    return code, partners.effects("POM1")["confirms_received"]


@pytest.mark.parametrize(
    "told",
    [
        case("F02-refunded"),
        about(PAYMENT, REFUND | {"transaction_type": "partial_refund", "transaction_amount": 600}),
        about(PAYMENT, REFUND | {"payment_status": "pending"}),
        about(PAYMENT, REFUND | {"payment_status": "SUCCESS", "transaction_type": "Chargeback"}),
        about(PAYMENT, REFUND | {"transaction_amount": -652.36}),
        about(PAYMENT, refund_details={"refunded_amount": 652.36}),
        about(PAYMENT, refund_details={"total_refundable_amount": 652.36, "available_refundable_amount": 0}),
    ],
)
def test_F2_what_went_back_is_not_there(
    told: Any, buy: Buy, nimbbl_says: Any, as_role: AsRole, partners: Partners
) -> None:
    buy()
    nimbbl_says(told)

    page = text(opened(as_role("Administrator"), PATH))

    assert "paid back or on its way back, ₹652.36 due: they differ by more than ₹1" in page
    assert plain_press(as_role, partners) == (409, 0)


def test_F2_control_without_the_refund_it_is_confirmed(
    buy: Buy, nimbbl_says: Any, as_role: AsRole, partners: Partners
) -> None:
    buy()
    nimbbl_says(about(PAYMENT))

    code = press(as_role("Operations"), PATH).status_code

    assert (code, latest().state) == (302, "succeeded")


def word(said: Any) -> dict[str, Any]:
    """An answer with one payment of which this is said."""
    return about(PAYMENT | {"payment_status": said}, status="pending")


@pytest.mark.parametrize(
    "told",
    [
        case("F03-not-paid"),
        *(
            word(said)
            for said in ("authorized", "voided", "cancelled", "CANCELED", "expired", "Declined ", "reversing")
        ),
        {"order": {"nimbbl_order_id": "o_M1", "status": "LAPSED"}},
        {"order": {"nimbbl_order_id": "o_M1", "status": "new"}, "transaction": None},
        about(status="completed"),
    ],
)
def test_F3_what_is_clearly_not_paid_fails(
    told: Any, buy: Buy, nimbbl_says: Any, as_role: AsRole, partners: Partners
) -> None:
    buy()
    nimbbl_says(told)

    assert plain_press(as_role, partners) == (409, 0)


@pytest.mark.parametrize("said", ["success", "Succeeded", " SUCCESS "])
def test_F3_nimbbls_plug_in_writes_success(
    said: str, buy: Buy, nimbbl_says: Any, as_role: AsRole, partners: Partners
) -> None:
    buy()
    nimbbl_says(about(PAYMENT | {"payment_status": said}))

    press(as_role("Operations"), PATH)

    assert latest().state == "succeeded"


@pytest.mark.parametrize("told", [word("settled"), about(PAYMENT, PAYMENT | {"transaction_type": "adjustment"})])
def test_F3_what_nobody_here_can_read_is_not_known_and_says_so(
    told: Any, buy: Buy, nimbbl_says: Any, as_role: AsRole
) -> None:
    buy()
    nimbbl_says(told)

    look = opened(as_role("Operations"), PATH).context["look"]

    assert {tick.verdict for tick in look.ticks if tick.code == "paid"} == {"unknown"}


@pytest.mark.parametrize("currency", ["inr", "INR ", "Inr", ""])
def test_F28_rupees_are_rupees_however_they_are_written(
    currency: str, buy: Buy, nimbbl_says: Any, as_role: AsRole
) -> None:
    buy()
    nimbbl_says(about(PAYMENT | {"transaction_currency": currency}))

    assert "₹652.36 captured at Nimbbl, ₹652.36 due, within ₹1" in text(opened(as_role("Operations"), PATH))


def test_F3_an_override_is_told_with_what_was_overridden(
    buy: Buy, nimbbl_says: Any, as_role: AsRole, partners: Partners
) -> None:
    buy()
    nimbbl_says(case("F02-refunded"))

    press(as_role("Administrator"), PATH, override="paid", why="Paid again in cash")

    assert PartnerCall.objects.get().overridden == ["paid"]
    told = Act.objects.filter(kind="call").order_by("pk")[0].text
    assert told.startswith("Confirm at 1mg asked for in spite of “₹652.36 captured at Nimbbl, less ₹652.36 paid back")
    assert told.endswith(": “Paid again in cash”")


# --- whatever Nimbbl lists --------------------------------------------------------------------------------------------

WORDS = st.sampled_from([*nimbbl_money.WORDS, "settled", "", "odd"])
TRANSACTIONS = st.lists(
    st.fixed_dictionaries(
        {
            "transaction_type": st.sampled_from(["payment", "full_refund", "partial_refund", "chargeback", "odd"]),
            "payment_status": WORDS,
            "transaction_amount": st.sampled_from([0, 1, 99, 100, "100.50", 652.36, None, "x", -5]),
            "nimbbl_transaction_id": st.sampled_from(["a", "b", "c", ""]),
        }
    ),
    max_size=6,
)


def surely(listed: list[dict[str, Any]]) -> Decimal:
    """What is there for sure, worked out the slow way: plain captured payments, each id once, less all that may go."""
    read = nimbbl_money.read_transactions(listed) or ()
    payments = [one for one in read if one.kind == "payment"]
    unsure = {one.transaction_id for one in payments if one.standing is not Standing.CAPTURED} - {""}
    came: dict[Any, Decimal] = {}
    for number, one in enumerate(payments):
        if one.standing is Standing.CAPTURED and one.amount and one.amount > 0 and one.transaction_id not in unsure:
            key = one.transaction_id or number
            came[key] = min(one.amount, came.get(key, one.amount))
    back: dict[Any, Decimal] = {}
    for number, one in enumerate(read):
        if one.kind != "payment" and standing_of(one.word) is not Standing.OVER:
            key = (one.kind, one.transaction_id) if one.transaction_id else number
            back[key] = max(abs(one.amount or Decimal(0)), back.get(key, Decimal(0)))
    return sum(came.values(), Decimal(0)) - max(back.values(), default=Decimal(0))


@given(TRANSACTIONS, st.sampled_from([Decimal(1), Decimal(99), Decimal(100), Decimal("652.36")]))
def test_F2_F3_the_tick_never_passes_below_what_is_surely_there(listed: list[dict[str, Any]], due: Decimal) -> None:
    told = Enquiry("completed", nimbbl_money.read_transactions(listed))
    money = PaymentFact("completed", told.payment_status, reckoning=told.reckoning)

    seen = ticks.of(Facts("M1", "ONLINE", nimbbl_order_id="o_1", payment=money, payable=due))

    [paid] = [tick for tick in seen if tick.code == "paid"]
    assert paid.verdict != "pass" or surely(listed) >= due - TOLERANCE
