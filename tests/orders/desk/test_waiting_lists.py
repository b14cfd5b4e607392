"""*Prescriptions* and *Refunds*, and the call sheet: what waits for a customer or for 1mg, the oldest first."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.desk import refund_ages
from orders.models import Act, Need
from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]
DAY = 3600 * 24
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 1, 0


def say(post: Post, name: str, status: int, updated: int | None = None, papers: Any = (), **money: Any) -> None:
    """1mg says something of a COD order."""
    body = order_update(f"PO{name}", status, updated or T0, eta=None)
    told = document(body)
    told |= {"merchant_order_id": name, "prescriptions": list(papers)}
    told["grouped_orders"][0]["payment_summary"] |= {"mode": "COD", "online_collected": 0, **money}
    assert post(body).status_code == 200


def rejected(reason: str = "Invalid Prescription") -> dict[str, str]:
    """A paper that 1mg has rejected."""
    return {"url": "", "status": "Rejected", "reason": reason}


def text(answer: Any) -> str:
    """A page in one line."""
    return " ".join(answer.content.decode().split())


def shown(page: str) -> list[str]:
    """The purchases of a page, from top to bottom."""
    return re.findall(r'class="go mono" href="/orders/(\w+)/"', page)


# --- prescriptions ----------------------------------------------------------------------------------------------------


def test_who_waits_for_a_prescription_stands_there_the_oldest_first(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 100)
    say(post, "M2", 100, T0 - DAY, [rejected()])
    say(post, "M3", 130)

    page = text(as_role("Operations").get("/prescriptions/"))

    assert shown(page) == ["M2", "M1"]
    assert "Invalid Prescription" in page
    assert "1mg lists no paper" in page


def test_how_often_a_paper_was_rejected_is_said(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 100, T0, [rejected()])
    say(post, "M1", 100, T0 + 60, [{"url": "", "status": "In-progress"}])
    say(post, "M1", 100, T0 + 120, [rejected()])

    assert "rejected 2 times that we know of" in text(as_role("Viewer").get("/prescriptions/"))


def test_a_reason_is_read_without_people_by_who_may_not_see_them(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 100, T0, [rejected("Not for USER1")])

    page = text(as_role("Viewer").get("/prescriptions/"))

    assert shown(page) == ["M1"]
    assert "USER1" not in page


# --- refunds ----------------------------------------------------------------------------------------------------------


def test_refunds_stand_by_age_with_what_is_left_of_each(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 99, T0, total_refund_due=100)
    say(post, "M2", 99, T0 - 4 * DAY, total_refund_due=1234.5, total_refunded_amount=200)
    say(post, "M3", 99, T0 - 8 * DAY, total_refund_due=50)
    say(post, "M4", 99, T0, total_refund_due=50, total_refunded_amount=50)

    page = text(as_role("Operations").get("/refunds/"))

    assert shown(page) == ["M3", "M2", "M1"]
    assert re.findall(r"<h2>([^<]+)</h2> <small> 1 purchase, (₹[\d,.]+)", page) == [
        ("7 days and more", "₹50.00"),
        ("3 to 7 days", "₹1,034.50"),
        ("0 to 3 days", "₹100.00"),
    ]


def test_of_many_refunds_the_oldest_are_shown_and_all_are_counted(
    post: Post, as_role: AsRole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refund_ages, "MOST", 2)
    for number in range(3):
        say(post, f"M{number}", 99, T0 - number * DAY, total_refund_due=100 + number)
    say(post, "M9", 99, T0 - 8 * DAY, total_refund_due=50)

    page = text(as_role("Operations").get("/refunds/"))

    assert shown(page) == ["M9", "M2"]
    assert "3 purchases, ₹303.00" in page
    assert 'href="/orders/?cause=refund"' in page


def test_a_refund_is_as_old_as_it_is_whatever_1mg_was_asked(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 99, T0 - 8 * DAY, total_refund_due=50)
    browser = as_role("Operations")
    browser.post("/orders/M1/ask/")

    page = text(browser.get("/refunds/"))

    assert "<h2>7 days and more</h2>" in page
    assert re.search(r">8 d 1 h</time><br> <small> asked 1mg <time", page)


def test_an_amount_that_nobody_can_read_is_not_counted_as_none(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 99, total_refund_due=100, total_refunded_amount="some")

    page = text(as_role("Operations").get("/refunds/"))

    assert "1 purchase, ₹0.00 and 1 of which it is not known" in page


def test_nothing_is_due(post: Post, as_role: AsRole) -> None:
    say(post, "M1", 40)

    assert "1mg names no refund that is still due." in text(as_role("Viewer").get("/refunds/"))


# --- the call sheet ---------------------------------------------------------------------------------------------------


@pytest.fixture
def asha(post: Post, as_role: AsRole) -> Client:
    """Somebody of operations; 1mg has rejected a prescription."""
    say(post, "M1", 100, T0, [rejected()])
    return as_role("Operations")


def test_now_leads_to_the_sheet_that_says_whom_to_call_and_what_to_say(asha: Client) -> None:
    assert 'action="/orders/M1/reveal-to-call/"' in text(asha.get("/"))

    page = text(asha.post("/orders/M1/reveal-to-call/", follow=True))

    assert 'href="tel:' in page
    assert "1mg rejected the prescription: “Invalid Prescription”" in page
    assert 'lang="hi"' in page


def test_one_press_writes_the_note_and_puts_the_purchase_off(asha: Client) -> None:
    asha.post("/orders/M1/call/", {"outcome": "no-answer", "more": "rang twice"})

    assert list(Act.objects.order_by("pk").values_list("act", flat=True)) == ["noted", "snoozed"]
    assert "“No answer: rang twice”" in text(asha.get("/orders/M1/"))
    assert list(asha.get("/").context["lines"]) == []


@pytest.mark.parametrize("form", [{}, {"outcome": "nonsense"}, {"more": "rang"}])
def test_without_an_outcome_nothing_is_written(asha: Client, form: dict[str, str]) -> None:
    page = text(asha.post("/orders/M1/call/", form, follow=True))

    assert "Say what came of the call." in page
    assert not Act.objects.exists()
    assert Need.objects.get().hidden_until is None


def test_who_may_not_see_people_has_no_call_sheet(asha: Client, as_role: AsRole) -> None:
    viewer = as_role("Viewer")

    assert viewer.get("/orders/M1/call/").status_code == 403
    assert "/orders/M1/call/" not in text(viewer.get("/"))
