"""F24 and its kin: what the desk says, it takes back, and it says it in one way."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders.models import OrderGroup
from tests.cases.told import entry, page
from tests.conftest import order_update
from tests.forms import press

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
Send = Callable[..., Any]
LAKH = Decimal("123456.70")
TYPED = [
    "₹1,23,456.70",
    "₹ 1,23,456.70",
    "1,23,456.70",
    "123,456.70",
    "123456.70",
    "123456.7",
    "Rs. 1,23,456.70",
    "INR 123456.70",
    "1,23,456.70/-",
    " 123456.70 ",
]
NO_AMOUNT = ["1,2", "1,23", "12,34,56", "1.23.456", "₹", "-5", "−₹5.00", "1,23,456,70", "१२३", "1e5"]


def registered(browser: Client, amount: str, method: str = "ONLINE") -> list[tuple[str, Decimal | None]]:
    """How purchases stand after the form was sent with that."""
    press(
        browser,
        "/register/",
        merchant_order_id="M1",
        onemg_order_id="PO1",
        payment_method=method,
        payable_amount=amount,
    )
    return list(OrderGroup.objects.values_list("registered_method", "payable_amount"))


# --- amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", TYPED)
def test_F24_the_form_takes_an_amount_as_the_desk_prints_it(as_role: AsRole, amount: str) -> None:
    assert registered(as_role("Operations"), amount) == [("ONLINE", LAKH)]


@pytest.mark.parametrize("amount", NO_AMOUNT)
def test_F24_control_what_may_be_another_amount_is_no_amount(as_role: AsRole, amount: str) -> None:
    assert registered(as_role("Operations"), amount) == []


@pytest.mark.parametrize("method", ["online", "Online", " ONLINE "])
def test_F24_the_form_takes_the_method_in_any_case(as_role: AsRole, method: str) -> None:
    assert registered(as_role("Operations"), "123456.70", method) == [("ONLINE", LAKH)]


def test_F24_a_file_takes_both(as_role: AsRole) -> None:
    browser = as_role("Operations")
    text = 'merchant_order_id,onemg_order_id,payment_method,payable_amount\nM1,PO1,online,"₹1,23,456.70"\nM2,PO2,Cod,\n'
    file = io.BytesIO(text.encode())
    file.name = "purchases.csv"
    shown = browser.post("/register/csv/", {"file": file})

    browser.post("/register/csv/", {"content": shown.context["content"], "sure": "1"})

    kept = OrderGroup.objects.order_by("pk").values_list("pk", "registered_method", "payable_amount")
    assert list(kept) == [("M1", "ONLINE", LAKH), ("M2", "COD", None)]


def test_F24_another_amount_is_told_as_the_desk_prints_it(as_role: AsRole) -> None:
    browser = as_role("Operations")
    registered(browser, "123456.70")

    answer = press(
        browser,
        "/register/",
        merchant_order_id="M1",
        onemg_order_id="PO1",
        payment_method="ONLINE",
        payable_amount="5",
    )

    assert "Registered: ₹1,23,456.70" in answer.content.decode()


def test_F24_the_story_tells_amounts_in_lakhs(post: Send, as_role: AsRole) -> None:
    body = order_update("PO1", 130, 1_700_000_000)
    entry(body)["payment_summary"]["total_refund_due"] = "123456.7"
    post(body)

    assert "refund due: ₹1,23,456.70" in page(as_role("Viewer"), "/orders/M-PO1/")


# --- late -------------------------------------------------------------------------------------------------------------


def test_F24_news_that_came_late_is_what_we_heard_later(post: Send, as_role: AsRole) -> None:
    post(order_update("PO1", 130, 1_700_000_000))

    words = page(as_role("Viewer"), "/orders/M-PO1/")

    assert "we heard" in words
    assert "arrived" not in words


# --- one language -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/orders/", "/orders/M-PO1/", "/deliveries/", "/register/", "/calls/", "/login/"])
def test_F24_a_browser_that_prefers_hindi_gets_english_whole(post: Send, as_role: AsRole, path: str) -> None:
    post(order_update("PO1"))
    browser = as_role("Operations")

    hindi, english = (browser.get(path, headers={"Accept-Language": language}) for language in ("hi", "en"))

    ours = re.sub(r'<p lang="hi">.*?</p>', "", hindi.content.decode(), flags=re.DOTALL)  # but for what a caller is told
    assert hindi.status_code == english.status_code
    assert [letter for letter in ours if "ऀ" <= letter <= "ॿ"] == []
