"""A partner's word is compared in one normal form, kept and shown as it came; one that nobody knows is flagged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import OrderGroup
from tests.cases.told import case, entry, purchase
from tests.conftest import document

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


def paid(mode: str) -> dict[str, Any]:
    """The case's body, paid so."""
    body = case("F06-mode-case")
    entry(body)["payment_summary"]["mode"] = mode
    return body


@pytest.mark.parametrize(
    ("mode", "method"), [("Cod", "COD"), (" cod ", "COD"), ("Online", "ONLINE"), ("ＯＮＬＩＮＥ", "ONLINE")]
)
def test_F6_a_known_mode_is_read_however_it_is_written(post: Send, mode: str, method: str) -> None:
    answer = post(paid(mode)).json()

    group = OrderGroup.objects.get()
    told = purchase(group.pk)
    assert (answer["status"], told["payment_method"]) == ("SUCCESS", method)
    assert told["payment_summary"]["mode"] == mode


def test_F6_an_online_purchase_waits_to_be_confirmed_however_its_mode_is_written(
    post: Send, as_role: Callable[[str], Client]
) -> None:
    body = case("F06b-mode-case")
    entry(body)["order_status"]["status_id"] = 100
    post(body)

    page = as_role("Operations").get("/orders/?queue=to_confirm").content.decode()

    assert f"/orders/{document(body)['merchant_order_id']}/" in page


def test_F6_another_mode_is_kept_shown_and_flagged(post: Send, as_role: Callable[[str], Client]) -> None:
    answer = post(paid("Wallet")).json()

    group = OrderGroup.objects.get()
    page = as_role("Operations").get(f"/orders/{group.pk}/").content.decode()
    assert (answer["status"], group.payment_method) == ("PENDING", "Wallet")
    assert "a word that nobody has described" in page


@pytest.mark.parametrize(
    ("status", "flagged"), [("Rejected ", False), ("IN-PROGRESS", False), ("Shredded", True), ("", False)]
)
def test_F13_a_paper_with_an_unknown_status_is_flagged(post: Send, status: str, flagged: bool) -> None:
    body = case("F13-rx-cancelled")
    document(body)["prescriptions"] = [{"url": "https://x.example/1", "status": status}]

    assert (post(body).json()["status"] == "PENDING") is flagged


@pytest.mark.parametrize("asked", ["mumbai", "MUMBAI", " Mumbai ", "mumbai%20%20"])
def test_F16_a_city_is_found_whatever_its_case_and_blanks(
    post: Send, as_role: Callable[[str], Client], asked: str
) -> None:
    body = case("F16-city")
    post(body)

    page = as_role("Viewer").get(f"/orders/?city={asked}").content.decode()

    assert f"/orders/{document(body)['merchant_order_id']}/" in page
    assert OrderGroup.objects.get().city == document(body)["delivery_address"]["city"]
