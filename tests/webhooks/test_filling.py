"""Updates that the code before recorded are filled in from the bytes, and what follows from them is put right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from orders.models import GroupedOrder, Need, OrderGroup, OrderUpdate
from tests.conftest import order_update
from tests.orders.test_services import differences
from tests.rows import changed, everything
from webhooks import filling
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


@pytest.fixture
def left(post: Post) -> dict[str, Any]:
    """Rows as the code before leaves them; the rows as they should be."""
    post(order_update("PO1", 30, T0 + 30))
    post(order_update("PO1", 99, T0 + 20))
    post(order_update("PO2", 130, T0 + 11, merchant_order_id="M-PO1"))
    post(order_update("PO2", 25, T0 + 21))
    right = everything()
    OrderUpdate.objects.update(said=None)
    OrderUpdate.objects.filter(status_id=99).update(flags=["late_cancellation"])
    GroupedOrder.objects.update(review_flags=[], status_since=None)
    OrderGroup.objects.update(city="kept from an order that left")
    return right


def test_filling_makes_the_rows_what_this_code_would_have_written(left: dict[str, Any]) -> None:
    assert filling.fill_all() == 2

    assert changed(left, everything()) == set()
    assert differences() == ""


def test_what_is_filled_is_not_found_again(left: dict[str, Any]) -> None:
    filling.fill_all()

    assert filling.fill_all() == 0


def test_filling_that_is_stopped_goes_on_where_it_stopped(left: dict[str, Any]) -> None:
    filling._fill(["M-PO1"])
    half = OrderUpdate.objects.filter(said__isnull=True).count()

    filling.fill_all()

    assert half == 2
    assert changed(left, everything()) == set()


def test_a_purchase_that_its_orders_have_left_is_emptied(post: Post) -> None:
    post(order_update("PO1", 130, T0, merchant_order_id="OLD"))
    post(order_update("PO1", 30, T0 + 1))
    OrderGroup.objects.filter(pk="OLD").update(city="Pune", heard={"address": [T0, 1, 1, 0]})

    assert filling.fill_all() == 1

    assert OrderGroup.objects.get(pk="OLD").city == ""


def test_the_worker_fills_what_the_code_before_has_just_written(left: dict[str, Any]) -> None:
    assert filling.fill_newest() == 2

    assert changed(left, everything()) == set()


def test_the_worker_puts_right_what_the_code_before_did_not_work_out(post: Post) -> None:
    post(order_update("PO1", 25, T0))
    right = everything()
    OrderUpdate.objects.update(generation=None)
    GroupedOrder.objects.update(attempts=None, odd=None)
    Need.objects.update(many=7)

    assert (filling.fill_newest(), filling.fill_newest()) == (1, 0)

    assert changed(right, everything()) == set()
    assert differences() == ""


def test_the_worker_finds_nothing_where_all_is_filled(post: Post) -> None:
    post(order_update())
    before = everything()

    assert filling.fill_newest() == 0

    assert changed(before, everything()) == set()


def test_where_bytes_are_gone_the_columns_say_what_they_can(left: dict[str, Any]) -> None:
    city = OrderGroup.objects.get(pk="M-PO1").city
    Delivery.objects.filter(pk=OrderUpdate.objects.get(status_id=30).delivery_id).delete()

    filling.fill_all()

    row = OrderUpdate.objects.get(status_id=30)
    assert row.said == {"status": 30, "purchase": "M-PO1", "group": "PO1"}
    assert GroupedOrder.objects.get(pk="PO1").review_flags == ["late_cancellation", "left_final"]
    assert OrderGroup.objects.get(pk="M-PO1").city == city


def test_a_purchase_that_is_held_all_the_time_is_told_of(left: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "TRIES", 0)

    with pytest.raises(OperationalError, match="1 purchases were held"):
        filling._fill(["M-PO1"])
