"""M12: webhooks and an enquiry at the same instant. Nothing that either says is lost, whoever is first."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from functools import reduce

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from payments.ledger import kept
from payments.ledger import services as ledger
from payments.ledger.book import apart, join
from payments.ledger.statements import Statement, Teller
from payments.models import Payment, Transaction
from tests.forms import opened
from tests.payments.conftest import Buy
from tests.payments.ledger.said import DUE, ORDER, answer, payment, refund, webhook
from tests.payments.test_enquiry import paid

pytestmark = pytest.mark.django_db(transaction=True)
CROWD, ROUNDS = 16, 4


def said(number: int) -> Statement:
    """What one of the crowd brings: an event of a transaction of its own, or an answer that lists the payment."""
    if number % 4 == 0:
        return answer(payment(), minutes=-10 - number)
    return webhook(refund("succeeded", Decimal(number), number=10 + number), minutes=number)


def at_once(take: Callable[[Statement], object]) -> None:
    """A crowd of threads has it taken in the same instant."""
    gate = threading.Barrier(CROWD, timeout=60)

    def one(number: int) -> None:
        gate.wait()
        try:
            take(said(number))
        finally:
            connection.close()

    with ThreadPoolExecutor(CROWD) as pool:
        list(pool.map(one, range(CROWD)))


ALL = reduce(join, (apart(said(number)) for number in range(CROWD)))


@pytest.mark.parametrize("again", range(ROUNDS))
def test_M12_of_what_webhooks_and_enquiries_say_at_once_nothing_is_lost(again: int, buy: Buy) -> None:
    buy(status=None)

    at_once(ledger.take)

    one = Payment.objects.get()
    assert kept.read(one.book or []) == ALL
    went_back = sum(number for number in range(CROWD) if number % 4)
    assert (one.captured_amount, one.refunded_amount) == (DUE, went_back)
    assert Transaction.objects.count() == 1 + CROWD * 3 // 4


def test_M12_control_to_read_and_then_write_loses_some(buy: Buy) -> None:
    buy(status=None)
    looked = threading.Barrier(CROWD, timeout=60)

    def read_then_write(one: Statement) -> None:
        book = kept.read(Payment.objects.get(pk=ORDER).book or [])
        looked.wait()
        Payment.objects.filter(pk=ORDER).update(book=kept.write(join(book, apart(one))))

    at_once(read_then_write)

    assert kept.read(Payment.objects.get().book or []) != ALL


def test_M12_a_webhook_that_comes_while_nimbbl_is_asked_is_not_undone_by_its_answer(
    buy: Buy, as_role: Callable[[str], Client], partners: Partners
) -> None:
    buy(payment_status="pending")

    def meanwhile() -> None:
        ledger.take(replace(webhook(payment()), at=timezone.now()))
        connections.close_all()

    partners.misbehave("o_M1", "fine", on="enquiry", during=meanwhile)

    page = opened(as_role("Operations"), "/orders/M1/confirm/")

    assert paid(page) == "₹652.36 captured at Nimbbl, ₹652.36 due, within ₹1"
    row = Transaction.objects.get()
    assert (row.word, row.said_by, row.is_listed) == ("succeeded", Teller.WEBHOOK, True)
