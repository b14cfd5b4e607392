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
from orders.models import ApiKey, Need
from tests.conftest import order_update
from webhooks.models import Delivery

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

    assert statements() == few == 7
