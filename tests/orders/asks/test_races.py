"""Several people press at the same instant: 1mg is asked once, and everybody but one is told by whom."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from orders.actors import Actor
from orders.asks import services
from orders.models import Act, Ask, Need
from tests.orders.asks.conftest import Say

pytestmark = pytest.mark.django_db(transaction=True)
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 3, 0
CROWD = 8
NAMES = [f"M-PO{number}" for number in range(5)]


@pytest.fixture
def five(say: Say) -> None:
    """Five purchases that 1mg has no stock for."""
    for number in range(5):
        say(20, order=f"PO{number}")


def at_once(press: Callable[[str], int]) -> list[int]:
    """What each of a crowd is told: how many purchases were asked about by their own press."""
    gate = threading.Barrier(CROWD, timeout=60)

    def one(number: int) -> int:
        gate.wait()
        try:
            return press(f"member{number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(CROWD) as pool:
        return sorted(pool.map(one, range(CROWD)))


def test_of_those_who_press_at_once_one_has_asked(five: None) -> None:
    told = at_once(lambda name: len(services.ask(NAMES, ["allocation"], by=Actor(name)).now))

    assert told == [0] * (CROWD - 1) + [5]
    assert Ask.objects.count() == Act.objects.count() == 5
    assert set(Need.objects.values_list("asked_by", flat=True)) == set(Ask.objects.values_list("by", flat=True))


def test_control_to_look_and_then_write_asks_several_times(five: None) -> None:
    looked = threading.Barrier(CROWD, timeout=60)

    def look_then_write(name: str) -> int:
        free = list(Need.objects.filter(asked_at=None).values_list("pk", flat=True))
        looked.wait()
        with transaction.atomic():
            Need.objects.filter(pk__in=free).update(asked_at=timezone.now(), asked_by=name)
        return len(free)

    assert at_once(look_then_write) == [5] * CROWD
