"""What a crash left pending is finished in a thread that the next delivery wakes (docs/faults.md, F10)."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from orders.models import GroupedOrder
from tests.conftest import order_update
from webhooks import watch
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., Any]


def left_pending(order_id: str, *, age: timedelta = timedelta(minutes=1)) -> Delivery:
    """A delivery as a crash right after its bytes were committed leaves it."""
    body = json.dumps(order_update(order_id)).encode()
    return Delivery.objects.create(body=body, size=len(body), received_at=timezone.now() - age)


@pytest.fixture
def looking_back(settings: Any) -> Iterator[Callable[[], None]]:
    """A process that looks back; the call waits until it has."""
    settings.ONEMG_WEBHOOK_LOOK_BACK_SECONDS = 60
    watch._next_look = 0

    def wait() -> None:
        for thread in threading.enumerate():
            if thread.name == "pending":
                watch._bell.set()  # do not sleep until the next look
                thread.join(30)

    yield wait
    wait()


def test_F10_the_next_delivery_has_what_a_crash_left_finished(post: Post, looking_back: Callable[[], None]) -> None:
    left = left_pending("PO-LEFT")

    post(order_update("PO-NEXT"))
    looking_back()

    left.refresh_from_db()
    assert (left.outcome, GroupedOrder.objects.get(pk="PO-LEFT").status_id) == ("applied", 130)


def test_F10_control_without_looking_back_it_stays_pending(post: Post) -> None:
    left = left_pending("PO-LEFT")

    post(order_update("PO-NEXT"))

    left.refresh_from_db()
    assert left.outcome == "pending"


def test_F10_it_looks_back_now_and_then_not_each_time(post: Post, looking_back: Callable[[], None]) -> None:
    post(order_update("PO-1"))
    looking_back()
    left = left_pending("PO-LEFT")

    post(order_update("PO-2"))
    looking_back()

    left.refresh_from_db()
    assert left.outcome == "pending"
