"""How many ways to the database a POST costs, BEGIN and COMMIT among them.

SQLite, which is no way away, is asked some things one by one that PostgreSQL is asked at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from orders.models import OrderUpdate
from tests.conftest import order_update, payload

pytestmark = pytest.mark.django_db(transaction=True)
Send = Callable[..., Any]


def ways(send: Callable[[], Any]) -> int:
    """How often `send` goes to the database."""
    with CaptureQueriesContext(connection) as asked:
        assert send().json()["status"] == "SUCCESS"
    return len(asked)


def most(on_postgresql: int, on_sqlite: int) -> int:
    """The limit on the database of the run."""
    return on_postgresql if connection.vendor == "postgresql" else on_sqlite


def test_a_status_move_of_a_known_order_takes_few(post: Send) -> None:
    post(order_update("PO1", 130, 1_700_000_000))

    # SQLite cannot write an order and what it needs in one statement.
    assert ways(lambda: post(order_update("PO1", 25, 1_700_000_100))) <= most(5, 11)


def test_a_move_that_changes_items_invoices_and_prescriptions_too(post: Send) -> None:
    stuck = payload("order-stuck")
    post(stuck)
    delivered = payload("delivered")
    entry = delivered["result"]["grouped_orders"][0]
    entry["updated"] += 100

    assert ways(lambda: post(delivered)) <= most(10, 13)


def test_the_very_bytes_again_take_three(post: Send) -> None:
    post(order_update("PO1"))

    assert ways(lambda: post(order_update("PO1"))) <= most(3, 5)


def test_the_same_content_in_other_bytes_takes_few_too(post: Send) -> None:
    body = order_update("PO1")
    post(body)
    body["result"] = dict(reversed(body["result"].items()))

    assert ways(lambda: post(body)) <= most(6, 7)
    assert [row.times_seen for row in OrderUpdate.objects.all()] == [2]


def test_the_same_bytes_are_applied_anew_where_what_they_brought_is_gone(post: Send) -> None:
    post(order_update("PO1"))
    OrderUpdate.objects.all().delete()

    answer = post(order_update("PO1"))

    assert answer.json()["status"] == "SUCCESS"
    assert [row.times_seen for row in OrderUpdate.objects.all()] == [1]
