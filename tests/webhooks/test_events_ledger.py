"""What Nimbbl's events make of a payment: the same whatever comes first, and nothing of what nothing proves."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from payments.models import Payment
from tests.webhooks.test_events import EVENTS, ORDER, PAID, SECRET, register, say
from webhooks import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _agreed(settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = SECRET


def stands() -> list[Any]:
    """What is known of the payment: its sums, and each transaction's kind, word, amount and bank reference."""
    payment = Payment.objects.get(pk="o_1")
    rows = payment.transactions.order_by("transaction_id")
    return [
        payment.captured_amount,
        payment.taken_back_amount,
        *rows.values_list("transaction_id", "kind", "word", "amount", "bank_reference"),
    ]


BOTH = [
    Decimal("739.48"),
    Decimal("100.00"),
    ("o_1-00001", "payment", "succeeded", Decimal("739.48"), "NAMUNA0001"),
    ("o_1-00002", "partial_refund", "succeeded", Decimal("100.00"), "NAMUNA0002"),
]


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS)), ids=" > ".join)
def test_M6_events_in_any_order_leave_the_same_payment(order: tuple[str, ...]) -> None:
    register()

    for name in (*order, *reversed(order)):
        say(EVENTS[name])

    assert stands() == BOTH


def test_M6_events_before_the_purchase_leave_the_same_payment_once_it_is_registered() -> None:
    for event in EVENTS.values():
        say(event)
    register()

    events.sweep()

    assert stands() == BOTH


@pytest.mark.parametrize(
    "event",
    [
        sandbox.unsigned(PAID),
        sandbox.older(sandbox.payment(ORDER), SECRET),
        PAID | {"transaction": PAID["transaction"] | {"transaction_amount": 7394.8}},
        PAID | {"event_type": "payment_teleported"},
        sandbox.sealed(sandbox.payment(ORDER), "test-another-secret"),
    ],
    ids=["unsigned", "v2", "forged", "unknown", "forged v4"],
)
def test_M5_M7_what_nothing_proves_or_nobody_knows_moves_nothing(event: Any) -> None:
    register()

    say(event)
    events.sweep()

    assert stands() == [None, None]
