"""What is kept of an update for the story: values that are not personal, and marks of those that are."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from orders.lines import InvoiceLine, SkuLine
from orders.said import said_of
from orders.updates import (
    Address,
    Customer,
    Dates,
    Eta,
    Group,
    InvoiceLinks,
    Invoices,
    Payment,
    Prescriptions,
    Progress,
    Purchase,
    Shipment,
    Skus,
    Update,
)

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FULL = Update(
    order_id="PO1",
    digest="d",
    entry=0,
    purchase=Purchase("M1"),
    group=Group("G1"),
    progress=Progress(30, "Out", "soon"),
    dates=Dates(NOON, NOON),
    eta=Eta(NOON, None),
    shipment=Shipment("GarudaParcel", "https://track/zebra", "1795", "9876543210", "Ravi Zebra"),
    invoice_links=InvoiceLinks("https://a/zebra", "https://b/zebra"),
    payment=Payment("ONLINE", {"total_refund_due": "376.00", "order_mrp": None, "vas": [{"display_text": "Zebra"}]}),
    skus=Skus((SkuLine("S1", "Zebracetamol", mrp=Decimal("9.00")),)),
    invoices=Invoices((InvoiceLine("007", "https://i/zebra", "Dr Zebra", "Asha Zebra"),)),
    customer=Customer("zebra@example.org", "9876543210"),
    address=Address("Asha Zebra", "Pune", "411001", "MH", {"name": "Asha Zebra", "city": "Pune"}),
    prescriptions=Prescriptions(({"url": "https://rx/zebra", "status": "Rejected", "reason": "zebra"},), "rejected"),
)
MARKS = ("skus", "invoices", "customer", "address", "papers", "tracking", "links", "contact")


def said(**parts: Any) -> dict[str, Any]:
    """What is kept of the full update with some parts said otherwise."""
    return said_of(replace(FULL, **parts))


def test_the_values_that_the_story_tells_are_kept() -> None:
    kept = {key: value for key, value in said_of(FULL).items() if key not in MARKS}

    assert kept == {
        "status": 30,
        "eta": ["2026-11-22T12:00:00+00:00", None],
        "courier": "GarudaParcel",
        "waybill": "1795",
        "mode": "ONLINE",
        "money": {"total_refund_due": "376.00", "order_mrp": None},
        "method": "ONLINE",
        "rx": "rejected",
        "purchase": "M1",
        "group": "G1",
    }


def test_U11_nothing_personal_is_kept() -> None:
    kept = json.dumps(said_of(FULL)).lower()

    assert [word for word in ("zebra", "98765", "asha", "pune", "4110", "http", "s1", "007") if word in kept] == []


def test_a_mark_is_six_hex_digits() -> None:
    kept = said_of(FULL)

    assert [key for key in MARKS if len(kept[key]) != 6 or int(kept[key], 16) < 0] == []


@pytest.mark.parametrize(
    ("parts", "marks"),
    [
        ({"skus": Skus((SkuLine("S2"),))}, {"skus"}),
        ({"skus": Skus((SkuLine("S1", "Zebracetamol", mrp=Decimal("8.00")),))}, {"skus"}),
        ({"skus": Skus((SkuLine("S1", "Zebracetamol", mrp=Decimal("9.00"), again=1),))}, {"skus"}),
        ({"invoices": Invoices()}, {"invoices"}),
        ({"customer": Customer("zebra@example.org", "9876543211")}, {"customer"}),
        ({"address": replace(FULL.address, delivery_address={"name": "Asha", "city": "Pune"})}, {"address"}),
        ({"prescriptions": Prescriptions((), "rejected")}, {"papers"}),
        ({"shipment": replace(FULL.shipment, tracking_url="https://x")}, {"tracking"}),
        ({"shipment": replace(FULL.shipment, delivery_contact="1234")}, {"contact"}),
        ({"invoice_links": InvoiceLinks()}, {"links"}),
        ({"progress": Progress(30, "Another title")}, set()),
    ],
)
def test_a_mark_is_another_where_its_part_is(parts: dict[str, Any], marks: set[str]) -> None:
    assert {key for key in MARKS if said(**parts)[key] != said_of(FULL)[key]} == marks


def test_the_same_words_about_another_order_have_other_marks() -> None:
    other = said(order_id="PO2")

    assert [key for key in MARKS if other[key] == said_of(FULL)[key]] == []


@pytest.mark.parametrize("keys", [("name", "city"), ("city", "name")])
def test_the_order_of_an_objects_keys_means_nothing(keys: tuple[str, str]) -> None:
    address = {"name": "Asha Zebra", "city": "Pune"}

    kept = said(address=replace(FULL.address, delivery_address={key: address[key] for key in keys}))

    assert kept["address"] == said_of(FULL)["address"]


def test_a_part_that_is_left_out_has_no_key() -> None:
    assert said_of(Update("PO1", "d", 0)) == {}


def test_a_status_that_cannot_be_read_is_said_and_not_known() -> None:
    assert said_of(Update("PO1", "d", 0, progress=Progress())) == {"status": None}


def test_times_are_kept_in_utc() -> None:
    india = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert said(eta=Eta(india, india))["eta"] == ["2026-11-22T12:00:00+00:00"] * 2
