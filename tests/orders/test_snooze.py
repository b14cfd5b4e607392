"""Putting a purchase off: it leaves *Now* until its time, or until something happens to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import Act, Need
from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 3, 0
BACK_SOON = {"until": "hour", "why": "1mg calls back"}


def say(post: Post, status: int, updated: int | None = None, **entry: Any) -> None:
    """1mg says something of a COD order."""
    body = order_update("PO1", status, updated or T0, **{"eta": None, **entry})
    document(body)["grouped_orders"][0]["payment_summary"] |= {"mode": "COD"}
    assert post(body).status_code == 200


def text(answer: Any) -> str:
    """A page in one line."""
    return " ".join(answer.content.decode().split())


def due(browser: Client) -> list[str]:
    """The purchases on *Now*."""
    return [line.group.pk for line in browser.get("/").context["lines"]]


@pytest.fixture
def asha(post: Post, as_role: AsRole) -> Client:
    """Somebody of operations; 1mg has no stock for an order."""
    say(post, 20)
    return as_role("Operations")


def test_what_is_put_off_leaves_now_for_everybody_and_says_so_on_its_page(asha: Client, as_role: AsRole) -> None:
    before = due(asha)

    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    assert (before, due(asha), due(as_role("Administrator"))) == (["M-PO1"], [], [])
    page = text(asha.get("/orders/M-PO1/"))
    assert "Put off until" in page
    assert "“1mg calls back”" in page


def test_it_comes_back_when_its_time_has_come(asha: Client) -> None:
    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    Need.objects.update(hidden_until=timezone.now())  # as if the hour had passed

    assert due(asha) == ["M-PO1"]


def test_undo_brings_it_back_at_once(asha: Client) -> None:
    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    asha.post("/orders/M-PO1/wake/")

    assert due(asha) == ["M-PO1"]
    assert list(Act.objects.order_by("pk").values_list("act", flat=True)) == ["snoozed", "woken"]


@pytest.mark.parametrize("until", ["hour", "1mg"])
def test_news_of_the_status_ends_it(asha: Client, post: Post, until: str) -> None:
    say(post, 20, eta={"eta_to": T0})
    asha.post("/orders/M-PO1/put-off/", {"until": until, "why": "1mg calls back"})

    say(post, 30, T0 + 60)

    assert due(asha) == ["M-PO1"]  # it is late as well, and that had been put off too


def test_control_news_of_something_else_does_not(asha: Client, post: Post) -> None:
    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    say(post, 20, T0 + 60, shipment_detail={"delivery_partner_name": "GarudaParcel"})

    assert due(asha) == []


def test_a_new_cause_ends_it(asha: Client, post: Post) -> None:
    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    say(post, 20, T0 + 60, eta={"eta_to": T0})

    assert due(asha) == ["M-PO1"]


def test_a_promise_that_passes_meanwhile_is_not_put_off(asha: Client, post: Post) -> None:
    say(post, 20, T0 + 60, eta={"eta_to": T0 + 3600 * 24})
    asha.post("/orders/M-PO1/put-off/", BACK_SOON)

    Need.objects.filter(clock="late").update(since=timezone.now())  # as if a day had passed

    assert due(asha) == ["M-PO1"]


@pytest.mark.parametrize(
    "form", [{}, {"until": "hour"}, {"why": "later"}, {"until": "at", "why": "later"}, {"until": "ever", "why": "x"}]
)
def test_without_a_time_and_a_reason_nothing_is_put_off(asha: Client, form: dict[str, str]) -> None:
    answer = asha.post("/orders/M-PO1/put-off/", form)

    assert (answer.status_code, due(asha)) == (400, ["M-PO1"])


@pytest.mark.parametrize("until", ["hour", "three", "tomorrow", "at", "1mg"])
def test_it_is_put_off_into_the_time_to_come(asha: Client, until: str) -> None:
    asha.post("/orders/M-PO1/put-off/", {"until": until, "at": "14:00", "why": "later"})

    assert Need.objects.get().hidden_until > timezone.now()


def test_the_reason_is_personal(asha: Client, as_role: AsRole) -> None:
    asha.post("/orders/M-PO1/put-off/", {"until": "hour", "why": "Hiramay is at the temple"})

    assert "Hiramay" not in text(as_role("Viewer").get("/orders/M-PO1/"))


def test_what_needs_nothing_is_not_put_off(post: Post, as_role: AsRole) -> None:
    say(post, 40)

    answer = as_role("Operations").post("/orders/M-PO1/put-off/", BACK_SOON, follow=True)

    assert "It needs nothing that could be put off." in text(answer)
