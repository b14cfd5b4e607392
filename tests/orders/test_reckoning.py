"""What the parts of a purchase's money come to, and what is said where that is not what 1mg says."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from orders import reckoning
from tests.conftest import document, order_update, payload

D = Decimal
Post = Callable[[Any], Any]
AsRole = Callable[[str], Client]


@pytest.mark.parametrize(
    ("quantity", "price", "total"),
    [
        (D("2"), D("15.19"), D("30.38")),
        (D("0.5"), D("3.33"), D("1.66")),
        (D("0"), D("3"), D("0")),
        (None, D("3"), None),
        (D("2"), None, None),
    ],
)
def test_a_line_of_the_items_comes_to_quantity_times_price(quantity: Any, price: Any, total: Any) -> None:
    assert reckoning.line_total(quantity, price) == total


@pytest.mark.parametrize(
    ("totals", "total"),
    [([D("1"), D("2")], D("3")), ([D("1"), None], None), ([], None), ([D("0")], D("0"))],
)
def test_items_of_which_one_is_unknown_have_no_total(totals: Any, total: Any) -> None:
    assert reckoning.items_total(totals) == total


ORDER = {"discounted_mrp": "326.00", "shipping_charges": "25.00", "coupon_discount": "0.00"}
FEE = [{"display_text": "Fee", "amount": "40.00"}]


@pytest.mark.parametrize(
    ("summary", "items", "said"),
    [
        (None, None, []),
        (None, D("5"), []),
        ({"order_mrp": "376.00"}, None, []),
        ({"discounted_mrp": "326.00"}, D("326"), []),
        (
            {"discounted_mrp": "681.90"},
            D("320.38"),
            ["The items come to ₹320.38, 1mg says ₹681.90 after discount: ₹361.52 has no line."],
        ),
        (
            {"discounted_mrp": "326.00"},
            D("330"),
            ["The items come to ₹330.00, 1mg says ₹326.00 after discount: ₹4.00 too much in the lines."],
        ),
        ({"discounted_mrp": None}, D("330"), []),
        ({**ORDER, "order_mrp": "351.00"}, None, []),
        (
            {**ORDER, "order_mrp": "376.00"},
            None,
            ["The lines of the order come to ₹351.00, 1mg says ₹376.00: ₹25.00 has no line."],
        ),
        (
            {**ORDER, "order_mrp": "350.00"},
            None,
            ["The lines of the order come to ₹351.00, 1mg says ₹350.00: ₹1.00 too much in the lines."],
        ),
        ({**ORDER, "order_mrp": "391.00", "vas": FEE}, None, []),
        ({**ORDER, "order_mrp": "351.00", "vas": FEE}, None, ["The charges of ₹40.00 are not in the order's ₹351.00."]),
        ({**ORDER, "order_mrp": "376.00", "vas": [{"amount": None}]}, None, []),
        ({**ORDER, "order_mrp": "376.00", "coupon_discount": None}, None, []),
        ({"order_mrp": "376.00", "online_collected": "376.00"}, None, []),
        ({"order_mrp": "376.00", "online_collected": "0.00"}, None, []),
        ({"order_mrp": "376.00", "online_collected": "300.00", "amount_collected": "76.00"}, None, []),
        (
            {"order_mrp": "652.36", "online_collected": "652.40"},
            None,
            ["Collected is ₹652.40, ₹0.04 more than the order."],
        ),
        (
            {"order_mrp": "123456.78", "amount_collected": "123456.00"},
            None,
            ["Collected is ₹1,23,456.00, ₹0.78 less than the order."],
        ),
        ({"order_mrp": "376.00", "online_collected": None, "amount_collected": "5.00"}, None, []),
        ({"total_refund_due": "376.00", "online_refund_due": "376.00", "cashback_refund_due": "0.00"}, None, []),
        ({"total_refund_due": "376.00", "online_refund_due": "0.00"}, None, []),
        (
            {"total_refund_due": "376.00", "online_refund_due": "300.00", "cashback_refund_due": "10.00"},
            None,
            ["The parts of the refund come to ₹310.00, 1mg says ₹376.00: ₹66.00 has no line."],
        ),
    ],
)
def test_what_does_not_add_up_is_said(summary: Any, items: Decimal | None, said: list[str]) -> None:
    assert list(reckoning.notes(summary, items)) == said


# --- on the page ------------------------------------------------------------------------------------------------------


def words(browser: Client, path: str) -> str:
    """A page's text between its tags."""
    return " ".join(browser.get(path).text.split())


@pytest.mark.django_db
def test_the_page_says_what_does_not_add_up(post: Post, as_role: AsRole) -> None:
    post(payload("delivered"))

    page = words(as_role("Viewer"), "/orders/PO122434/")

    assert "<h3>Added up by us</h3>" in page
    assert "The lines of the order come to ₹351.00, 1mg says ₹376.00: ₹25.00 has no line." in page


@pytest.mark.django_db
def test_an_item_has_its_total_and_its_mrp(post: Post, as_role: AsRole) -> None:
    body = order_update()
    (sku,) = document(body)["grouped_orders"][0]["skus"]
    sku |= {"normalized_quantity": 3, "mrp": 120.5, "offered_price": 100.25}
    post(body)

    page = words(as_role("Viewer"), "/orders/M-PO1/")

    assert '<small>MRP 120.50</small><br> 100.25 </td> <td class="num" data-label="Total">300.75</td>' in page


@pytest.mark.django_db
def test_an_item_without_a_price_has_no_total(post: Post, as_role: AsRole) -> None:
    body = order_update()
    (sku,) = document(body)["grouped_orders"][0]["skus"]
    sku |= {"offered_price": "n/a"}
    post(body)

    page = words(as_role("Viewer"), "/orders/M-PO1/")

    assert '<td class="num" data-label="Total">—</td>' in page


@pytest.mark.django_db
def test_an_item_says_that_its_prescriptions_were_rejected(post: Post, as_role: AsRole) -> None:
    post(payload("order-stuck"))

    page = words(as_role("Viewer"), "/orders/PO122434/")

    assert "Rejected </span> <br> <small><bdi>All prescriptions rejected. Waiting for prescription</bdi>" in page
