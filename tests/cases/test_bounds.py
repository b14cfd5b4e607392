"""One body is bounded: what is read of it, what a page shows of it, and what a text may cost."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from orders.finding import found_by
from orders.models import GroupedOrder, Invoice, OrderGroup, Sku
from orders.templatetags import desk
from tests.conftest import document, order_update
from webhooks import bounds, results, services
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]
#: The grave accent and a mark that stands before it in the normal form: the slowest text there is to bring in order.
MARKS = "\u0300\u0316" * 40_000


def only() -> Delivery:
    """The only delivery."""
    return Delivery.objects.get()


def in_one_order(key: str, value: Any) -> dict[str, Any]:
    """A body whose only order has another value for a key."""
    body = order_update()
    document(body)["grouped_orders"][0][key] = value
    return body


# --- A15: no text can freeze a process --------------------------------------------------------------------------------


def test_A15_a_title_of_combining_marks_is_cut_when_it_is_read_and_kept_whole_in_the_bytes(post: Post) -> None:
    body = json.dumps(order_update(order_status={"status_id": 30, "title": "a" + MARKS}), ensure_ascii=False).encode()

    answer = post(body)

    assert (answer.json()["status"], only().outcome) == ("PENDING", "applied")
    assert GroupedOrder.objects.get().title == ("a" + MARKS)[: bounds.MOST_TEXT]
    assert bytes(only().body) == body


@pytest.mark.parametrize("key", ["title", "sub_title"])
def test_A15_a_text_that_was_kept_before_there_was_a_limit_is_cut_where_it_is_shown(
    post: Post, as_role: AsRole, key: str
) -> None:
    post(order_update())
    GroupedOrder.objects.update(**{key: "a" + MARKS})

    page = as_role("Viewer").get("/orders/M-PO1/").content.decode()

    assert len(page) < 60_000
    assert MARKS[:150] in page


@pytest.mark.parametrize(
    ("part", "field"),
    [
        ("delivery_address", "street1"),
        ("delivery_address", "landmark"),
        ("payment_summary", "unheard_of"),
        ("skus", "name"),
        ("skus", "prescription_status"),
        ("invoice_data", "patient_name"),
    ],
)
def test_A15_every_text_that_is_kept_in_a_row_has_a_length(post: Post, part: str, field: str) -> None:
    value: Any = {field: "a" * 50_000}
    value = {"skus": [{"sku_id": "S"} | value], "invoice_data": {"1": value}}.get(part, value)

    answer = post(order_update(**{part: value}))

    kept = repr([list(model.objects.values()) for model in (OrderGroup, GroupedOrder, Sku, Invoice)])
    assert answer.json()["status"] == "PENDING"
    assert max(map(len, re.findall("a+", kept))) == bounds.MOST_TEXT


@pytest.mark.parametrize("column", ["merchant_order_id", "payable_amount", "payment_method"])
def test_A15_a_long_cell_of_a_csv_is_named_and_not_shown_whole(as_role: AsRole, column: str) -> None:
    cells = {"merchant_order_id": "M1", "onemg_order_id": "PO1", "payment_method": "ONLINE", "payable_amount": "1"}
    cells[column] = "a" + MARKS[:60_000]
    head, line = ",".join(cells), ",".join(cells.values())

    file = SimpleUploadedFile("p.csv", f"{head}\n{line}".encode())
    page = as_role("Operations").post("/register/csv/", {"file": file}).content.decode()

    assert f"{column}: more than 200 letters." in page
    assert OrderGroup.objects.count() == 0


# --- A16: a value is what its field's name says -----------------------------------------------------------------------

LOOKS = ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "2026-11-22", "20261122", "12.50", "https://x/y"]


@pytest.mark.parametrize("title", LOOKS)
def test_A16_a_title_that_looks_like_something_else_is_shown_as_the_text_it_is(
    post: Post, as_role: AsRole, title: str
) -> None:
    post(order_update(order_status={"status_id": 30, "title": title, "sub_title": ""}))

    page = as_role("Operations").get("/orders/M-PO1/")

    assert page.status_code == 200
    assert title in page.content.decode()


@pytest.mark.parametrize("value", [*LOOKS, "", None, 5, [], {"a": 1}])
@pytest.mark.parametrize("field", ["title", "updated_at", "eta_to", "x"])
def test_A16_nothing_recorded_breaks_a_page(value: Any, field: str) -> None:
    assert isinstance(desk.shown(value, field), str)


def test_A16_control_a_time_is_shown_as_one_in_india() -> None:
    assert desk.shown("2026-11-22T02:30:00+00:00", "eta_to") == "Sun 22 Nov 2026 08:00"


# --- A17: caps --------------------------------------------------------------------------------------------------------


def entries(count: int) -> dict[str, Any]:
    """A body of that many small orders."""
    return {"grouped_orders": [{"order_id": f"PO{number}"} for number in range(count)]}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b'{"grouped_orders":[' + b"1," * 495_000 + b"1]}", "too_many_orders"),
        (json.dumps(entries(1_001)).encode(), "too_many_orders"),
        (in_one_order("skus", [{"sku_id": f"S{number}"} for number in range(2_001)]), "too_many_lines"),
        (in_one_order("skus", [1] * 50_000), "too_many_lines"),
        (in_one_order("invoice_data", {f"{number}": {} for number in range(70_000)}), "too_many_lines"),
        (in_one_order("invoice_data", {"1": {"skus": [{}] * 2_001}}), "too_many_lines"),
        (in_one_order("payment_summary", {"vas": [{}] * 2_001}), "too_many_lines"),
        (
            in_one_order("payment_summary", {"new": {"deep": {f"{number}": 1 for number in range(2_001)}}}),
            "too_many_lines",
        ),
        (order_update(prescriptions=[{}] * 2_001), "too_many_lines"),
        (order_update(delivery_address={f"{number}": 1 for number in range(2_001)}), "too_many_lines"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_A17_beyond_a_cap_the_bytes_are_kept_and_quarantined_by_name(post: Post, body: Any, problem: str) -> None:
    answer = post(body)

    assert (answer.status_code, answer.json()["status"]) == (200, "PENDING")
    assert (only().outcome, only().problem) == ("quarantined", problem)
    assert len(json.dumps(results.in_full(only()))) < 500
    assert bytes(only().body) == (body if isinstance(body, bytes) else json.dumps(body).encode())


def test_A17_an_order_with_too_many_lines_does_not_hold_back_its_siblings(post: Post) -> None:
    body = in_one_order("skus", [{"sku_id": f"S{number}"} for number in range(2_001)])
    document(body)["grouped_orders"].append({"order_id": "PO2", "order_status": {"status_id": 30}})

    post(body)

    assert list(GroupedOrder.objects.values_list("pk", flat=True)) == ["PO2"]
    assert [r.get("code", r.get("order_id")) for r in results.in_full(only())] == ["PO2", "too_many_lines"]


def test_A17_control_as_many_as_are_allowed_are_applied(post: Post) -> None:
    body = in_one_order("skus", [{"sku_id": f"S{number}", "normalized_quantity": 1} for number in range(2_000)])
    document(body)["grouped_orders"][0]["order_id"] = "PO-large"
    document(body)["grouped_orders"] += entries(998)["grouped_orders"]

    post(body)
    services.reprocess(only())  # as the worker does with what the request had no time for

    assert (only().outcome, GroupedOrder.objects.count(), Sku.objects.count()) == ("applied", 999, 2_000)


@pytest.fixture
def large(post: Post) -> Delivery:
    """A delivery of a hundred orders, each with many changes, and as many entries that are none."""
    for at in range(2):
        body = entries(100)
        for entry in body["grouped_orders"]:
            entry |= {"updated": 1_700_000_000 + at, "payment_summary": {f"k{n}": f"{n}-{at}" for n in range(100)}}
        body["grouped_orders"] += [1] * 500
        post(body)
    return Delivery.objects.latest("pk")


def test_A17_a_list_shows_the_first_results_and_how_many_more_there_are(large: Delivery, as_role: AsRole) -> None:
    page = as_role("Viewer").get("/deliveries/").content.decode()

    assert page.count("and 580 more") == 2
    assert len(page) < 40_000


def test_A17_no_page_about_a_delivery_grows_with_it(large: Delivery, as_role: AsRole) -> None:
    page = as_role("Operations").get(f"/deliveries/{large.pk}/").content.decode()

    assert "and 580 more" in page  # results
    assert len(page) < 400_000


def test_A17_the_bytes_can_be_saved_whole_by_who_may_see_them(large: Delivery, as_role: AsRole) -> None:
    saved = as_role("Operations").get(f"/deliveries/{large.pk}/body/")

    assert (saved.content, saved["Content-Disposition"]) == (
        bytes(large.body),
        f'attachment; filename="delivery-{large.pk}.json"',
    )
    assert as_role("Viewer").get(f"/deliveries/{large.pk}/body/").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60 + b"1," * 400_000 + b"1" + b"]" * 60,
        b'{"a": "' + b"x" * 900_000 + b'"}',
        b"\xff" * 900_000,
        b'{"a":' * 900 + b"1" + b"}" * 900,
    ],
    ids=["deep", "one text", "no text", "deeper"],
)
def test_A17_a_body_is_shown_as_far_as_a_page_goes(as_role: AsRole, body: bytes) -> None:
    delivery = Delivery.objects.create(body=body, size=len(body), token_fingerprint="x")

    page = as_role("Operations").get(f"/deliveries/{delivery.pk}/")

    assert page.status_code == 200
    assert len(page.content) < 500_000


def test_A17_unknown_keys_are_reported_up_to_a_number(post: Post) -> None:
    post(order_update() | {f"new-{number}": 1 for number in range(5_000)})

    assert len(only().unknown_keys) == bounds.MOST_UNKNOWN


# --- A18: what can be read can be written -----------------------------------------------------------------------------


@pytest.mark.parametrize("length", [1, 28, 29, 30, 63, 64])
def test_A18_an_order_with_many_skus_is_written_whatever_the_length_of_its_id(post: Post, length: int) -> None:
    skus = [{"sku_id": f"{number:064}", "normalized_quantity": 1} for number in range(1_600)]
    body = in_one_order("skus", skus)
    only_ids = {"order_id": "P" * length, "shipment_detail": None, "invoice_data": None}
    document(body)["grouped_orders"][0].update(only_ids)

    answer = post(body)

    assert (answer.json()["status"], only().outcome) == ("SUCCESS", "applied")


@pytest.mark.parametrize("spare", range(66))
def test_A18_a_search_text_ends_with_a_whole_word(spare: int) -> None:
    words = ["p" * (spare + 1), *[f"{number:064}" for number in range(1_600)]]

    text = found_by.joined(words)

    assert len(text) <= found_by.MAX_TEXT
    assert text.split(" ") == words[: len(text.split(" "))]


@pytest.mark.parametrize(
    "name",
    ["\ufdfa" * 200, "\u0130" * 200, "\u0130\u0307" * 100, "e\u0301" * 100, "\U0001f48a" * 200, "x" * 5_000],
    ids=["grows", "grows in lower case", "both", "two forms", "four bytes", "long"],
)
def test_A18_no_name_is_beyond_what_the_database_keeps(post: Post, name: str) -> None:
    address = {"name": name, "city": name, "state": name, "pincode": name}
    body = order_update(delivery_address=address, user={"email": name, "contact_number": name})
    document(body)["grouped_orders"][0]["shipment_detail"] = {"tracking_number": name, "delivery_partner_name": name}

    post(body)

    assert only().outcome == "applied"
    assert services.reprocess(only()) == "applied"
