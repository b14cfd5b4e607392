"""What a monitor is told: what *Now* says, what is not applied, and nothing of anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from orders.desk.causes import Cause
from orders.models import ApiKey, Need, OrderGroup
from payments.models import Payment, ReconciliationRun, Refund
from tests.conftest import order_update
from tests.onemg_portal.test_health import event, refund_request
from webhooks.models import Delivery, EventOutcome

pytestmark = pytest.mark.django_db
#: As Prometheus asks.
ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"


@pytest.fixture
def scrape(client: Client) -> Callable[[], Any]:
    """Ask as a monitor does."""
    secret = ApiKey.issue("prometheus")[1]
    headers = {"Authorization": f"Token {secret}", "Accept": ACCEPT}
    return lambda: client.get("/api/metrics/", headers=headers)


def told(answer: Any) -> dict[tuple[str, ...], float]:
    """Name and labels -> value, as Prometheus reads it."""
    families = text_string_to_metric_families(answer.content.decode())
    return {(one.name, *one.labels.values()): one.value for family in families for one in family.samples}


def test_it_says_what_needs_somebody(post: Callable[..., Any], scrape: Callable[[], Any]) -> None:
    for name in ("PO1", "PO2"):
        post(order_update(name, 20, eta_to=None))
    Need.objects.update(since=timezone.now() - timedelta(hours=2))
    Need.objects.filter(group="M-PO1").update(since=timezone.now() - timedelta(hours=3))

    said = told(scrape())

    assert said["portal_needs_due", "allocation"] == 2
    assert 10800 <= said["portal_need_oldest_seconds", "allocation"] < 10900
    assert said["portal_needs_due", "to_confirm"] == 0
    assert {labels[0] for name, *labels in said if name == "portal_needs_due"} == {cause.slug for cause in Cause}


def test_it_says_as_many_as_now_does(post: Callable[..., Any], scrape: Callable[[], Any], as_role: Any) -> None:
    for name, status in (("PO1", 20), ("PO2", 100), ("PO3", 40)):
        post(order_update(name, status))

    said = told(scrape())

    assert said["portal_purchases_due",] == as_role("Administrator").get("/").context["need_count"] > 0


def test_it_says_what_is_not_applied_and_when_1mg_spoke_last(
    post: Callable[..., Any], scrape: Callable[[], Any]
) -> None:
    post(order_update("PO1", 130))
    post(b"{")
    last = Delivery.objects.latest("pk")

    said = told(scrape())

    assert [said["portal_deliveries", state] for state in ("pending", "set_aside", "refused")] == [0, 0, 1]
    assert said["portal_last_delivery_timestamp_seconds",] == pytest.approx(last.received_at.timestamp())


def test_a_delivery_that_never_came_has_no_time(scrape: Callable[[], Any]) -> None:
    assert ("portal_last_delivery_timestamp_seconds",) not in told(scrape())


def test_it_says_what_of_nimbbls_events_is_not_taken_in(scrape: Callable[[], Any]) -> None:
    event(timedelta(minutes=3))
    event(timedelta(minutes=1))
    event(timedelta(hours=1), EventOutcome.WAITING)
    event(timedelta(days=1), EventOutcome.TAKEN)

    said = told(scrape())

    assert [said["portal_nimbbl_events", state] for state in ("pending", "waiting")] == [2, 1]
    assert 180 <= said["portal_nimbbl_event_oldest_seconds", "pending"] < 280
    assert 3600 <= said["portal_nimbbl_event_oldest_seconds", "waiting"] < 3700


def test_it_says_which_refund_requests_are_not_judged(scrape: Callable[[], Any]) -> None:
    refund_request(timedelta(minutes=3))
    refund_request(timedelta(days=1), "unreadable")

    said = told(scrape())

    assert said["portal_refund_requests_pending",] == 1
    assert 180 <= said["portal_refund_request_oldest_seconds",] < 280


def test_where_nothing_waits_nothing_is_old(scrape: Callable[[], Any]) -> None:
    said = told(scrape())

    assert {name: value for (name, *_), value in said.items() if "oldest" in name or "late" in name} == dict.fromkeys(
        (
            "portal_need_oldest_seconds",
            "portal_nimbbl_event_oldest_seconds",
            "portal_refund_request_oldest_seconds",
            "portal_payment_ask_late_seconds",
        ),
        0,
    )


def test_it_says_where_refunds_stand_that_are_not_over(scrape: Callable[[], Any]) -> None:
    group = OrderGroup.objects.create(pk="M1", first_seen_at=timezone.now())
    states = ("waiting", "waiting", "unknown", "paid", "declined")
    Refund.objects.bulk_create([Refund(group=group, amount=1, state=state) for state in states])

    said = told(scrape())

    found = {state: value for (name, *labels), value in said.items() if name == "portal_refunds" for state in labels}
    assert found == {"waiting": 2, "second": 0, "sending": 0, "unknown": 1, "accepted": 0, "failed": 0}


def test_it_says_what_nimbbl_is_to_be_asked_about(scrape: Callable[[], Any]) -> None:
    now = timezone.now()
    group = OrderGroup.objects.create(pk="M1", first_seen_at=now)
    for name, due in (("o_1", now - timedelta(minutes=3)), ("o_2", now + timedelta(hours=1)), ("o_3", None)):
        Payment.objects.create(pk=name, group=group, next_ask_at=due)

    said = told(scrape())

    assert said["portal_payments_to_ask",] == 1
    assert 180 <= said["portal_payment_ask_late_seconds",] < 280


def test_it_says_when_reconciliation_last_ended(scrape: Callable[[], Any]) -> None:
    before = told(scrape())
    ReconciliationRun.note(7)

    said = told(scrape())

    name = "portal_reconciliation_finished_timestamp_seconds"
    assert ((name,) in before, said[name,]) == (False, pytest.approx(timezone.now().timestamp(), abs=60))


def test_it_is_for_keys_alone(client: Client, as_role: Any) -> None:
    answers = [client.get("/api/metrics/"), as_role("Administrator").get("/api/metrics/")]

    assert [(answer.status_code, answer["WWW-Authenticate"]) for answer in answers] == [(401, "Token")] * 2


def test_its_cost_does_not_grow(post: Callable[..., Any], scrape: Callable[[], Any]) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            scrape()
        return len(queries)

    post(order_update("PO1", 20))
    few = statements()
    for number in range(10):
        post(order_update(f"POX{number}", 20))

    assert statements() == few == 17
