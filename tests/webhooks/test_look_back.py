"""What a crash left pending is finished by the next delivery that goes well (reliability row F10)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders.models import GroupedOrder
from tests.conftest import order_update
from webhooks import services
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db


def left_pending(order_id: str, *, age: timedelta = timedelta(minutes=1)) -> Delivery:
    """A delivery as a crash right after its bytes were committed leaves it."""
    body = json.dumps(order_update(order_id)).encode()
    return Delivery.objects.create(body=body, size=len(body), received_at=timezone.now() - age)


def test_F10_the_next_delivery_finishes_what_a_crash_left(post: Callable[..., Any]) -> None:
    left = left_pending("PO-LEFT")
    services._next_look_back = 0

    post(order_update("PO-NEXT"))

    left.refresh_from_db()
    assert (left.outcome, GroupedOrder.objects.get(pk="PO-LEFT").status_id) == ("applied", 130)


def test_F10_control_without_looking_back_it_stays_pending(post: Callable[..., Any]) -> None:
    left = left_pending("PO-LEFT")

    post(order_update("PO-NEXT"))

    left.refresh_from_db()
    assert left.outcome == "pending"


def test_F10_what_has_just_come_is_left_to_the_request_that_brought_it(post: Callable[..., Any]) -> None:
    left = left_pending("PO-LEFT", age=timedelta(seconds=2))
    services._next_look_back = 0

    post(order_update("PO-NEXT"))

    left.refresh_from_db()
    assert left.outcome == "pending"


def test_F10_it_looks_back_now_and_then_not_each_time(post: Callable[..., Any]) -> None:
    services._next_look_back = 0
    post(order_update("PO-1"))
    left = left_pending("PO-LEFT")

    post(order_update("PO-2"))

    left.refresh_from_db()
    assert left.outcome == "pending"
