"""Bodies that are not the JSON they should be, over HTTP (docs/faults.md, group C); a naive view is the control."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from orders.models import GroupedOrder, OrderGroup, OrderUpdate
from tests.conftest import document, order_update, payload
from tests.passing import let_pass
from tests.webhooks.answers import agreed, delivered, encoded, flags_of, order
from webhooks import onemg, pending, services
from webhooks.models import Delivery, Outcome
from webhooks.onemg import Document
from webhooks.onemg import read as onemg_read

pytestmark = pytest.mark.django_db

Send = Callable[..., Any]
GOOD = encoded(payload("delivered"))


def refused(post: Send, body: bytes, code: str) -> None:
    """`body` is answered 400, kept for diagnosis, and changes nothing."""
    delivery = delivered(post, body, 400, "FAILED")

    assert (delivery.outcome, delivery.problem) == (Outcome.REFUSED, code)
    assert not OrderGroup.objects.exists()


def with_title(title: Any) -> bytes:
    return encoded(order_update(order_status={"status_id": 40, "title": title, "sub_title": ""}))


def with_number(text: str, key: str = "status_id") -> bytes:
    """A good body in which one number is written as `text`."""
    return encoded(order_update(order_status={key: "#", "title": ""})).replace(b'"#"', text.encode())


# --- C1 to C7: no JSON, or JSON that nobody can keep a promise on -----------------------------------------------------

COMMENT = b"""{
  "result": {
    "grouped_orders": [{
      "order_id": "PO1",
      "eta": {
        "eta_from": 0, // a number, with or without a fraction
        "eta_to": 1604954709 // as above
      }
    }]
  }
}"""
SINGLE_QUOTES = b"""{"result": {"grouped_orders": [{"order_id": "PO1"}], "user": {"contact_number": '9000000000'}}}"""
TWO_BRACES = b"""{ {"grouped_orders": [{"order_id": "PO1"}], "merchant_order_id": "M1"}"""


@pytest.mark.parametrize(
    "body",
    [
        COMMENT,
        SINGLE_QUOTES,
        TWO_BRACES,
        GOOD[:-1],
        GOOD[:1],
        GOOD[: len(GOOD) // 2],
        GOOD + b"}",
        GOOD + GOOD,
        GOOD.replace(b'"wallet"', b"").replace(b"}]", b"},]"),
        GOOD.replace(b"}", b",}", 1),
        b"/* said by 1mg */" + GOOD,
        GOOD.replace(b'"', b"'"),
        b"result=" + GOOD,
        b"<result/>",
    ],
    ids=[
        "comments",
        "single quotes",
        "two braces",
        "last byte missing",
        "one byte",
        "half",
        "one brace more",
        "two documents",
        "comma in list",
        "comma in object",
        "comment first",
        "all single quotes",
        "form",
        "xml",
    ],
)
def test_C1_what_is_no_json_is_400_and_kept(post: Send, body: bytes) -> None:
    refused(post, body, "not_json")


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_C1_a_body_cut_anywhere_is_400_and_kept(post: Send, cut: int) -> None:
    refused(post, GOOD[: len(GOOD) * cut // 200], "not_json")


@pytest.mark.parametrize("body", [b"[]", b"[%s]" % GOOD, b'"text"', b"42", b"null", b"true"])
def test_C2_a_document_that_is_no_object_is_400(post: Send, body: bytes) -> None:
    refused(post, body, "not_an_object")


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity"])
def test_C3_literals_that_are_no_json_are_400(post: Send, literal: str) -> None:
    refused(post, with_number(literal), "not_json")


@pytest.mark.parametrize(
    "number", ["1e400", "-1e400", "1e-400", "1e99999999999999999999", "0e-999999999", "0e99999999999999999999"]
)
@pytest.mark.parametrize("key", ["status_id", "never_heard_of"])
def test_C4_numbers_beyond_any_column_are_400(post: Send, number: str, key: str) -> None:
    refused(post, with_number(number, key), "number_out_of_range")


@pytest.mark.parametrize("digits", [41, 4_000, 4_301, 500_000])
@pytest.mark.parametrize("key", ["status_id", "never_heard_of"])
def test_C5_long_integers_are_400(post: Send, digits: int, key: str) -> None:
    refused(post, with_number("9" * digits, key), "number_out_of_range")


@pytest.mark.parametrize("depth", [64, 500, 994, 5_000, 100_000])
@pytest.mark.parametrize("bracket", ["[]", "{}"])
def test_C6_deep_nesting_is_400(post: Send, depth: int, bracket: str) -> None:
    opening = {"[]": b"[", "{}": b'{"a":'}[bracket]

    refused(post, b'{"a":' + opening * depth + b"1" + bracket[1].encode() * depth + b"}", "too_deep")


@pytest.mark.parametrize("depth", [1_000, 100_000, 900_000])
def test_C6_brackets_that_never_close_are_400(post: Send, depth: int) -> None:
    refused(post, b"[" * depth, "too_deep")


def test_C6_nesting_below_the_limit_is_kept(post: Send) -> None:
    delivered(post, encoded(order_update(never_heard_of="#")).replace(b'"#"', b"[" * 60 + b"]" * 60))

    assert order().status_id == 130


def test_C6_quotes_that_are_escaped_a_hundred_thousand_times_cost_no_time(post: Send) -> None:
    refused(post, b"[]" * 64 + b'"' + b'\\"' * 400_000, "not_json")


@pytest.mark.parametrize(
    "twice",
    [
        (b'"status_id": 130', b'"status_id": 130, "status_id": 99'),
        (b'"status_id": 130', b'"status_id": 130, "status_id": 130'),
        (b'"order_id": "PO1"', b'"order_id": "PO1", "order_id": "PO2"'),
        (b'"order_id": "PO1"', b'"order_id": "PO1", "order\\u005fid": "PO2"'),
        (b'{"result":', b'{"result": {}, "result":'),
    ],
)
def test_C7_a_key_twice_is_400_and_neither_wins(post: Send, twice: tuple[bytes, bytes]) -> None:
    refused(post, encoded(order_update()).replace(*twice, 1), "duplicate_key")


# --- C8, C9: text that no database keeps ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\x00", "\ufffd"),
        ("\ud800", "\ufffd"),
        ("x\udfff", "x\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_C8_C9_in_text_it_is_replaced_and_flagged(post: Send, title: str, kept: str) -> None:
    delivery = delivered(post, with_title(title), status="PENDING")

    assert (order().title, order().status_id) == (kept, 40)
    assert (delivery.outcome, flags_of(delivery)) == (Outcome.APPLIED, ["text_repaired"])


#: Where a string may stand in a body: each place of another kind of column.
PLACES = {
    "address": lambda bad: {"delivery_address": {"name": bad, "city": bad, bad: bad, "lines": [bad, {bad: [bad]}]}},
    "payment_summary": lambda bad: {"payment_summary": {"mode": bad, bad: bad, "vas": [{"id": bad, "amount": bad}]}},
    "skus": lambda bad: {"skus": [{"sku_id": bad, "name": bad, "mrp": bad, "normalized_quantity": bad}]},
    "invoices": lambda bad: {"invoice_data": {bad: {"patient_name": bad, "skus": [{bad: bad}]}}},
    "prescriptions": lambda bad: {"prescriptions": [{"url": bad, "status": bad, "reason": bad}]},
    "user": lambda bad: {"user": {"email": bad, "contact_number": bad}},
    "shipment": lambda bad: {"shipment_detail": {"tracking_url": bad, "delivery_contact": bad, "tracking_number": bad}},
    "times": lambda bad: {"updated": bad, "created": bad, "eta": {"eta_from": bad, "eta_to": bad}},
    "unknown keys": lambda bad: {bad: {bad: bad}},
}


@pytest.mark.parametrize("bad", ["\x00", "a\x00", "\ud800", "\udc00x"])
@pytest.mark.parametrize("place", PLACES)
def test_C8_C9_wherever_it_stands_the_order_is_applied(post: Send, place: str, bad: str) -> None:
    delivery = delivered(post, order_update(**PLACES[place](bad)), status="PENDING")

    assert (order().status_id, delivery.outcome) == (130, Outcome.APPLIED)
    assert "text_repaired" in flags_of(delivery)


@pytest.mark.parametrize("bad", ["PO1\x00", "\x00", "\ud800", "P\udfffO"])
def test_C8_C9_in_an_id_the_order_is_set_aside_and_its_sibling_applied(post: Send, bad: str) -> None:
    body = payload("split-order")
    document(body)["grouped_orders"][0]["order_id"] = bad

    delivery = delivered(post, body, status="PENDING")

    assert (delivery.outcome, delivery.problem) == (Outcome.QUARANTINED, "order_id_invalid")
    assert list(GroupedOrder.objects.values_list("pk", flat=True)) == ["PO29520488322536"]


@pytest.mark.parametrize("key", ["merchant_order_id", "group_order_id"])
def test_C8_in_a_purchase_id_it_is_taken_for_missing(post: Send, key: str) -> None:
    delivery = delivered(post, order_update(**{key: "M\x00"}), status="PENDING")

    assert "part_unreadable" in flags_of(delivery)
    assert order().group_id == {"merchant_order_id": "PO1", "group_order_id": "M-PO1"}[key]


def test_C8_an_escaped_backslash_is_no_nul(post: Send) -> None:
    delivered(post, with_title("\\u0000"))

    assert order().title == "\\u0000"


# --- C10 to C15 -------------------------------------------------------------------------------------------------------


def test_C10_the_cap_keeps_ten_megabytes_of_brackets_out(post: Send) -> None:
    response = post(b"[" + b"[]," * 3_400_000 + b"[]]")

    agreed(response, 413, "FAILED")
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("item", ["[]", "{}", '""', "1"])
def test_C10_as_many_values_as_the_cap_lets_in_are_answered_in_time(post: Send, item: str) -> None:
    values = ",".join([item] * (950_000 // (len(item) + 1)))
    started = time.process_time()

    response = post(encoded(order_update(never_heard_of="#")).replace(b'"#"', f"[{values}]".encode()))

    assert time.process_time() - started < 2
    agreed(response, 200, "SUCCESS")
    assert order().status_id == 130


def test_C11_other_key_order_and_white_space_are_the_same_update(post: Send) -> None:
    body = payload("split-order")
    delivered(post, body)

    again = delivered(post, json.dumps(body, sort_keys=True, indent=4).encode())

    assert (again.outcome, set(OrderUpdate.objects.values_list("times_seen", flat=True))) == (Outcome.DUPLICATE, {2})


@pytest.mark.parametrize("spelling", ["1700000000.0", "1.7e9", '"1700000000"', "1700000000.000"])
def test_C12_one_number_spelled_otherwise_is_the_same_update(post: Send, spelling: str) -> None:
    body = encoded(order_update())
    delivered(post, body)

    again = delivered(post, body.replace(b'"updated": 1700000000', f'"updated": {spelling}'.encode()))

    assert again.outcome == Outcome.DUPLICATE
    assert OrderUpdate.objects.get().times_seen == 2


@pytest.mark.parametrize("other", ["1700000001", "1700000000.5", "null"])
def test_C12_another_number_is_another_update(post: Send, other: str) -> None:
    body = encoded(order_update())
    delivered(post, body)

    delivered(post, body.replace(b'"updated": 1700000000', f'"updated": {other}'.encode()))

    assert OrderUpdate.objects.count() == 2


def test_C13_money_is_rounded_for_us_and_kept_as_sent_in_the_bytes(post: Send) -> None:
    delivery = delivered(post, payload("packaging"))

    assert order("PO29520488322536").payment_summary["order_mrp"] == "652.36"
    assert b"652.3599999999999" in bytes(delivery.body)


@pytest.mark.parametrize(
    "title",
    [
        "\U0001f48a दवा",
        "\u202eesrever\u202c",
        "zero\u200bwidth",
        "e\u0301",
        "<script>alert(1)</script>",
        "'; DROP TABLE x;--",
        "x" * 2_000,
        "\ufffe\uffff",
        "\x01\x1f\x7f",
        "=1+1",
        "{{ 7 }}",
        "\\",
        '"',
    ],
    ids=lambda title: ascii(title[:12]),
)
@pytest.mark.parametrize("escaped", [True, False])
def test_C14_odd_text_is_stored_as_sent(post: Send, title: str, escaped: bool) -> None:
    body = order_update(order_status={"status_id": 40, "title": title, "sub_title": title})

    delivered(post, json.dumps(body, ensure_ascii=escaped).encode())

    assert (order().title, order().sub_title) == (title, title)


@pytest.mark.parametrize("key", ["Order_Status", "order_statuś", "__proto__", "constructor", "__class__", "pk", ""])
def test_C15_keys_that_only_look_known_change_nothing(post: Send, key: str) -> None:
    delivery = delivered(post, order_update(**{key: {"status_id": 99}}))

    assert (order().status_id, delivery.outcome, delivery.unknown_keys) == (130, Outcome.APPLIED, [key])


# --- what a reader that breaks would do -------------------------------------------------------------------------------


def test_a_reader_that_breaks_is_set_aside_and_holds_up_nobody(post: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as broken:  # patched, since no body is known that breaks it
        broken.setattr(onemg, "read", _break)
        agreed(post(order_update("PO1")), 200, "PENDING")
        for _attempt in range(pending.MOST_FAILURES - 2):
            let_pass(timedelta(minutes=10))
            services.sweep()
        let_pass(timedelta(minutes=10))
    later = Delivery.objects.create(body=GOOD, received_at=timezone.now() - timedelta(minutes=10))

    with monkeypatch.context() as broken:
        broken.setattr(onemg, "read", lambda body: onemg_read(body) if body == GOOD else _break(body))
        services.sweep()

    assert [d.outcome for d in Delivery.objects.order_by("pk")] == [Outcome.QUARANTINED, Outcome.APPLIED]
    assert later.pk == Delivery.objects.latest("pk").pk


def _break(body: bytes) -> Document:
    raise ArithmeticError


def test_nothing_of_a_refused_body_is_repeated_in_the_answer(post: Send) -> None:
    response = post(b'{"name": "Canary Devi", "phone": 9000000001')

    assert "Canary" not in agreed(response, 400, "FAILED")


# --- the control ------------------------------------------------------------------------------------------------------


class Naive(APIView):
    """The receiver as one would write it first: DRF's parser, a JSON column, no thought."""

    authentication_classes = ()
    permission_classes = ()

    def post(self, request: Request) -> Response:
        """Store each order of the body."""
        told = request.data.get("result", request.data)
        for entry in told["grouped_orders"]:
            OrderGroup.objects.create(
                merchant_order_id=entry["order_id"], delivery_address=entry, first_seen_at=timezone.now()
            )
        return Response({"status": "SUCCESS", "message": "Order updated"})


urlpatterns = [path("naive/", Naive.as_view())]
BROKEN = 500
EITHER = {"sqlite": 200, "postgresql": 500}


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[]", BROKEN),
        (b"null", BROKEN),
        (b"42", BROKEN),
        (with_number("1e400"), BROKEN),
        (b"[" * 50_000, BROKEN),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, BROKEN),
        (b'{"grouped_orders": null}', BROKEN),
        (b'{"grouped_orders": [{}]}', BROKEN),
        (with_title("a\x00b"), EITHER["sqlite"]),
        (with_title("\ud800"), EITHER["sqlite"]),
        (with_number('1, "status_id": 99'), 200),
        (with_number("0.1000000000000000055511151231257827"), 200),
    ],
    ids=[
        "list",
        "null",
        "number",
        "1e400",
        "deep lists",
        "deep objects",
        "no orders",
        "no id",
        "nul",
        "surrogate",
        "duplicate key",
        "digits lost",
    ],
)
def test_control_a_naive_view_breaks_on_these_bodies_or_believes_them(body: bytes, code: int) -> None:
    expected = EITHER[connection.vendor] if body in (with_title("a\x00b"), with_title("\ud800")) else code

    response = Client(raise_request_exception=False).post("/naive/", data=body, content_type="application/json")

    assert response.status_code == expected


@pytest.mark.urls(__name__)
@pytest.mark.django_db(transaction=True)
def test_control_a_naive_view_lets_the_last_of_two_values_win() -> None:
    Client().post("/naive/", data=with_number('1, "status_id": 99'), content_type="application/json")

    assert OrderGroup.objects.get().delivery_address["order_status"]["status_id"] == 99
