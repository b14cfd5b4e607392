"""A prescription's state is what 1mg said of it, never guessed from the order's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import OrderGroup
from tests.cases.told import case, entry, page, purchase
from tests.conftest import document

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]


@pytest.fixture
def browser(as_role: Callable[[str], Client]) -> Client:
    """The browser of somebody in operations."""
    return as_role("Operations")


def papers(*statuses: Any, status_id: int = 99) -> dict[str, Any]:
    """The case's body with papers of these statuses and the order in another one."""
    body = case("F13-rx-cancelled")
    document(body)["prescriptions"] = [{"url": "https://x.example/1", "status": status} for status in statuses]
    entry(body)["order_status"]["status_id"] = status_id
    return body


def test_F13_of_a_cancelled_order_the_paper_is_rejected(post: Send, browser: Client) -> None:
    post(case("F13-rx-cancelled"))

    words = page(browser, "/orders/F13/")

    assert "F13 Cancelled All orders" in words
    assert "Prescriptions Rejected" in words
    assert "Replaced" not in words


@pytest.mark.parametrize("status_id", [99, 95, 130, 30, 40, 142])
def test_F13_a_rejected_paper_is_rejected_whatever_became_of_the_order(
    post: Send, browser: Client, status_id: int
) -> None:
    post(papers("Rejected", status_id=status_id))

    assert "Prescriptions Rejected" in page(browser, "/orders/F13/")


@pytest.mark.parametrize(
    "status",
    ["Rejected", "Rejected ", " rejected", "REJECTED", "Ｒｅｊｅｃｔｅｄ", "\u00a0Rejected", "rejected\n", "Rejected."],
)
def test_F13_rejected_is_read_however_it_is_written(post: Send, browser: Client, status: str) -> None:
    post(papers(status, status_id=100))

    assert "F13 Prescription rejected" in page(browser, "/orders/F13/")
    assert OrderGroup.objects.get().prescription_state == "rejected"


@pytest.mark.parametrize("status", ["In-progress", "In progress", "in_progress", "IN-PROGRESS ", "In\u2011progress"])
def test_F13_in_progress_is_read_however_it_is_written(post: Send, browser: Client, status: str) -> None:
    post(papers(status, status_id=110))

    assert "Prescriptions Being checked" in page(browser, "/orders/F13/")


@pytest.mark.parametrize("status", ["Expired", "Not rejected", "rejected by doctor", "", None])
def test_F13_a_status_that_nobody_has_described_is_shown_as_it_came(post: Send, browser: Client, status: Any) -> None:
    post(papers(status))

    words = page(browser, "/orders/F13/")

    assert "Prescriptions See the papers" in words
    assert (status or "—") in words
    assert purchase("F13")["prescriptions"][0]["status"] == (status or None)


def test_F13_an_accepted_paper_beside_a_rejected_one_is_told_as_both(post: Send, browser: Client) -> None:
    post(papers("Rejected", "Completed", status_id=130))

    assert "Prescriptions Accepted, some rejected" in page(browser, "/orders/F13/")


def test_F13_while_1mg_waits_for_a_paper_a_rejected_one_stands(post: Send, browser: Client) -> None:
    post(papers("Rejected", "Completed", status_id=100))

    words = page(browser, "/orders/F13/")

    assert "F13 Prescription rejected" in words
    assert "Prescriptions Rejected" in words
