"""What Nimbbl says and what was asked of us reaches the days of the page Money, over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.daybook import spans, sums
from orders.models import OrderGroup
from payments import enquiry
from payments.choices import Asker
from payments.models import Payment, Refund
from payments.reconciliation.sums import tell, tell_all
from payments.refunds import services as refunds
from tests.payments.conftest import Buy
from tests.payments.refunds.conftest import PAID, cancelled, carried

__all__ = ["cancelled"]
pytestmark = pytest.mark.django_db(transaction=True)


def today() -> dict[str, Any]:
    """The figures of today, and of how many purchases each is not known."""
    day = sums.of(spans.latest(1))[0]
    return {cell.name: (cell.amount, cell.unknown) for cell in day.cells}


def test_M28_before_nimbbl_is_asked_nothing_is_known(buy: Buy) -> None:
    buy()

    assert today()["captured"] == today()["paid_back"] == (None, 1)


def test_M28_a_purchase_that_is_paid_and_paid_back(
    cancelled: Callable[..., OrderGroup], partners: Partners, asha: Actor
) -> None:
    cancelled()
    before = today()
    carried(refunds.start("M1", Decimal("100.05"), by=asha, why="Lost on its way"))

    assert (before["captured"], before["asked"], before["paid_back"]) == ((PAID, 0), (0, 0), (0, 0))
    after = today()
    assert after["captured"] == (PAID, 0)
    assert after["asked"] == after["paid_back"] == (Decimal("100.05"), 0)


def test_M28_a_refund_on_its_way_is_asked_and_not_paid_back(
    cancelled: Callable[..., OrderGroup], partners: Partners, asha: Actor
) -> None:
    cancelled(refund_status="pending")

    carried(refunds.start("M1", PAID, by=asha, why="Lost on its way"))

    assert (today()["asked"], today()["paid_back"]) == ((PAID, 0), (0, 0))


def test_M28_what_was_declined_is_not_asked_any_more(cancelled: Callable[..., OrderGroup], asha: Actor) -> None:
    refund = Refund.objects.create(group=cancelled(), amount=Decimal(100), asker=Asker.ONEMG, asked_by="1mg")

    refunds.decline(refund, by=asha, why="Paid back at the door")

    assert today()["asked"] == (0, 0)


def test_M28_all_orders_at_nimbbl_count(buy: Buy, partners: Partners) -> None:
    group = buy()
    partners.tell(merchant_order_id="M1B", onemg_order_id="POM1B", nimbbl_order_id="o_M1B", payable_amount="50.00")
    other = Payment.objects.create(nimbbl_order_id="o_M1B", group=group)
    enquiry.refresh(Payment.objects.get(pk="o_M1"))
    one_alone = today()["captured"]
    enquiry.refresh(other)

    assert (one_alone, today()["captured"]) == ((None, 1), (PAID + 50, 0))


def test_purchases_of_the_code_before_are_told(cancelled: Callable[..., OrderGroup]) -> None:
    cancelled()
    OrderGroup.objects.update(all_captured_amount=None, paid_back_amount=None)

    tell_all(1)

    assert today()["captured"] == (PAID, 0)


def written(work: Callable[[], object]) -> int:
    """How many statements wrote purchases."""
    with CaptureQueriesContext(connection) as queries:
        work()
    return sum(one["sql"].startswith('UPDATE "orders_ordergroup"') for one in queries)


@pytest.fixture
def untold() -> list[OrderGroup]:
    """Purchases of which the code before knew what was captured; of the last not of all its orders there."""
    now = timezone.now()
    groups = [OrderGroup.objects.create(merchant_order_id=f"M{n}", first_seen_at=now) for n in range(5)]
    for group in groups:
        Payment.objects.create(nimbbl_order_id=f"o_{group}", group=group, captured_amount=Decimal("0.10"))
        Payment.objects.create(nimbbl_order_id=f"o_{group}B", group=group, captured_amount=Decimal("0.20"))
    Payment.objects.filter(pk=f"o_{groups[-1]}B").update(captured_amount=None)
    return groups


def test_many_are_told_by_one_statement(untold: list[OrderGroup]) -> None:
    assert written(lambda: tell_all(100)) == 1
    told = OrderGroup.objects.order_by("pk").values_list("all_captured_amount", flat=True)
    assert list(told) == [*[Decimal("0.30")] * 4, None]


def test_who_was_stopped_goes_on_with_the_rest(untold: list[OrderGroup]) -> None:
    tell(untold[0].pk)
    tell(untold[1].pk)

    assert written(lambda: tell_all(1)) == 3


def test_sums_are_to_the_paisa_where_the_database_adds_up_fractions(untold: list[OrderGroup]) -> None:
    tell(untold[0].pk)

    assert OrderGroup.objects.filter(all_captured_amount=Decimal("0.30")).exists()
