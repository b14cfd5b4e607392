"""1mg asks while its own answer is waited for, and while others hold what it asks about: it is answered at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders import purchases
from orders.actors import Actor
from orders.models import Act, OrderGroup
from payments import outbox, services
from payments.gateway import services as gateway
from payments.models import PartnerCall, Payment
from tests.payments.conftest import Buy
from tests.payments.gateway.conftest import Ask, known, settled, told
from tests.server import PAYMENT_TOKEN
from tests.until import until

pytestmark = pytest.mark.django_db(transaction=True)

#: As many as a process carries at one time, and some that wait for their turn.
MANY = configured.PARTNER_CALL_THREADS + 2
PAID = ("SUCCESS", 652.36)


@pytest.fixture
def confirming(buy: Buy, partners: Partners, asha: Actor) -> Iterator[None]:
    """Confirmations hang at 1mg, in every thread that there is for them."""
    let_go = threading.Event()
    for number in range(MANY):
        buy(f"H{number}")
        partners.misbehave(f"POH{number}", "fine", on="confirm", during=lambda: let_go.wait(60))
        services.confirm(f"H{number}", by=asha)
    until(lambda: PartnerCall.objects.filter(state="sending").count() == configured.PARTNER_CALL_THREADS)
    yield
    let_go.set()
    settled()


@contextmanager
def held(name: str) -> Iterator[None]:
    """Somebody holds the purchase, as an update does that is being applied."""
    holds, let_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            purchases.locked(name)
            holds.set()
            let_go.wait(60)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(30)
    yield
    let_go.set()
    holder.join()


def in_threads(many: int, do: Callable[[], Any]) -> list[Any]:
    """What comes of doing something so often at once."""

    def done(_number: int) -> Any:
        try:
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(done, range(many)))


def test_M1_1mg_asks_before_it_answers_the_confirmation(buy: Buy, partners: Partners, asha: Actor) -> None:
    buy()
    answers = []

    def ask_back() -> None:
        headers = {"Authorization": f"Token {PAYMENT_TOKEN}"}
        answers.append(told(Client().get("/transactions/M1", headers=headers)))
        connections.close_all()

    partners.misbehave("POM1", "fine", on="confirm", during=ask_back)
    services.confirm("M1", by=asha)

    settled()
    assert (answers, OrderGroup.objects.get().confirmation_state) == ([PAID], "confirmed")
    assert partners.effects("POM1")["enquiries"] == 2  # at the press and before the sending; not for 1mg


def test_M1_while_every_thread_hangs_in_a_confirmation_nimbbl_is_asked_all_the_same(
    ask: Ask, buy: Buy, confirming: None
) -> None:
    buy()

    assert told(ask()) == PAID


def test_M1_control_behind_the_confirmations_there_is_no_answer(buy: Buy, confirming: None) -> None:
    buy()

    behind = outbox._run(outbox._pool("partner-call"), outbox._ask_for_1mg, Payment.objects.get(group="M1"))

    assert wait([behind], gateway.PATIENCE).not_done


def test_M1_pages_that_wait_for_a_slow_nimbbl_hold_nothing_up(ask: Ask, buy: Buy, partners: Partners) -> None:
    buy()
    for number in range(MANY):
        buy(f"H{number}")
        partners.misbehave(f"o_H{number}", "slow", on="enquiry", seconds=2.5)
        outbox.ask_about_money(Payment.objects.get(group=f"H{number}"))

    assert told(ask()) == PAID
    settled()


def test_M1_a_purchase_that_somebody_holds_is_told_of(ask: Ask, buy: Buy) -> None:
    buy()
    known()

    with held("M1"):
        answer = told(ask())

    settled()
    assert (answer, Act.objects.filter(act="payment_asked").count()) == (PAID, 1)


def test_M1_where_what_nimbbl_says_cannot_be_kept_it_is_pending(ask: Ask, buy: Buy) -> None:
    buy()

    with held("M1"):
        answer = told(ask())

    assert answer == ("PENDING", 652.36)
    settled()


def test_M1_control_whoever_locks_the_purchase_waits(buy: Buy) -> None:
    buy()
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA busy_timeout = 300")

    with held("M1"), pytest.raises(OperationalError), transaction.atomic():
        purchases.locked("M1")
    connection.close()


def test_M3_many_at_once_have_nimbbl_asked_once(buy: Buy, partners: Partners) -> None:
    buy()
    partners.misbehave("o_M1", "slow", on="enquiry", seconds=0.5)

    found = in_threads(12, lambda: gateway.answer("M1").status)

    assert set(found) <= {"SUCCESS", "PENDING"}
    assert "SUCCESS" in found
    assert partners.effects("POM1")["enquiries"] == 1


def test_M3_control_whoever_asks_without_a_claim_asks_each_time(buy: Buy, partners: Partners) -> None:
    buy()
    payment = Payment.objects.get()

    in_threads(4, lambda: outbox._refresh(payment))

    assert partners.effects("POM1")["enquiries"] == 4


def test_M3_a_nimbbl_that_is_silent_holds_a_few_requests_and_no_more(buy: Buy, partners: Partners) -> None:
    names = [f"S{number}" for number in range(12)]
    for name in names:
        buy(name)
        partners.misbehave(f"o_{name}", "slow", on="enquiry", seconds=8)
    waiting = iter(names)

    found = in_threads(len(names), lambda: gateway.answer(next(waiting)).status)

    assert set(found) == {"PENDING"}
    assert sum(partners.effects(name)["enquiries"] for name in names) <= 4
    settled()


def test_a_line_that_cannot_be_written_is_lost_and_the_answer_is_not(
    ask: Ask, buy: Buy, caplog: pytest.LogCaptureFixture
) -> None:
    buy()
    known()
    with connection.cursor() as cursor:
        cursor.execute('ALTER TABLE "orders_timelineentry" RENAME TO "away"')
    try:
        answer = told(ask())
        settled()
    finally:
        with connection.cursor() as cursor:
            cursor.execute('ALTER TABLE "away" RENAME TO "orders_timelineentry"')

    assert answer == PAID
    assert "1mg asked about payments 1 times, and that is not written" in caplog.text


def test_what_comes_while_lines_are_written_is_written_as_well(ask: Ask, buy: Buy) -> None:
    buy()
    known()

    in_threads(8, lambda: [gateway.answer("M1") for _ in range(50)])

    settled()
    assert Act.objects.filter(act="payment_asked").count() == 400
