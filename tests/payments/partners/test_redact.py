"""What may be stored of a call: known-harmless values stay, everything else is dots."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from payments.partners import redact
from payments.partners.redact import DOTS

CANARY = "Canary-Zanzibar-7"
JWT = ".".join(("eyJhbGciOiJSUzI1NiJ9", "eyJpYXQiOjE3MDAwMDAwMDB9", "c2lnbmF0dXJl"))


def cleaned(told: Any, **more: Any) -> Any:
    """The redacted JSON of this JSON."""
    return json.loads(redact.body(json.dumps(told).encode(), **more))


# --- JSON -------------------------------------------------------------------------------------------------------------


def test_1mgs_answers_stay_as_they_are() -> None:
    success = {
        "data": {"merchant_order_id": "2333asa3s25224", "order_id": "PO29523371880004"},
        "partial_complete": False,
        "is_success": True,
        "status_code": 200,
    }
    refusal = {
        "is_success": False,
        "status_code": 500,
        "error": {"message": "Order not found", "errors": [{"message": "Order not found"}]},
    }

    assert [cleaned(success), cleaned(refusal)] == [success, refusal]


def test_O32_of_a_nimbbl_order_money_and_ids_stay_and_persons_go() -> None:
    told = {
        "order_id": "o_1",
        "order_date": "2023-09-20 13:53:09",
        "status": "new",
        "total_amount": 1180,
        "user": {"user_id": "user_1", "mobile_number": "9000000001", "email": "a@example.org", "first_name": "Asha"},
        "order_line_items": [{"sku_id": "s1", "title": "Insulin", "rate": 1050, "quantity": "2", "tax": "105.00"}],
        "address": {"address_1": "1 Main Road", "city": "Pune", "pincode": "411001", "landmark": ""},
        "refund_details": {"refundable_currency": "INR", "refunded_amount": 0},
        "next": [{"action": "payment_modes", "url": "/api/v3/payment-modes"}, {}],
    }

    assert cleaned(told) == told | {
        "user": {"user_id": "user_1", "mobile_number": DOTS, "email": DOTS, "first_name": DOTS},
        "order_line_items": [{"sku_id": "s1", "title": DOTS, "rate": 1050, "quantity": "2", "tax": "105.00"}],
        "address": {"address_1": DOTS, "city": DOTS, "pincode": DOTS, "landmark": ""},
    }


def test_O32_of_what_we_send_only_the_ids_stay() -> None:
    sent = {
        "order_id": "o_1",
        "shipping_address": {"city": "Pune", "area": None},
        "ipAddress": "10.0.0.1",
        "user_agent": "Firefox",
        "custom_attributes": {"gift": "yes", "message": "for you", "order_id": "x"},
    }

    assert cleaned(sent) == {
        "order_id": "o_1",
        "shipping_address": {"city": DOTS, "area": None},
        "ipAddress": DOTS,
        "user_agent": DOTS,
        "custom_attributes": {"gift": DOTS, "message": DOTS, "order_id": DOTS},
    }


def test_O32_of_a_token_only_its_end_stays() -> None:
    told = {"token": "abc", "expires_at": "2021-01-09T09:49:57.715413"}

    assert cleaned(told) == {"token": DOTS, "expires_at": "2021-01-09T09:49:57.715413"}
    assert cleaned({"access_key": "a", "access_secret": "b"}) == {"access_key": DOTS, "access_secret": DOTS}


def test_a_text_and_an_object_may_both_be_the_error() -> None:
    assert cleaned({"status": 500, "error": "HTTP 500: x"}) == {"status": 500, "error": "HTTP 500: x"}
    assert cleaned({"error": {"nimbbl_error_code": "X", "trace": "y"}}) == {
        "error": {"nimbbl_error_code": "X", "trace": DOTS}
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("secret", DOTS),
        (7, DOTS),
        (None, None),
        ([], []),
        ({}, {}),
        (["secret", 1, True, None], [DOTS] * 3 + [None]),
        ({"new": True, "no": 1, "none": None, "empty": ""}, {"new": DOTS, "no": DOTS, "none": None, "empty": ""}),
        ({"foo": {"message": "secret"}}, {"foo": {"message": DOTS}}),
        ({"errors": ["bad", {"message": "worse", "x": "y"}]}, {"errors": ["bad", {"message": "worse", "x": DOTS}]}),
        ({"user": {"error": {"message": "secret"}}}, {"user": {"error": {"message": DOTS}}}),
    ],
)
def test_what_is_not_known_to_be_harmless_is_dots(told: Any, expected: Any) -> None:
    assert cleaned(told) == expected


def test_kept_text_is_read_for_secrets_too() -> None:
    assert cleaned({"message": f"token {JWT} of a@example.org"}) == {"message": f"token {DOTS} of {DOTS}"}


def test_an_id_of_digits_alone_is_no_phone_number() -> None:
    told = {"merchant_order_id": "123456789012", "nimbbl_transaction_id": "o_x-230920135309"}

    assert cleaned(told) == told


def test_a_number_that_is_a_phone_is_dots_even_where_numbers_stay() -> None:
    assert cleaned({"amount": 919000000001, "tax": 105.5}, known=["105.5"]) == {"amount": DOTS, "tax": DOTS}


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"[" * 100_000, b'{"a": ' * 5_000 + b"1" + b"}" * 5_000, b"1" * 5_000, b"<html>" * 10_000],
)
def test_whatever_comes_is_redacted_without_an_error(content: bytes) -> None:
    assert len(redact.body(content)) <= 500


def test_of_what_is_no_json_the_beginning_stays_redacted() -> None:
    page = f"<html>Bad gateway for {CANARY} and a@example.org</html>{'x' * 9_000}".encode()

    said = redact.body(page, known=[CANARY])

    assert said.startswith(f"<html>Bad gateway for {DOTS} and {DOTS}</html>xxx")
    assert len(said) == 500


def test_the_result_is_bounded() -> None:
    said = redact.body(json.dumps({"errors": ["é" * 3_000] * 40}).encode())

    assert 15_000 < len(said.encode()) <= redact.MAX_BYTES


# --- text -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (f"sent {JWT} today", f"sent {DOTS} today"),
        (f"cut {JWT[:30]}", f"cut {DOTS}"),
        ("Authorization: Bearer abc.def", f"Authorization: Bearer {DOTS}"),
        ("access_key_0123456789abcdef is off", f"{DOTS} is off"),
        ("with access_secret_0123456789abcdef.", f"with {DOTS}."),
        ("mail asha.rao+x@mail.example.org!", f"mail {DOTS}!"),
        ("from 10.20.30.40 now", f"from {DOTS} now"),
        ("from 2001:db8::1 and ::1 and 2001:db8:0:0:0:0:0:1", f"from {DOTS} and {DOTS} and {DOTS}"),
        ("call 9000000001", f"call {DOTS}"),
        ("call +919000000001", f"call {DOTS}"),
        ("call +91 90000 00001.", f"call {DOTS}."),
        ("call +91-90000-00001", f"call {DOTS}"),
        ("call (020) 9000 0001 22", f"call {DOTS}"),
    ],
)
def test_O32_what_looks_secret_or_personal_goes(words: str, expected: str) -> None:
    assert redact.text(words) == expected


@pytest.mark.parametrize(
    "words",
    [
        "Order PO29523371880004 not found",
        "o_ex1DayQOGygbpbrW-230920135309",
        "2023-09-20 13:53:09",
        "2021-01-09T09:49:57.715413",
        "HTTP 500: Internal Server Error",
        "1180.00 INR of 2205.00",
        "access_key is wrong",
        "Map payment to order operation failed",
        "invoice_1239",
        "PATCH /api/v3/update-order",
    ],
)
def test_what_staff_need_stays(words: str) -> None:
    assert redact.text(words) == words


@pytest.mark.parametrize(
    "written", ["Rén & <Co>", "RÉN & <co>", "Rén &amp; &lt;Co&gt;", "R\\u00e9n & <Co>", "R%C3%A9n%20%26%20%3CCo%3E"]
)
def test_O32_what_we_sent_goes_however_it_is_written(written: str) -> None:
    assert redact.text(f"for {written}.", known=["Rén & <Co>"]) == f"for {DOTS}."


def test_short_values_are_too_common_to_look_for() -> None:
    assert redact.text("a code of 12", known=["12", "of", ""]) == "a code of 12"


def test_the_longer_of_two_known_values_goes_whole() -> None:
    assert redact.text("Asha Rao-Canary", known=["Asha", "Asha Rao-Canary"]) == DOTS


# --- headers ----------------------------------------------------------------------------------------------------------


def test_O32_credentials_in_headers_are_dots() -> None:
    names = ["Authorization", "X-Access-Key", "cookie", "Set-Cookie", "Proxy-Authorization", "x-nimbbl-user-token"]

    assert redact.headers(dict.fromkeys(names, CANARY)) == dict.fromkeys(names, DOTS)


def test_a_header_nobody_has_thought_about_is_dots() -> None:
    told = {"x-request-id": "r-1", "date": "Sun, 22 Nov 2026 05:00:00 GMT", "x-customer": "Asha Namuna"}

    assert redact.headers(told) == told | {"x-customer": DOTS}


# --- whatever the shape -----------------------------------------------------------------------------------------------

HARMLESS = st.sampled_from(["order_id", "message", "error", "errors", "data", "order", "status", "next", "url"])
OTHER = st.sampled_from(
    [
        "user",
        "first_name",
        "address",
        "token",
        "custom_attributes",
        "psp_raw_response",
        "new",
        "x",
        "encrypted_response",
    ]
)
LEAF = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
#: JSON that wraps a value in objects and lists under any of these keys, and where the value was put.
TREES = st.recursive(LEAF, lambda c: st.lists(c, max_size=3) | st.dictionaries(HARMLESS | OTHER, c, max_size=3))


@st.composite
def hidden(draw: st.DrawFn) -> Any:
    """A tree that holds the canary below at least one key that is not known to be harmless."""
    tree: Any = CANARY
    for wrap in draw(st.lists(HARMLESS, max_size=3)):
        tree = draw(st.sampled_from([{wrap: tree}, [tree]]))
    tree = {draw(OTHER.filter(lambda key: key != "user") | st.text(max_size=5).map(lambda t: f"new {t}")): tree}
    for wrap in draw(st.lists(HARMLESS | OTHER, max_size=3)):
        tree = draw(st.sampled_from([{wrap: tree}, [tree, draw(TREES)], {wrap: tree, "also": draw(TREES)}]))
    return tree


@settings(max_examples=300)
@given(hidden())
@example({"user": {"data": {"message": CANARY}}})
@example({"data": [{"x": [{"message": CANARY}]}]})
def test_O32_nothing_below_an_unknown_key_survives(tree: Any) -> None:
    assert CANARY not in redact.body(json.dumps(tree).encode())


@settings(max_examples=300)
@given(TREES, st.text(max_size=20), st.text(max_size=20), st.booleans())
def test_O32_nothing_known_survives_anywhere(tree: Any, before: str, after: str, ascii_only: bool) -> None:
    words = f"{before}{CANARY}{after}"
    told = {"message": words, words: tree, "errors": [words, {"url": words}], "order_id": words, "x": [words]}

    said = redact.body(json.dumps(told, ensure_ascii=ascii_only).encode("utf-8", "replace"), known=[CANARY])

    assert CANARY.casefold() not in said.casefold()


@given(st.binary(max_size=300))
def test_O32_nothing_known_survives_in_what_is_no_json(noise: bytes) -> None:
    assert CANARY not in redact.body(noise + CANARY.encode() + noise, known=[CANARY])


def test_control_without_being_told_a_kept_text_would_show_it() -> None:
    assert CANARY in redact.body(json.dumps({"message": CANARY}).encode())
