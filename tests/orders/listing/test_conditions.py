"""Filters by what a purchase needs, by promises, papers and couriers, on the page and the API alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import ApiKey, GroupedOrder, OrderGroup
from tests.conftest import document, order_update
from tests.orders.test_filters import Ask
from tests.orders.test_filters import ask as ask  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
HOUR = 3600


def told(name: str, status: int, hours: float = 1, **more: Any) -> dict[str, Any]:
    """An update of a COD purchase, which waits for no confirmation, so many hours ago. `eta`: hours from now."""
    now = int(timezone.now().timestamp())
    eta = {"eta_to": now + int(more.pop("eta") * HOUR)} if "eta" in more else None
    body = order_update(f"PO{name}", status, now - int(hours * HOUR), eta=eta)
    whole = document(body)
    whole["merchant_order_id"] = name
    whole["grouped_orders"][0]["payment_summary"]["mode"] = more.pop("mode", "COD")
    whole["prescriptions"] = [{"url": "", "status": paper, "reason": ""} for paper in more.pop("papers", [])]
    return body


@pytest.fixture
def some(post: Post) -> None:
    """One that each turn is waiting in, and one that needs nobody."""
    post(told("STOCK", 20, 5))
    post(told("YOUNG", 20, 1))
    post(told("LATE", 30, 3, eta=-2))
    post(told("PAPER", 100, 30))
    post(told("SLOW", 130, 26))
    post(told("DONE", 40, 50, eta=-60))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("turn=us", ["STOCK", "YOUNG"]),
        ("turn=customer", ["PAPER"]),
        ("turn=1mg", ["SLOW"]),
        ("turn=courier", ["LATE"]),
        ("turn=engineer", []),
        ("turn=customer&turn=courier", ["LATE", "PAPER"]),
        ("turn=us&cause=late", []),
        ("cause=late&cause=allocation", ["LATE", "STOCK", "YOUNG"]),
        ("wait=4h", ["PAPER", "SLOW", "STOCK"]),
        ("wait=90m", ["LATE", "PAPER", "SLOW", "STOCK"]),
        ("wait=1d", ["PAPER", "SLOW"]),
        ("wait=7d", []),
        ("wait=4h&turn=us", ["STOCK"]),
        ("wait=4H&cause=allocation&turn=us", ["STOCK"]),
        ("promise=passed", ["LATE"]),
        ("promise=passed&turn=us", []),
    ],
)
def test_what_is_needed_is_filtered_by(some: None, ask: Ask, query: str, found: list[str]) -> None:
    assert ask(query) == found


def test_turn_and_wait_are_asked_of_one_need(post: Post, ask: Ask) -> None:
    post(told("BOTH", 20, 1, eta=-20))

    assert [ask(query) for query in ("turn=us", "turn=courier&wait=4h", "turn=us&wait=4h")] == [["BOTH"], ["BOTH"], []]


def test_once_1mg_was_asked_it_is_its_turn(some: None, ask: Ask, as_role: Callable[[str], Client]) -> None:
    as_role("Operations").post("/asks/ask/", {"id": ["STOCK"], "clock": "allocation"})

    assert [ask("turn=us"), ask("turn=1mg")] == [["YOUNG"], ["SLOW", "STOCK"]]


def test_a_promise_passes_while_1mg_waits_for_us_as_well(post: Post, ask: Ask) -> None:
    post(told("OURS", 160, 1, eta=-2, mode="ONLINE"))

    assert (ask("cause=late"), ask("promise=passed")) == ([], ["OURS"])


def test_a_promise_to_come_has_not_passed(post: Post, ask: Ask) -> None:
    post(told("SOON", 30, 1, eta=2))

    assert ask("promise=passed") == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("prescription=rejected", ["REJECTED"]),
        ("prescription=in_progress&prescription=completed", ["ACCEPTED", "CHECKED"]),
        ("prescription=none", ["NONE", "SILENT"]),
        ("prescription=other", []),
    ],
)
def test_papers_are_filtered_by_their_one_word(post: Post, ask: Ask, query: str, found: list[str]) -> None:
    post(told("REJECTED", 100, papers=["Rejected", "Completed"]))
    post(told("CHECKED", 100, papers=["In-progress"]))
    post(told("ACCEPTED", 130, papers=["Completed"]))
    post(told("NONE", 130))
    group = OrderGroup.objects.create(merchant_order_id="SILENT", first_seen_at=timezone.now())
    GroupedOrder.objects.create(order_id="PO-SILENT", group=group, listed_at=group.first_seen_at)

    assert ask(query) == found


def carried(name: str, courier: str) -> dict[str, Any]:
    """A purchase that goes with that courier."""
    body = told(name, 30)
    document(body)["grouped_orders"][0]["shipment_detail"]["delivery_partner_name"] = courier
    return body


@pytest.mark.parametrize(
    ("courier", "found"),
    [
        (["GarudaParcel"], ["M1", "M2"]),
        (["  garudaparcel "], ["M1", "M2"]),
        (["Blue Arrow"], ["M3"]),
        (["GarudaParcel", "blue  arrow"], ["M1", "M2", "M3"]),
        (["Garuda"], []),
    ],
)
def test_a_courier_is_compared_as_cities_are(
    post: Post, as_role: Callable[[str], Client], courier: list[str], found: list[str]
) -> None:
    for name, said in (("M1", "GarudaParcel"), ("M2", "ＧＡＲＵＤＡＰＡＲＣＥＬ"), ("M3", "Blue Arrow")):
        post(carried(name, said))
    key = ApiKey.issue("support", may_see_personal_data=True)[1]

    page = as_role("Operations").get("/orders/", {"courier": courier})
    answer = Client().get("/api/orders/", {"courier": courier}, headers={"Authorization": f"Token {key}"})

    assert sorted(group.pk for group in page.context["page"].rows) == found
    assert sorted(one["merchant_order_id"] for one in answer.json()["results"]) == found


def test_U12_who_may_not_see_people_finds_nothing_by_a_courier(post: Post, ask: Ask) -> None:
    post(carried("M1", "Asha Rao of Garuda"))

    assert ask("courier=Asha+Rao+of+Garuda") == []


@pytest.mark.parametrize(("query", "found"), [("city=pune&city=GOA", ["M1", "M2"]), ("city=goa", ["M2"])])
def test_several_cities_may_be_chosen(post: Post, ask: Ask, query: str, found: list[str]) -> None:
    for name, city in (("M1", "Pune"), ("M2", "Goa"), ("M3", "Agra")):
        body = told(name, 130)
        document(body)["delivery_address"]["city"] = city
        post(body)

    assert ask(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "wait=soon",
        "wait=%00",
        "turn=%00",
        "turn=nobody",
        "promise=kept",
        "prescription=x",
        "courier=%00",
        "city=" + "&city=".join(f"c{n}" for n in range(30)),
        "wait=" + "9" * 400 + "d",
    ],
)
def test_U21_what_cannot_be_read_is_said_and_shows_nothing(
    some: None, as_role: Callable[[str], Client], client: Client, query: str
) -> None:
    key = ApiKey.issue("shop")[1]

    page = as_role("Operations").get(f"/orders/?{query}")
    answer = client.get(f"/api/orders/?{query}", headers={"Authorization": f"Token {key}"})

    assert (page.status_code, list(page.context["page"].rows)) == (200, [])
    assert "A filter cannot be read" in page.content.decode()
    assert answer.status_code == 400


def test_what_waits_longest_is_what_was_waited_for_at_that_time(post: Post, ask: Ask) -> None:
    post(told("M1", 20, 5))
    GroupedOrder.objects.get().group.needs.update(since=timezone.now() - timedelta(days=8))

    assert ask("wait=7d") == ["M1"]
