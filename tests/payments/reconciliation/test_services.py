"""Nimbbl is asked by the clock about what is open, over a real socket, until it ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import enquiry, tasks
from payments.ledger import services as ledger
from payments.models import Payment, ReconciliationRun, Refund
from payments.reconciliation import services
from payments.refunds import services as refunds
from tests.payments.conftest import Buy
from tests.payments.ledger.said import answer, payment, refund, webhook
from tests.payments.refunds.conftest import PAID, cancelled, carried

__all__ = ["cancelled"]
pytestmark = pytest.mark.django_db(transaction=True)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def later(by: timedelta) -> None:
    """So much time passes: everything that has a moment is older by that."""
    for one in Payment.objects.all():
        names = ("created_at", "asked_at", "answered_at", "moved_at", "next_ask_at")
        for name in names:
            if at := getattr(one, name):
                setattr(one, name, at - by)
        one.save(update_fields=names)
    for mine in Refund.objects.all():
        Refund.objects.filter(pk=mine.pk).update(heard_at=mine.heard_at - by)


def asked(partners: Partners, name: str = "M1") -> int:
    """How often Nimbbl was asked about a purchase."""
    return int(partners.effects(name)["enquiries"])


def as_paid(partners: Partners, status: str, name: str = "M1", **more: Any) -> None:
    """Nimbbl knows the purchase's payment so from now on."""
    partners.tell(
        merchant_order_id=name, onemg_order_id=f"PO{name}", nimbbl_order_id=f"o_{name}", payment_status=status, **more
    )


def wait() -> timedelta | None:
    """How long until it is asked next."""
    at = Payment.objects.get().next_ask_at
    return None if at is None else at - timezone.now()


def minutes(wait: timedelta | None) -> float | None:
    return wait and round(wait / MINUTE)


def die_while_asking() -> None:
    """A run whose process ends in the middle of a question."""

    def die(_payment: Payment) -> None:
        raise SystemExit

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(enquiry, "refresh", die)
        with pytest.raises(SystemExit):
            services.sweep()


# --- M25: an open payment ---------------------------------------------------------------------------------------------


