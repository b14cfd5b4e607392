"""The story of a purchase from its rows: what is a line, what it says, and when it happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from orders.choices import Flag
from orders.models import OrderUpdate
from tests.conftest import document, order_update
from tests.story import lines, texts

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
T0 = 1_700_000_000


def bare(status: Any = 130, at: Any = T0, **more: Any) -> dict[str, Any]:
    """An update that says little: `more` stands in its order, or as `group_…` in its document."""
    entry = {"order_id": "PO1", "order_status": {"status_id": status}, "updated": at}
    body: dict[str, Any] = {"merchant_order_id": "M", "grouped_orders": [entry]}
    for key, value in more.items():
        if key.startswith("group_"):
            body[key.removeprefix("group_")] = value
        else:
            entry[key] = value
    return body


def test_a_status_is_a_line_in_our_words(post: Post) -> None:
    post(bare(30))

    (line,) = lines("M")
    assert (line.text, line.kind, line.source, line.status_id) == ("Out for delivery", "status", "1mg", 30)
    assert (line.order_id, line.update.pk) == ("PO1", OrderUpdate.objects.get().pk)  # type: ignore[union-attr]


def test_a_line_happened_when_1mg_says_and_was_received_when_we_heard(post: Post) -> None:
    post(bare(30))

    (line,) = lines()
    assert line.at == datetime.fromtimestamp(T0, tz=UTC)
    assert line.received_at == OrderUpdate.objects.get().received_at


@pytest.mark.parametrize("clock", [None, 0, -1, "soon", 10**12])
def test_D25_without_a_clock_to_believe_a_line_happened_when_we_heard(post: Post, clock: Any) -> None:
    post(bare(30, clock))

    (line,) = lines()
    assert line.at == line.received_at


def test_the_same_status_again_is_no_news(post: Post) -> None:
    post(bare(130, T0))

    post(bare(130, T0 + 60, eta={}))

    assert texts() == ["Packaging"]


def test_E3_what_arrives_late_stands_where_it_happened(post: Post) -> None:
    post(bare(40, T0 + 600))

    post(bare(30, T0))

    assert texts() == ["Out for delivery", "Delivered"]


def test_E8_going_back_is_told_each_time(post: Post) -> None:
    for number, status in enumerate((30, 45, 30, 40)):
        post(bare(status, T0 + number))

    assert texts() == ["Out for delivery", "Deliver again", "Out for delivery", "Delivered"]


def test_D3_an_unknown_status_is_told_with_its_number(post: Post) -> None:
    post(bare(777))

    assert texts() == ["Unknown status 777"]


ETA1, ETA2 = 1_700_050_000, 1_700_100_000


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ({"eta": {}}, {"eta": {"eta_to": ETA1}}, "Promised by 1mg: Wed 15 Nov 17:36"),
        (
            {"eta": {"eta_to": ETA1}},
            {"eta": {"eta_to": ETA2}},
            "Promise moved from Wed 15 Nov 17:36 to Thu 16 Nov 07:30",
        ),
        ({"eta": {"eta_to": ETA1}}, {"eta": {}}, "Promise withdrawn"),
        ({"eta": {"eta_to": ETA1}}, {"eta": {"eta_to": 0}}, "Promise withdrawn"),
        ({"shipment_detail": {}}, {"shipment_detail": {"delivery_partner_name": "Fleet"}}, "Courier: Fleet"),
        ({"shipment_detail": {"delivery_partner_name": "Fleet"}}, {"shipment_detail": {}}, "Courier withdrawn"),
        ({"shipment_detail": {}}, {"shipment_detail": {"tracking_number": "007"}}, "Waybill: 007"),
        ({"shipment_detail": {"tracking_number": "007"}}, {"shipment_detail": {}}, "Waybill withdrawn"),
        ({"skus": [{"sku_id": "1"}]}, {"skus": [{"sku_id": "2"}]}, "Items changed"),
        ({"invoice_data": {}}, {"invoice_data": {"1": {}}}, "Invoices changed"),
        (
            {"payment_summary": {"total_refund_due": 0}},
            {"payment_summary": {"total_refund_due": 12.5}},
            "Refund due: ₹12.50",
        ),
        (
            {"payment_summary": {"total_refunded_amount": 0}},
            {"payment_summary": {"total_refunded_amount": 12}},
            "Refunded so far: ₹12.00",
        ),
        ({"group_user": {"email": "a@b"}}, {"group_user": {"email": "c@d"}}, "Customer's contact changed"),
        (
            {"group_delivery_address": {"city": "Pune"}},
            {"group_delivery_address": {"city": "Goa"}},
            "Delivery address changed",
        ),
        (
            {"group_prescriptions": [{"status": "In-progress"}]},
            {"group_prescriptions": [{"status": "Rejected"}]},
            "Prescription rejected",
        ),
        (
            {"group_prescriptions": [{"status": "Rejected"}]},
            {"group_prescriptions": [{"status": "Completed"}]},
            "Prescription accepted",
        ),
        ({"group_prescriptions": [{"status": "Rejected"}]}, {"group_prescriptions": []}, "Prescriptions withdrawn"),
    ],
)
def test_a_change_is_told_in_words(post: Post, before: dict[str, Any], after: dict[str, Any], text: str) -> None:
    post(bare(130, T0, **before))
    told = set(texts(kind="change"))

    post(bare(130, T0 + 60, **after))

    assert [line for line in texts(kind="change") if line not in told] == [text]


@pytest.mark.parametrize(
    "first",
    [
        {"skus": [{"sku_id": "1"}]},
        {"invoice_data": {"1": {}}},
        {"group_user": {"email": "a@b"}},
        {"eta": {}},
        {"group_delivery_address": {"city": "Pune"}},
        {"group_prescriptions": []},
        {"shipment_detail": {}},
        {"payment_summary": {"total_refund_due": 0, "total_refunded_amount": 0}},
        {"eta": {"eta_from": 0, "eta_to": 0}},
        {"shipment_detail": {"tracking_number": None}},
    ],
    ids=str,
)
def test_what_an_order_begins_with_is_no_change(post: Post, first: dict[str, Any]) -> None:
    post(bare(130, **first))

    assert texts(kind="change") == []


def test_E3_what_arrives_late_moves_what_was_told_of_the_change_after_it(post: Post) -> None:
    post(bare(30, T0 + 60, eta={"eta_to": ETA2}))

    post(bare(130, T0, eta={"eta_to": ETA1}))

    assert texts(kind="change") == [
        "Promised by 1mg: Wed 15 Nov 17:36",
        "Promise moved from Wed 15 Nov 17:36 to Thu 16 Nov 07:30",
    ]


def test_E9_what_a_person_should_look_at_is_a_line(post: Post) -> None:
    post(bare(99, T0))

    post(bare(30, T0 + 60))

    assert texts(kind="review") == [Flag.LATE_CANCELLATION.label, Flag.LEFT_FINAL.label]


def test_a_body_received_again_adds_no_line(post: Post) -> None:
    post(order_update())
    told = texts()

    post(order_update())

    assert texts() == told


def test_each_order_of_a_purchase_tells_its_own_story(post: Post) -> None:
    body = bare(130)
    document(body)["grouped_orders"].append({"order_id": "PO2", "order_status": {"status_id": 30}, "updated": T0})

    post(body)

    assert [(line.order_id, line.text) for line in lines()] == [("PO1", "Packaging"), ("PO2", "Out for delivery")]
