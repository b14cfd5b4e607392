"""F15: a body that 1mg was told 400 for is heard of, and what could not be read is named by where it stands."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.cases.told import entry, page
from tests.conftest import PAYLOADS, document, order_update, payload
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
Send = Callable[..., Any]

REFUSED = {
    "not_json": (PAYLOADS / "cases" / "F15-nan.json").read_bytes(),
    "duplicate_key": b'{"grouped_orders": [], "grouped_orders": []}',
    "not_utf8": '{"name": "José"}'.encode("latin-1"),
    "empty": b"  ",
    "not_an_object": b"[1]",
    "too_deep": b"[" * 99 + b"]" * 99,
    "number_out_of_range": b'{"a": ' + b"9" * 60 + b"}",
}


# --- refused ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("problem", REFUSED)
def test_F15_a_refused_body_is_a_warning_with_its_reference(
    post: Send, caplog: pytest.LogCaptureFixture, problem: str
) -> None:
    answer = post(REFUSED[problem])

    (delivery,) = Delivery.objects.all()
    told = [(record.levelno, record.getMessage()) for record in caplog.records if record.name.startswith("webhooks")]
    assert told == [(logging.WARNING, f"delivery {delivery.pk} is refused: {problem}")]
    assert answer.json()["message"].endswith(f"Reference {delivery.pk}.")


def test_F15_the_probe_counts_it_and_stays_ready(post: Send, client: Client) -> None:
    for body in REFUSED.values():
        post(body)

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["status"], answer.json()["refused_deliveries"]) == (200, "ok", 7)


def test_F15_the_probe_forgets_it_after_a_day(post: Send, client: Client) -> None:
    post(b"{")
    Delivery.objects.update(received_at=timezone.now() - timedelta(hours=25))

    assert client.get("/readyz").json()["refused_deliveries"] == 0


def test_F15_the_inbox_groups_what_was_refused_by_what_is_wrong(post: Send, as_role: AsRole) -> None:
    for body in (b"{", b"[1]", b"{"):
        post(body)

    words = page(as_role("Viewer"), "/deliveries/")

    assert "Refused of the last 7 days" in words
    assert "It is not JSON 2 " in words
    assert "It is JSON, and not an object 1 " in words


def test_F15_a_group_leads_to_its_deliveries(post: Send, as_role: AsRole) -> None:
    for body in (b"{", b"[1]"):
        post(body)
    browser = as_role("Viewer")

    assert 'href="?outcome=refused&amp;problem=not_json"' in browser.get("/deliveries/").content.decode()
    listed = browser.get("/deliveries/?outcome=refused&problem=not_json").context["page"].rows
    assert [delivery.problem for delivery in listed] == ["not_json"]


def test_F15_control_what_is_readable_is_no_refused_body(post: Send, client: Client, as_role: AsRole) -> None:
    post(order_update())

    assert client.get("/readyz").json()["refused_deliveries"] == 0
    assert "Refused of the last" not in page(as_role("Viewer"), "/deliveries/")


# --- answered PENDING -------------------------------------------------------------------------------------------------


def test_F15_what_was_answered_PENDING_can_be_listed(post: Send, as_role: AsRole) -> None:
    post(order_update("PO1"))
    odd = order_update("PO2")
    entry(odd)["skus"] = "none"
    post(odd)
    browser = as_role("Viewer")

    listed = browser.get("/deliveries/?outcome=answered_pending").context["page"].rows

    assert [delivery.answer["status"] for delivery in listed] == ["PENDING"]
    assert 'href="?outcome=answered_pending"' in browser.get("/deliveries/").content.decode()


# --- what could not be read -------------------------------------------------------------------------------------------

#: Something odd in the published split order, and the place that is named. `...` takes the key away.
ODD: dict[str, tuple[tuple[str | int, ...], Any]] = {
    "grouped_orders[1].skus": (("grouped_orders", 1, "skus"), "none"),
    "grouped_orders[0].skus[0].mrp": (("grouped_orders", 0, "skus", 0, "mrp"), "ten"),
    "grouped_orders[0].skus[0].sku_id": (("grouped_orders", 0, "skus", 0, "sku_id"), None),
    "grouped_orders[0].skus[0].prescription_required": (("grouped_orders", 0, "skus", 0, "prescription_required"), "y"),
    "grouped_orders[0].eta": (("grouped_orders", 0, "eta"), [1]),
    "grouped_orders[0].shipment_detail.tracking_url": (("grouped_orders", 0, "shipment_detail", "tracking_url"), {}),
    "grouped_orders[0].order_status": (("grouped_orders", 0, "order_status"), 7),
    "grouped_orders[0].order_status.status_id": (("grouped_orders", 0, "order_status", "status_id"), 7777),
    "grouped_orders[0].payment_summary.order_mrp": (("grouped_orders", 0, "payment_summary", "order_mrp"), None),
    "grouped_orders[0].payment_summary.vas[0].amount": (
        ("grouped_orders", 0, "payment_summary", "vas"),
        [{"amount": "x"}],
    ),
    "grouped_orders[0].payment_summary.mode": (("grouped_orders", 0, "payment_summary", "mode"), "UPI"),
    "grouped_orders[0].invoice_data[0].skus[0].mrp": (
        ("grouped_orders", 0, "invoice_data"),
        {"0012": {"skus": [{"mrp": {}}]}},
    ),
    "delivery_address.name": (("delivery_address", "name"), ["A", "B"]),
    "user": (("user",), "nobody"),
    "prescriptions[0].status": (("prescriptions",), [{"status": "Folded"}]),
    "merchant_order_id": (("merchant_order_id",), "a b"),
}


def with_odd(place: str) -> dict[str, Any]:
    """The published split order with that one thing odd."""
    body = copy.deepcopy(payload("split-order"))
    (*way, last), value = ODD[place]
    holder: Any = document(body)
    for step in way:
        holder = holder[step]
    holder[last] = value
    return body


@pytest.mark.parametrize("place", ODD)
def test_F15_what_could_not_be_read_is_named_by_its_place(post: Send, as_role: AsRole, place: str) -> None:
    answer = post(with_odd(place))

    (delivery,) = Delivery.objects.all()
    words = page(as_role("Viewer"), f"/deliveries/{delivery.pk}/")
    assert answer.json()["status"] == "PENDING"
    assert f"What could not be read and where it stands in the body {place} :" in words


@pytest.mark.parametrize("place", ODD)
def test_F15_and_so_does_the_log(post: Send, caplog: pytest.LogCaptureFixture, place: str) -> None:
    post(with_odd(place))

    told = [record.getMessage() for record in caplog.records if "needs a look" in record.getMessage()]
    assert [f" at {place}" in line for line in told] == [True]


def test_F15_control_of_what_was_read_in_full_the_page_says_nothing(post: Send, as_role: AsRole) -> None:
    post(payload("split-order"))

    (delivery,) = Delivery.objects.all()
    assert "What could not be read" not in page(as_role("Viewer"), f"/deliveries/{delivery.pk}/")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads the column")
def test_F15_postgresql_lists_them_from_an_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Delivery.objects.answered_pending().order_by("-pk")[:50].explain()

    assert "delivery_answered_pending" in plan
