"""The probes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from payments.models import RefundRequest
from webhooks.models import Delivery, EventOutcome, NimbblEvent, Outcome

pytestmark = pytest.mark.django_db


#: What is counted, where nothing is.
NOTHING = {
    "overdue_deliveries": 0,
    "overdue_events": 0,
    "overdue_refund_requests": 0,
    "set_aside_deliveries": 0,
    "refused_deliveries": 0,
}


def waiting(count: int, age: timedelta, outcome: str = Outcome.PENDING) -> None:
    """Deliveries of that age."""
    at = timezone.now() - age
    rows = [Delivery(body=b"", sha256="", token_fingerprint="", received_at=at, outcome=outcome) for _ in range(count)]
    Delivery.objects.bulk_create(rows)


def test_F4_healthz_asks_nothing_of_the_database(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readyz_is_ready_with_an_empty_database(client: Client) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok", **NOTHING})


def test_F10_readyz_counts_what_two_sweeps_have_missed(client: Client) -> None:
    waiting(3, timedelta(minutes=3))
    waiting(2, timedelta(minutes=1))
    waiting(5, timedelta(days=1), Outcome.QUARANTINED)
    Delivery.objects.filter(outcome=Outcome.QUARANTINED).update(settled_at=timezone.now())

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "backlog", **NOTHING, "overdue_deliveries": 3})


def event(age: timedelta, outcome: str = EventOutcome.PENDING) -> None:
    """An event of Nimbbl's of that age."""
    at = timezone.now() - age
    NimbblEvent.objects.create(body=b"{}", size=2, identity=f"{at}", received_at=at, outcome=outcome)


def refund_request(age: timedelta, judged: str = "") -> None:
    """A request of 1mg's for a refund, of that age."""
    at = timezone.now() - age
    RefundRequest.objects.create(body=b"{}", sha256="", token_fingerprint="", received_at=at, judged=judged)


def test_M8_readyz_counts_events_that_two_sweeps_have_missed(client: Client) -> None:
    event(timedelta(minutes=3))
    event(timedelta(minutes=1))
    event(timedelta(days=1), EventOutcome.TAKEN)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "backlog", **NOTHING, "overdue_events": 1})


def test_an_event_that_waits_for_its_purchase_is_no_backlog(client: Client) -> None:
    event(timedelta(days=1), EventOutcome.WAITING)

    assert client.get("/readyz").json() == {"status": "ok", **NOTHING}


def test_M17_readyz_counts_refund_requests_that_two_sweeps_have_missed(client: Client) -> None:
    refund_request(timedelta(minutes=3))
    refund_request(timedelta(minutes=1))
    refund_request(timedelta(days=1), "unreadable")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "backlog", **NOTHING, "overdue_refund_requests": 1})


def test_readyz_stops_counting_at_a_thousand(client: Client) -> None:
    waiting(1005, timedelta(hours=1))

    assert client.get("/readyz").json()["overdue_deliveries"] == 1000


def test_F1_readyz_says_when_the_database_does_not_answer(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhooks_delivery RENAME TO webhooks_gone")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (503, {"status": "database unavailable"})


def test_readyz_costs_five_queries(client: Client, django_assert_num_queries: Any) -> None:
    waiting(3, timedelta(minutes=3))

    with django_assert_num_queries(5):
        client.get("/readyz")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_a_probe_is_only_asked(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path).status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_makes_no_session_and_is_not_cached(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.cookies, answer["Cache-Control"]) == ({}, "no-store")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.1.2.3:8000", "whatever", "a_b", ""])
def test_case_F19_a_probe_is_answered_whatever_the_host(db: None, client: Client, path: str, host: str) -> None:
    assert client.get(path, headers={"host": host}).status_code == 200


def test_case_F19_control_any_other_page_is_for_the_hosts_we_know(db: None, client: Client) -> None:
    assert client.get("/login/", headers={"host": "10.1.2.3:8000"}).status_code == 400
