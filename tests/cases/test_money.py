"""Unknown money is a dash and a mark, wherever money is told; 1mg is told PENDING. Zero is what 1mg said is zero."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.models import ApiKey, OrderUpdate
from tests.cases.told import case, entry, page, purchase
from tests.conftest import document
from tests.story import texts
from tests.webhooks.answers import empty_tables

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]

#: What a partner may write where an amount belongs, and what is none.
NO_AMOUNTS: list[Any] = [
    "1,234.50",
    None,
    {"amount": 5},
    [5],
    [],
    {},
    True,
    False,
    "",
    " ",
    "NaN",
    "Infinity",
    "₹100",
    "100 INR",
    "free",
    "1_000",
    "1.234,50",
    "0x10",
    10**12,
    "1e12",
    "١٢٣٫٥",
]
NOT_KNOWN = "— not known"
ZERO_OR_NONE = re.compile(r"(?<![\d,])0\.00|None")


@pytest.fixture
def browser(as_role: Callable[[str], Client]) -> Client:
    """The browser of somebody in operations."""
    return as_role("Operations")


def due(amount: Any, *, key: str = "F05B", status_id: int = 99, updated: int = 1_795_000_300) -> dict[str, Any]:
    """A body in which 1mg says that so much is to be paid back; `...`: it does not say."""
    body = case("F05b-money-none-a")
    document(body)["merchant_order_id"] = key
    entry(body).update(updated=updated, order_status={"status_id": status_id, "title": "t"})
    entry(body)["payment_summary"] = {"mode": "ONLINE", "online_collected": 500, "total_refund_due": amount}
    if amount is ...:
        del entry(body)["payment_summary"]["total_refund_due"]
    return body


# --- what 1mg is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["F05-money-text", "F05b-money-none-b"])
def test_F5_an_amount_that_cannot_be_read_is_pending_and_flagged(post: Send, name: str) -> None:
    answer = post(case(name)).json()

    assert answer["status"] == "PENDING"
    assert OrderUpdate.objects.get().flags == ["amount_unreadable"]


@pytest.mark.parametrize("value", NO_AMOUNTS, ids=repr)
def test_F5_whatever_is_no_amount_is_unknown(post: Send, value: Any) -> None:
    answer = post(due(value)).json()

    assert answer["status"] == "PENDING"
    assert purchase("F05B")["payment_summary"]["total_refund_due"] is None


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("1234.50", "1234.50"),
        (" 100 ", "100.00"),
        ("1e2", "100.00"),
        (-5, "-5.00"),
        ("-0", "0.00"),
        (652.3599999999999, "652.36"),
        ("१००", "100.00"),
        ("１００", "100.00"),
        (0, "0.00"),
    ],
)
def test_F5_what_plainly_is_an_amount_is_read(post: Send, value: Any, read: str) -> None:
    answer = post(due(value)).json()

    assert answer["status"] == "SUCCESS"
    assert purchase("F05B")["payment_summary"]["total_refund_due"] == read


def test_F5_an_amount_that_1mg_does_not_say_is_not_unknown(post: Send) -> None:
    answer = post(due(...)).json()

    assert answer["status"] == "SUCCESS"
    assert "total_refund_due" not in purchase("F05B")["payment_summary"]


# --- where it is told -------------------------------------------------------------------------------------------------


def test_F5_the_page_shows_a_dash_for_each_unknown_amount(post: Send, browser: Client) -> None:
    post(case("F05-money-text"))

    words = page(browser, "/orders/F05/")

    for line in ("Order", "Collected online", "Refund due"):
        assert f"{line} {NOT_KNOWN}" in words
    assert not ZERO_OR_NONE.search(words)


def test_F5_the_page_says_beside_the_order_that_an_amount_cannot_be_read(post: Send, browser: Client) -> None:
    post(case("F05-money-text"))

    assert "An amount of money cannot be read" in page(browser, "/orders/F05/")


def test_F5_the_mark_goes_when_1mg_says_an_amount_again(post: Send, browser: Client) -> None:
    post(due("1,234.50"))

    post(due(100, updated=1_795_000_400))

    words = page(browser, "/orders/F05B/")
    assert "Refund due 100.00" in words
    assert "cannot be read" not in words


def test_F5_the_mark_stays_while_1mg_speaks_of_other_things(post: Send, browser: Client) -> None:
    post(due("1,234.50", status_id=30))
    later = due(..., status_id=40, updated=1_795_000_400)
    del entry(later)["payment_summary"]

    post(later)

    assert "An amount of money cannot be read" in page(browser, "/orders/F05B/")


def test_F5_the_list_shows_a_dash(post: Send, browser: Client) -> None:
    post(case("F05-money-text"))

    words = page(browser, "/orders/")

    assert f"{NOT_KNOWN} ONLINE" in words
    assert not ZERO_OR_NONE.search(words)


def test_F5_the_list_shows_no_other_amount_for_one_that_is_unknown(post: Send, browser: Client) -> None:
    body = case("F05-money-text")
    entry(body)["payment_summary"] = {"mode": "ONLINE", "online_collected": "1,234.50", "order_mrp": 77.25}

    post(body)

    assert "77.25" not in page(browser, "/orders/")


def test_F5_the_list_shows_a_zero_that_1mg_said(post: Send, browser: Client) -> None:
    body = case("F05-money-text")
    entry(body)["payment_summary"] = {"mode": "ONLINE", "online_collected": 0, "order_mrp": 0}

    post(body)

    assert "0.00 ONLINE" in page(browser, "/orders/")


def test_F5_the_list_shows_a_plain_dash_where_1mg_said_no_amount(post: Send, browser: Client) -> None:
    body = case("F05-money-text")
    entry(body)["payment_summary"] = {"mode": "ONLINE"}

    post(body)

    _filters, _heads, rows = page(browser, "/orders/").partition("First heard")
    assert "— ONLINE" in rows
    assert "not known" not in rows


def test_F5_the_api_answers_null(post: Send) -> None:
    post(case("F05-money-text"))

    assert purchase("F05")["payment_summary"] == {
        "mode": "ONLINE",
        "order_mrp": None,
        "online_collected": None,
        "total_refund_due": None,
    }


def test_F5_the_story_tells_that_a_refund_is_no_longer_known(post: Send) -> None:
    post(case("F05b-money-none-a"))

    post(case("F05b-money-none-b"))

    assert texts(kind="change") == ["Refund due: ₹100.00", "Refund due: not known"]


@pytest.mark.parametrize("first", [0, ...])
def test_F5_the_story_does_not_take_an_unknown_refund_for_none(post: Send, first: Any) -> None:
    post(due(first))

    post(due(None, updated=1_795_000_400))

    assert texts(kind="change") == ["Refund due: not known"]


@pytest.mark.parametrize("status_id", [95, 99])
@pytest.mark.parametrize(
    ("amount", "ending"),
    [("1,234.50", ", refund not known"), (None, ", refund not known"), (100, ", refund due"), (0, ""), (..., "")],
)
def test_F5_the_chip_of_a_cancelled_order_says_what_is_known_of_its_refund(
    post: Send, browser: Client, status_id: int, amount: Any, ending: str
) -> None:
    post(due(amount, status_id=status_id))

    label = {95: "Cancelling", 99: "Cancelled"}[status_id]
    assert page(browser, "/orders/F05B/").startswith(f"F05B {label}{ending} All orders")


@pytest.mark.parametrize("summary", ["1,234.50", 100, True, [], [{"total_refund_due": 5}]])
def test_F5_a_summary_that_is_none_is_not_known(post: Send, browser: Client, summary: Any) -> None:
    body = case("F05-money-text")
    entry(body)["payment_summary"] = summary

    answer = post(body).json()

    words = page(browser, "/orders/F05/")
    assert (answer["status"], purchase("F05")["payment_summary"]) == ("PENDING", None)
    assert "Not known: 1mg has said no amount that can be read." in words
    assert "A part of the update is not of the published shape" in words


# --- sums and comparisons ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("collected", "flags"),
    [
        ({"online_collected": 50}, ["refund_exceeds_collected"]),
        ({"online_collected": 0}, ["refund_exceeds_collected"]),
        ({"online_collected": "1,234.50"}, ["amount_unreadable"]),
        ({"online_collected": None}, ["amount_unreadable"]),
        ({"online_collected": 50, "amount_collected": []}, ["amount_unreadable"]),
        ({}, []),
    ],
)
def test_F5_a_refund_is_not_held_against_what_nobody_knows(
    post: Send, collected: dict[str, Any], flags: list[str]
) -> None:
    body = case("F05b-money-none-a")
    entry(body)["payment_summary"] |= collected

    post(body)

    assert OrderUpdate.objects.get().flags == flags


# --- other places where money stands ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["mrp", "offered_price"])
@pytest.mark.parametrize("value", ["1,234.50", None, {"x": 0}])
def test_F5_a_price_that_cannot_be_read_is_unknown(post: Send, browser: Client, key: str, value: Any) -> None:
    body = case("F05b-money-none-a")
    entry(body)["skus"][0] = {"sku_id": "1", "normalized_quantity": 1, "mrp": 10.25, "offered_price": 9.25, key: value}

    answer = post(body).json()

    assert answer["status"] == "PENDING"
    assert purchase("F05B")["orders"][0]["skus"][0][key] is None
    words = page(browser, "/orders/F05B/")
    assert ("— 9.25" if key == "mrp" else "10.25 —") in words
    assert "An amount of money cannot be read" in words


def test_F5_a_price_that_1mg_does_not_say_is_a_dash_and_no_fault(post: Send, browser: Client) -> None:
    body = case("F05b-money-none-a")
    entry(body)["skus"][0] = {"sku_id": "1", "normalized_quantity": 1}

    answer = post(body).json()

    assert answer["status"] == "SUCCESS"
    assert "1 MRP — — —" in page(browser, "/orders/F05B/")


@pytest.mark.parametrize("value", ["1,234.50", None, {}])
def test_F5_an_invoiced_price_that_cannot_be_read_is_unknown(post: Send, value: Any) -> None:
    body = case("F05b-money-none-a")
    entry(body)["invoice_data"] = {"007": {"skus": [{"mrp": value, "quantity": 1}]}}

    answer = post(body).json()

    assert answer["status"] == "PENDING"
    assert purchase("F05B")["orders"][0]["invoices"][0]["skus"] == [{"mrp": None, "quantity": "1"}]


@pytest.mark.parametrize("key", ["vas", "additional_charges"])
@pytest.mark.parametrize(
    "charge", [{"display_text": "Fee", "amount": "1,234.50"}, {"display_text": "Fee", "amount": None}]
)
def test_F5_a_charge_that_cannot_be_read_is_unknown(post: Send, browser: Client, key: str, charge: Any) -> None:
    body = due(100)
    entry(body)["payment_summary"] |= {"shipping_charges": 5, key: [charge]}

    answer = post(body).json()

    assert answer["status"] == "PENDING"
    assert purchase("F05B")["payment_summary"][key] == [{"display_text": "Fee", "amount": None}]
    assert f"Fee {NOT_KNOWN}" in page(browser, "/orders/F05B/")


@pytest.mark.parametrize("charges", ["40", {"amount": 40}, [40], ["fee"], [None], True])
def test_F5_charges_of_another_shape_are_unknown(post: Send, browser: Client, charges: Any) -> None:
    body = due(100)
    entry(body)["payment_summary"]["vas"] = charges

    answer = post(body).json()

    assert answer["status"] == "PENDING"
    assert f"Charge {NOT_KNOWN}" in page(browser, "/orders/F05B/")


def test_F5_a_charge_without_an_amount_is_a_dash(post: Send, browser: Client) -> None:
    body = due(100)
    entry(body)["payment_summary"]["vas"] = [{"display_text": "Fee"}, {"display_text": {"en": "x"}, "amount": 3}]

    answer = post(body).json()

    assert answer["status"] == "SUCCESS"
    assert "Fee — Charge 3.00" in page(browser, "/orders/F05B/")


@pytest.mark.parametrize("value", [None, "two", {}])
def test_F5_a_quantity_that_cannot_be_read_is_a_dash(post: Send, browser: Client, value: Any) -> None:
    body = case("F05b-money-none-a")
    entry(body)["skus"][0] = {"sku_id": "1", "normalized_quantity": value, "mrp": 10.25}

    post(body)

    assert purchase("F05B")["orders"][0]["skus"][0]["quantity"] is None
    assert "— MRP 10.25" in page(browser, "/orders/F05B/")


def test_F5_a_purchase_of_which_the_shop_said_no_amount_shows_a_dash(browser: Client) -> None:
    _key, secret = ApiKey.issue("shop", may_write=True)
    said = {"merchant_order_id": "M1", "onemg_order_id": "PO1", "payment_method": "COD"}
    Client().post("/api/orders/", said, content_type="application/json", headers={"Authorization": f"Token {secret}"})

    words = page(browser, "/orders/")

    assert "M1" in words
    assert "— COD" in words


# --- whatever stands there --------------------------------------------------------------------------------------------

SETTINGS = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "60")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    database=None,
)
ANY_VALUE = (
    st.sampled_from(NO_AMOUNTS)
    | st.integers(-(10**13), 10**13)
    | st.decimals(-9999, 9999, places=3).map(float)
    | st.text("0123456789.,-+eE ₹", max_size=8)
    | st.text(max_size=6)
    | st.recursive(
        st.integers(0, 9), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=3
    )
)
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def plain(value: Any) -> Decimal | None:
    """The number that a value plainly is, below a hundred thousand million; our own reading is not asked."""
    text = str(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else ""
    if not NUMBER.fullmatch(text):
        return None
    found = Decimal(text.strip())
    return found if abs(found) < 10**11 and abs(found.adjusted()) < 40 else None


def test_F5_no_value_that_is_no_plain_number_is_shown_as_one(post: Send, browser: Client) -> None:
    @SETTINGS
    @given(st.sampled_from(["total_refund_due", "online_collected", "order_mrp", "cashback_earned"]), ANY_VALUE)
    def check(key: str, value: Any) -> None:
        empty_tables()
        body = due(1)
        entry(body)["payment_summary"] |= {"online_collected": 77.25, "order_mrp": 77.25, key: value}

        answer = post(body).json()

        number, told = plain(value), purchase("F05B")["payment_summary"][key]
        assert answer["status"] == ("PENDING" if number is None else "SUCCESS")
        assert (told is None) is (number is None)
        if number is None:
            words = page(browser, "/orders/F05B/") + page(browser, "/orders/")
            assert not ZERO_OR_NONE.search(words)

    check()
