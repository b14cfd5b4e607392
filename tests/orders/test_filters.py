"""The filters of the list, over HTTP on the page and the API alike."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.choices import Stage
from orders.models import ApiKey, OrderGroup
from tests.conftest import document, order_update, payload

pytestmark = pytest.mark.django_db
Ask = Callable[[str], list[str]]


@pytest.fixture(params=["page", "api"])
def ask(request: pytest.FixtureRequest, as_role: Callable[[str], Client]) -> Ask:
    """Ask with a query string; the purchases shown, sorted."""
    browser = as_role("Viewer")
    secret = ApiKey.issue("shop")[1]

    def page(query: str) -> list[str]:
        answer = browser.get(f"/orders/?{query}")
        assert answer.status_code == 200
        return sorted(set(re.findall(r'href="/orders/([\w-]+)/"', answer.content.decode())))

    def api(query: str) -> list[str]:
        answer = browser.get(f"/api/orders/?{query}", headers={"Authorization": f"Token {secret}"})
        assert answer.status_code == 200
        return sorted(purchase["merchant_order_id"] for purchase in answer.json()["results"])

    return page if request.param == "page" else api


@pytest.fixture
def four(post: Callable[..., Any]) -> None:
    """Four purchases: packing in Pune for cash, on its way in Goa, delivered in Pune, and one of two orders."""
    for number, status, city, mode in ((1, 130, "Pune", "COD"), (2, 30, "Goa", "ONLINE"), (3, 40, "Pune", "ONLINE")):
        body = order_update(f"PO{number}", status, merchant_order_id=f"M{number}")
        document(body)["delivery_address"]["city"] = city
        document(body)["grouped_orders"][0]["payment_summary"]["mode"] = mode
        post(body)
    split = payload("split-order")
    document(split)["merchant_order_id"] = "M4"
    post(split)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["M1", "M2", "M3", "M4"]),
        ("stage=fulfil", ["M1", "M4"]),
        ("stage=ship", ["M2", "M4"]),
        ("stage=ship&stage=done", ["M2", "M3", "M4"]),
        ("stage=cancel", []),
        ("status=130", ["M1", "M4"]),
        ("status=25", ["M4"]),
        ("status=25&status=40", ["M3", "M4"]),
        ("stage=ship&status=130", ["M4"]),
        ("mode=COD", ["M1"]),
        ("mode=ONLINE", ["M2", "M3", "M4"]),
        ("city=Pune", ["M1", "M3"]),
        ("city=pune", ["M1", "M3"]),
        ("city=Pune&mode=ONLINE", ["M3"]),
        ("q=po2&mode=ONLINE", ["M2", "M4"]),
        ("q=po2&mode=COD", []),
        ("q=&stage=&status=&mode=&city=&since=&until=", ["M1", "M2", "M3", "M4"]),
    ],
)
def test_filters_narrow_each_other_down(four: None, ask: Ask, query: str, found: list[str]) -> None:
    assert ask(query) == found


def test_a_purchase_of_two_orders_is_shown_once(four: None, ask: Ask) -> None:
    assert ask("q=po19719451082&stage=ship&stage=fulfil") == ["M4"]


@pytest.fixture
def days() -> None:
    """Purchases first seen around midnights in India."""
    for name, at in (
        ("BEFORE", datetime(2026, 3, 9, 18, 29, 59, tzinfo=UTC)),
        ("FIRST", datetime(2026, 3, 9, 18, 30, tzinfo=UTC)),
        ("EARLY", datetime(2026, 3, 9, 23, 59, tzinfo=UTC)),
        ("LAST", datetime(2026, 3, 10, 18, 29, 59, tzinfo=UTC)),
        ("AFTER", datetime(2026, 3, 10, 18, 30, tzinfo=UTC)),
    ):
        group = OrderGroup.objects.create(merchant_order_id=name, first_seen_at=at)
        group.orders.create(order_id=f"PO-{name}", listed_at=at)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("since=2026-03-10&until=2026-03-10", ["EARLY", "FIRST", "LAST"]),
        ("since=2026-03-10", ["AFTER", "EARLY", "FIRST", "LAST"]),
        ("until=2026-03-09", ["BEFORE"]),
        ("since=2026-03-11&until=2026-03-09", []),
        ("since=2000-01-01&until=2100-01-01", ["AFTER", "BEFORE", "EARLY", "FIRST", "LAST"]),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "UTC", "America/New_York"])
def test_F17_a_day_is_a_day_in_india(days: None, ask: Ask, query: str, found: list[str], zone: str) -> None:
    with timezone.override(zone):
        assert ask(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "since=99999-99-99",
        "until=9999-12-31",
        "since=0001-01-01",
        "q=%00",
        "city=%00",
        "status=abc",
        "stage=%00",
        "mode=X",
        "q=" + "a" * 5000,
        "city=" + "a" * 5000,
        "q=%ED%A0%80",
        "status=" + "9" * 40,
        "older=%00",
        "newer=x",
        "from=%ED%A0%80",
        "older=" + "A" * 5000,
        "nobody=knows",
        "merchant_order_id__startswith=M",
        "order_by=email",
    ],
)
def test_U21_no_value_breaks_the_page(four: None, as_role: Callable[[str], Client], query: str) -> None:
    answer = as_role("Viewer").get(f"/orders/?{query}")

    assert answer.status_code in (200, 400)
    assert answer["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("query", ["since=99999-99-99", "status=abc", "mode=X", "city=%00", "until=9999-12-31"])
def test_U21_a_bad_value_shows_nothing_rather_than_everything(
    four: None, as_role: Callable[[str], Client], query: str
) -> None:
    page = as_role("Viewer").get(f"/orders/?{query}").content.decode()

    assert re.findall(r'href="/orders/(M\d)/"', page) == []


def test_every_stage_is_a_choice(ask: Ask) -> None:
    for stage in Stage.values:
        assert ask(f"stage={stage}") == []
