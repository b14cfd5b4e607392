"""Registered purchases of which 1mg has not spoken: in the list, found, and shown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import OrderGroup
from tests.orders.made import purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def silent() -> str:
    """A purchase that the shop has registered."""
    key = purchase(registered=True)
    OrderGroup.objects.filter(pk=key).update(
        onemg_order_id="PO-SILENT", payable_amount="652.36", search_text=f"{key.lower()} po silent"
    )
    return key


def test_a_registered_purchase_is_in_the_list_before_1mg_speaks(silent: str, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get("/orders/").content.decode()

    assert f'href="/orders/{silent}/"' in page
    assert "Registered, 1mg has not spoken yet" in page
    assert "652.36" in page


def test_a_purchase_that_nobody_registered_and_1mg_left_is_not(as_role: Callable[[str], Client]) -> None:
    left = purchase()

    assert f'href="/orders/{left}/"' not in as_role("Viewer").get("/orders/").content.decode()


@pytest.mark.parametrize("query", ["po-sil", "silent po", "mode"])
def test_a_registered_purchase_is_found_by_search_and_filter(
    silent: str, as_role: Callable[[str], Client], query: str
) -> None:
    asked = "mode=ONLINE" if query == "mode" else f"q={query}"

    assert f'href="/orders/{silent}/"' in as_role("Viewer").get(f"/orders/?{asked}").content.decode()


@pytest.mark.parametrize("by", ["merchant order", "1mg order"])
def test_an_exact_id_goes_straight_to_a_registered_purchase(
    silent: str, as_role: Callable[[str], Client], by: str
) -> None:
    word = silent if by == "merchant order" else "PO-SILENT"

    answer = as_role("Viewer").post("/find/", {"q": word})

    assert (answer.status_code, answer.headers.get("Location")) == (303, f"/orders/{silent}/")


def test_its_page_says_how_it_stands(silent: str, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get(f"/orders/{silent}/")

    assert page.status_code == 200
    assert "Registered, 1mg has not spoken yet" in page.content.decode()


def test_the_page_of_a_purchase_nobody_speaks_of_shows_no_chip(as_role: Callable[[str], Client]) -> None:
    assert as_role("Viewer").get(f"/orders/{purchase()}/").status_code == 200


def test_registered_and_spoken_of_purchases_are_paged_together(as_role: Callable[[str], Client]) -> None:
    start = timezone.now()
    keys = [purchase(registered=True) if n % 2 else purchase(160) for n in range(110)]
    for number, key in enumerate(keys):
        OrderGroup.objects.filter(pk=key).update(first_seen_at=start + timedelta(seconds=number // 2))
    in_order = list(OrderGroup.objects.order_by("-first_seen_at", "-pk").values_list("pk", flat=True))
    browser, found, address = as_role("Viewer"), [], "/orders/"

    while address:
        page = browser.get(address).context["page"]
        found += [group.pk for group in page.rows]
        address = f"/orders/?older={page.older}" if page.older else ""

    assert found == in_order
