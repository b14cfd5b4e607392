"""A purchase's lock covers its orders; several are locked by their ids, and an order that moves is followed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from orders import locks, store
from orders.models import GroupedOrder, OrderGroup
from tests.conftest import order_update
from tests.until import until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time"),
]
T0 = 1_700_000_000


@pytest.fixture(autouse=True)
def two_purchases(post: Callable[..., Any]) -> None:
    """PO1 in M1 and PO2 in M2."""
    post(order_update("PO1", 130, T0, merchant_order_id="M1"))
    post(order_update("PO2", 130, T0, merchant_order_id="M2"))


def beside(work: Callable[[], Any], *args: Any) -> Any:
    """Start work on a connection of its own."""

    def run() -> Any:
        try:
            return work(*args)
        finally:
            connection.close()

    return ThreadPoolExecutor(1).submit(run)


def is_waited_for() -> bool:
    """Whether somebody waits for a lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


def is_free(pk: str) -> bool:
    """Whether nobody holds a purchase."""
    with transaction.atomic():
        return OrderGroup.objects.select_for_update(skip_locked=True).filter(pk=pk).exists()


def in_turn(first: Iterable[str], meet: Event, other: Event) -> str:
    """Lock purchases one by one, in the order in which they are named, the second once somebody else has the first."""
    with transaction.atomic():
        for number, pk in enumerate(first):
            if number:
                meet.set()
                other.wait(10)
            locks.hold([], [pk])
    return "done"


def test_an_order_that_is_filed_elsewhere_while_one_waits_is_followed() -> None:
    def hold() -> tuple[str, str]:
        with transaction.atomic():
            (order,) = locks.hold(["PO1"])
        return order.group_id, order.group.pk

    with transaction.atomic():
        locks.hold(["PO1"], ["M2"])
        waiting = beside(hold)
        until(is_waited_for)
        GroupedOrder.objects.filter(pk="PO1").update(group="M2")

    assert waiting.result(10) == ("M2", "M2")


def test_whoever_waited_in_vain_holds_nothing_of_it() -> None:
    free = Event()

    def hold() -> None:
        with transaction.atomic():
            locks.hold(["PO1"])
            free.wait(10)

    with transaction.atomic():
        locks.hold(["PO1"], ["M2"])
        waiting = beside(hold)
        until(is_waited_for)
        GroupedOrder.objects.filter(pk="PO1").update(group="M2")
    until(lambda: is_free("M1"))
    free.set()
    waiting.result(10)


def test_a_purchase_that_somebody_holds_is_passed_over_by_the_usual_look() -> None:
    def look() -> Any:
        with transaction.atomic():
            return store.look("PO1", "M1", "none")

    with transaction.atomic():
        locks.hold(["PO1"])

        assert beside(look).result(10) is None


def test_E7_an_order_that_goes_in_the_moment_of_locking_is_noticed() -> None:
    def look() -> None:
        with transaction.atomic():
            store.look("PO1", "M1", "none")

    with transaction.atomic():
        GroupedOrder.objects.filter(pk="PO1").update(group="M2")  # by code that holds no purchase
        looking = beside(look)
        until(is_waited_for)

    with pytest.raises(locks.MovedMeanwhile):
        looking.result(10)


def test_E7_an_update_of_such_an_order_is_applied_all_the_same(post: Callable[..., Any]) -> None:
    with transaction.atomic():
        GroupedOrder.objects.filter(pk="PO1").update(group="M2")
        posting = beside(lambda: post(order_update("PO1", 30, T0 + 1, merchant_order_id="M1")).json()["status"])
        until(is_waited_for)

    assert posting.result(10) == "SUCCESS"
    order = GroupedOrder.objects.get(pk="PO1")
    assert (order.group_id, order.status_id) == ("M1", 30)


def test_E7_an_order_that_somebody_makes_elsewhere_meanwhile_is_followed(post: Callable[..., Any]) -> None:
    with transaction.atomic():
        GroupedOrder.objects.create(order_id="PO3", group_id="M2", listed_at=timezone.now())
        posting = beside(lambda: post(order_update("PO3", 30, T0, merchant_order_id="M1")).json()["status"])
        until(is_waited_for)

    assert posting.result(10) == "SUCCESS"
    assert GroupedOrder.objects.get(pk="PO3").group_id == "M1"


def test_two_who_name_the_same_purchases_the_other_way_round_both_come_through() -> None:
    def hold(purchases: list[str]) -> int:
        for _ in range(50):
            with transaction.atomic():
                locks.hold([], purchases)
        return 50

    both = [beside(hold, ["M1", "M2"]), beside(hold, ["M2", "M1"])]

    assert [one.result(60) for one in both] == [50, 50]


def test_control_locked_one_by_one_as_named_they_are_in_each_others_way() -> None:
    here, there = Event(), Event()

    both = [beside(in_turn, ["M1", "M2"], here, there), beside(in_turn, ["M2", "M1"], there, here)]

    assert any(isinstance(one.exception(60), OperationalError) for one in both)
