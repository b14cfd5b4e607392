"""How many SQL statements an update costs; BEGIN and COMMIT apart."""

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


def statements(send: Callable[[], Any]) -> int:
    """What `send` asks of the database, without the marks of transactions."""
    with CaptureQueriesContext(connection) as asked:
        assert send().json()["status"] == "SUCCESS"
    return sum(not query["sql"].startswith(("BEGIN", "COMMIT")) for query in asked)


def test_a_status_move_of_a_known_order_takes_at_most_nine(post: Send) -> None:
    post(order_update("PO1", 130, 1_700_000_000))

    assert statements(lambda: post(order_update("PO1", 25, 1_700_000_100))) <= 9


def test_a_move_that_changes_items_invoices_and_prescriptions_too(post: Send) -> None:
    """Nine at most; SQLite, which is no way away, gets two writes apart that PostgreSQL gets in one statement."""
    most = 9 if connection.vendor == "postgresql" else 11
    stuck = payload("order-stuck")
    post(stuck)
    delivered = payload("delivered")
    entry = delivered["result"]["grouped_orders"][0]
    entry["updated"] += 100

    assert statements(lambda: post(delivered)) <= most


def test_a_duplicate_takes_at_most_four(post: Send) -> None:
    post(order_update("PO1"))

    assert statements(lambda: post(order_update("PO1"))) <= 4


def test_the_same_content_in_other_bytes_takes_at_most_four_too(post: Send) -> None:
    body = order_update("PO1")
    post(body)
    body["result"] = dict(reversed(body["result"].items()))

    assert statements(lambda: post(body)) <= 4
    assert [row.times_seen for row in OrderUpdate.objects.all()] == [2]


def test_the_same_bytes_are_applied_anew_where_what_they_brought_is_gone(post: Send) -> None:
    post(order_update("PO1"))
    OrderUpdate.objects.all().delete()

    answer = post(order_update("PO1"))

    assert answer.json()["status"] == "SUCCESS"
    assert [row.times_seen for row in OrderUpdate.objects.all()] == [1]
