"""A clock that is far ahead of when it reached us is not believed, and hides nothing that comes after it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import GroupedOrder, OrderUpdate
from tests.cases.told import case, entry, page

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]
#: A clock of India's that is taken for UTC.
INDIA = 19_800


def said(name: str, ahead: int) -> dict[str, Any]:
    """A case's body with a clock so many seconds ahead."""
    body = case(name)
    entry(body)["updated"] = int(time.time()) + ahead
    return body


@pytest.mark.parametrize("ahead", [660, INDIA, 80_000])
def test_F12_a_clock_far_ahead_hides_nothing(post: Send, as_role: Callable[[str], Client], ahead: int) -> None:
    post(said("F12-clock-ist-a", ahead))
    post(said("F12-clock-ist-b", 0))

    first, second = OrderUpdate.objects.order_by("pk")
    shown = page(as_role("Operations"), "/orders/F12/")
    assert ("clock_untrusted" in first.flags, "clock_untrusted" in second.flags) == (True, False)
    assert "Delivered" in shown


def test_F12_a_clock_a_little_ahead_is_believed(post: Send) -> None:
    post(said("F12-clock-ist-a", 300))

    assert OrderUpdate.objects.get().flags == []


def test_F12_two_that_are_not_believed_stand_in_the_order_of_progress(post: Send) -> None:
    post(said("F12-clock-ist-a", INDIA))
    post(said("F12-clock-ist-b", INDIA))

    assert GroupedOrder.objects.get().status_id == 40