def test_M25_nobody_is_asked_about_at_once(buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")

    assert (services.sweep(), asked(partners), minutes(wait())) == (0, 0, 5)


def test_M25_an_open_payment_is_asked_about_until_it_is_paid(buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")
    steps = []
    for status in ("pending", "pending", "succeeded"):
        as_paid(partners, status)
        later(wait() or DAY)
        assert tasks.ask_about_payments() == 1
        steps.append(minutes(wait()))

    assert steps[:2] == [10, 45]
    assert Payment.objects.get().captured_amount == PAID
    assert OrderGroup.objects.get().captured_amount == PAID
    assert asked(partners) == 3


def test_M25_after_a_day_it_is_asked_about_a_last_time(buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")
    later(DAY + HOUR)

    services.sweep()

    one = Payment.objects.get()
    assert (asked(partners), one.next_ask_at) == (1, None)
    assert one.state == "pending"  # Nimbbl has not said that it has lapsed, so nobody here does


def test_M25_what_is_over_is_asked_about_no_more(buy: Buy, partners: Partners) -> None:
    buy()
    later(5 * MINUTE)
    services.sweep()
    later(4 * DAY)
    services.sweep()  # the night's question that has been due since
    later(40 * DAY)

    assert (services.sweep(), wait(), asked(partners)) == (0, None, 2)


def test_M25_a_webhook_spares_the_question(buy: Buy, partners: Partners) -> None:
    buy()
    ledger.take(webhook(payment(), order_status="completed"))
    later(5 * MINUTE)

    assert (services.sweep(), asked(partners)) == (0, 0)


def test_M25_while_nimbbl_is_away_it_is_asked_again(buy: Buy, partners: Partners) -> None:
    buy()
    partners.misbehave("o_M1", "error", on="enquiry")
    later(25 * HOUR)
    services.sweep()
    first = minutes(wait())
    partners.behave("o_M1")
    later(HOUR)
    services.sweep()

    assert (first, Payment.objects.get().captured_amount) == (60, PAID)


def test_M25_an_order_that_nimbbl_calls_lapsed_is_over(buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")

    ledger.take(answer(order_status="lapsed"))

    assert Payment.objects.get().state == "lapsed"
    assert wait() is None


def test_nothing_is_asked_where_nimbbl_is_not_configured(buy: Buy, partners: Partners, settings: Any) -> None:
    buy()
    later(DAY)
    settings.NIMBBL_CONFIGURED = False

    assert (services.sweep(), asked(partners), wait() is None) == (0, 0, False)


def test_so_many_a_minute_and_the_latest_first(buy: Buy, partners: Partners, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("M1", "M2", "M3"):
        buy(name)
    for name, ago in (("M1", 30), ("M2", 10), ("M3", 20)):
        Payment.objects.filter(group=name).update(next_ask_at=timezone.now() - ago * MINUTE)
    monkeypatch.setattr(services, "MOST", 2)

    found = services.sweep(), [asked(partners, name) for name in ("M1", "M2", "M3")]

    assert found == (2, [0, 1, 1])
    assert (services.sweep(), asked(partners)) == (1, 1)


# --- M26: a refund ----------------------------------------------------------------------------------------------------


def test_M26_a_refund_is_watched_until_it_ends(
    cancelled: Callable[..., OrderGroup], partners: Partners, asha: Actor
) -> None:
    cancelled(refund_status="pending")
    mine = carried(refunds.start("M1", PAID, by=asha, why="Lost on its way"))
    assert mine.state == "accepted"
    for step in (5 * MINUTE, DAY, DAY, DAY):
        later(step)
        assert services.sweep() == 1
    mine.refresh_from_db()
    still = mine.state
    partners.books.change("o_M1", refund_status="succeeded")
    later(DAY)
    services.sweep()

    mine.refresh_from_db()
    assert (still, mine.state) == ("accepted", "paid")
    assert Payment.objects.get().refunded_amount == PAID


def test_M26_a_refund_in_doubt_is_watched_until_nimbbl_names_it(
    cancelled: Callable[..., OrderGroup], partners: Partners, asha: Actor
) -> None:
    cancelled()
    partners.misbehave("o_M1", "times-out-after-acting", on="refund", seconds=0.2)
    mine = carried(refunds.start("M1", PAID, by=asha, why="Lost on its way"))
    later(5 * MINUTE)
    asking = services.sweep()
    mine.refresh_from_db()
    doubtful = mine.state
    ledger.take(webhook(refund("succeeded", PAID, refund_request_id=mine.refund_request_id)))

    mine.refresh_from_db()
    assert (asking, doubtful, mine.state) == (1, "unknown", "paid")
    assert partners.effects("M1")["refunds_received"] == 1


def test_M26_a_refund_that_only_nimbbl_knows_is_watched(buy: Buy, partners: Partners) -> None:
    buy()
    ledger.take(webhook(payment(), order_status="completed"))
    Payment.objects.update(moved_at=None)
    ledger.take(webhook(refund("pending", Decimal("100.00"))))

    assert wait() is not None


# --- M27: lost and doubled runs ---------------------------------------------------------------------------------------


def test_M27_two_runs_at_once_ask_once(buy: Buy, partners: Partners) -> None:
    for number in range(1, 7):
        buy(f"M{number}", payment_status="pending")
    later(5 * MINUTE)

    def run(_number: int) -> int:
        try:
            return services.sweep()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(run, range(4)))

    assert sum(counts) == 6
    assert [asked(partners, f"M{number}") for number in range(1, 7)] == [1] * 6


def test_M27_control_whoever_does_not_take_it_first_asks_again(
    buy: Buy, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    buy(payment_status="pending")
    later(5 * MINUTE)
    both = [Payment.objects.get(), Payment.objects.get()]
    monkeypatch.setattr(services, "_take", lambda payment: True)

    assert [services._ask(one) for one in both] == [True, True]
    assert asked(partners) == 2


def test_M27_one_of_two_who_have_read_the_same_row_asks(buy: Buy, partners: Partners) -> None:
    buy(payment_status="pending")
    later(5 * MINUTE)
    both = [Payment.objects.get(), Payment.objects.get()]

    assert [services._ask(one) for one in both] == [True, False]
    assert asked(partners) == 1


def test_M27_a_run_that_dies_while_it_asks_harms_nothing(buy: Buy, partners: Partners) -> None:
    buy()
    later(5 * MINUTE)
    die_while_asking()
    at_once = services.sweep()
    later(services.HELD)

    assert (at_once, services.sweep(), asked(partners)) == (0, 1, 1)


def test_M27_one_that_cannot_be_asked_about_stops_no_other(
    buy: Buy, partners: Partners, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("M1", "M2"):
        buy(name)
    later(5 * MINUTE)
    refresh = enquiry.refresh

    def broken(one: Payment) -> None:
        if one.pk == "o_M2":
            raise RuntimeError("made up")
        refresh(one)

    monkeypatch.setattr(enquiry, "refresh", broken)

    assert services.sweep() == 2
    assert Payment.objects.get(pk="o_M1").captured_amount == PAID


def test_M27_nimbbl_is_asked_under_no_lock(buy: Buy, partners: Partners) -> None:
    buy()
    later(5 * MINUTE)
    free: list[bool] = []

    def look() -> None:
        free.append(enquiry.Payment.objects.filter(pk="o_M1").update(invoice_id="x") == 1)
        connections.close_all()

    partners.misbehave("o_M1", "fine", on="enquiry", during=look)

    assert (services.sweep(), free) == (1, [True])


def test_M27_a_run_that_has_come_to_its_end_is_noted_and_one_that_died_is_not(buy: Buy, partners: Partners) -> None:
    buy()
    later(5 * MINUTE)
    die_while_asking()
    after_death = ReconciliationRun.last()
    later(services.HELD)
    services.sweep()

    assert after_death is None
    assert ReconciliationRun.objects.get().asked == 1


def test_where_nobody_can_be_asked_no_run_is_noted(db: None, settings: Any) -> None:
    settings.NIMBBL_CONFIGURED = False

    assert (services.sweep(), ReconciliationRun.last()) == (0, None)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="the plan is PostgreSQL's")
def test_what_is_due_is_found_by_its_index(buy: Buy) -> None:
    group = buy()
    Payment.objects.bulk_create(Payment(nimbbl_order_id=f"x{n}", group=group, next_ask_at=None) for n in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE payments_payment")

    plan = Payment.objects.filter(next_ask_at__lte=timezone.now()).order_by("-next_ask_at", "pk")[:60].explain()

    assert "payment_to_ask_about" in plan
