"""The sandbox's partners answer as published and remember what really happened."""

from __future__ import annotations

import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import News
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.nimbbl_telling import MANNERS
from onemg_portal.sandbox.partners.server import Partners
from tests.onemg_portal.sandbox.asking import (
    ADDRESS,
    BODY,
    KEYS,
    ask,
    bearer,
    confirm,
    enquire,
    key_pair,
    nimbbl_token,
    raw,
    taken,
    update,
)
from tests.server import Answer, parse
from tests.until import until

# --- 1mg: confirm order -----------------------------------------------------------------------------------------------


def test_a_confirm_is_answered_as_published(partners: Partners) -> None:
    answer = confirm(partners)

    assert answer.status_code == 200
    assert answer.json() == {"data": BODY, "partial_complete": False, "is_success": True, "status_code": 200}
    assert taken(partners) == (1, 1)


@pytest.mark.parametrize(
    "token",
    [
        "none",
        bearer(algorithm="HS256"),
        bearer(pair=2),
        bearer(iss="me"),
        bearer(seconds=901),
        bearer(at=-1000),
        bearer(at=86_400),
        jwt.encode({"iat": 1.5, "exp": 901.5}, key_pair(1)[0], algorithm="RS256"),
    ],
    ids=["none", "HS256", "another key", "more claims", "too long", "expired", "of the future", "fractions"],
)
def test_a_confirm_with_another_token_is_refused(partners: Partners, token: str) -> None:
    answer = confirm(partners, token=token)

    assert (answer.status_code, answer.json()["is_success"]) == (401, False)
    assert taken(partners) == (1, 0)


def test_a_fixed_token_can_be_agreed_on() -> None:
    with Partners(Agreed(bearer_token="a-fixed-token")) as partners:
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1")

        assert confirm(partners, token="a-fixed-token").status_code == 200
        assert confirm(partners, token="another").status_code == 401


def test_a_confirm_without_the_access_key_is_refused(partners: Partners) -> None:
    assert confirm(partners, **{"X-Access-Key": ""}).status_code == 401


def test_a_confirm_for_another_merchant_is_refused(partners: Partners) -> None:
    assert confirm(partners, merchant="other").status_code == 403


@pytest.mark.parametrize("body", [{}, [], BODY | {"amount": 1}, {"order_id": "PO1"}, BODY | {"order_id": "PO2"}, b"{"])
def test_a_confirm_with_another_body_is_refused(partners: Partners, body: Any) -> None:
    assert (confirm(partners, body=body).status_code, *taken(partners)) == (400, 1, 0)


@pytest.mark.parametrize(("order_id", "merchant_order_id"), [("PO9", "M1"), ("PO1", "M9"), ("o_1", "M1")])
def test_a_confirm_of_an_unknown_order_is_refused_as_published(
    partners: Partners, order_id: str, merchant_order_id: str
) -> None:
    answer = confirm(partners, order_id, body={"merchant_order_id": merchant_order_id, "order_id": order_id})

    error = {"message": "Order not found", "errors": [{"message": "Order not found"}]}
    assert answer.status_code == 500
    assert answer.json() == {"is_success": False, "status_code": 500, "error": error}


def test_a_confirm_of_a_cancelled_order_is_refused_as_published(partners: Partners) -> None:
    partners.cancel("PO1")

    answer = confirm(partners)

    assert answer.status_code == 500
    assert answer.json()["error"]["message"] == "Map payment to order operation failed"
    assert taken(partners) == (1, 0)


def test_a_confirm_wants_put(partners: Partners) -> None:
    assert ask(partners, "POST", "/api/v4/merchants/demo-merchant/orders/PO1/confirm", BODY).status_code == 405


def test_a_second_confirm_is_accepted_and_counted_as_a_repeat(partners: Partners) -> None:
    confirm(partners)
    confirm(partners)

    effects = partners.effects("M1")
    assert (effects["confirms_received"], effects["confirms_taken"], effects["confirms_repeated"]) == (2, 1, 1)


def test_only_the_first_confirm_is_told_on() -> None:
    told: list[str] = []
    with Partners(Agreed(bearer_token="t")) as partners:
        partners.books.listen(News(confirmed=lambda order: told.append(order.onemg_order_id)))
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1")
        confirm(partners, token="t")
        confirm(partners, token="t")

    assert told == ["PO1"]


# --- 1mg: cancel and track order --------------------------------------------------------------------------------------

ONEMG = {"X-Access-Key": "k"}


def cancel(partners: Partners, **changed: Any) -> Any:
    """Cancel PO1; `changed` replaces keys of the body."""
    body = {"order_id": "PO1", "reason": "why", "agent_id": "", "merchant": ""} | changed
    headers = ONEMG | {"Authorization": f"Bearer {bearer()}"}
    return ask(partners, "POST", "/api/v4/demo-merchant/order/cancel", body, **headers)


def test_a_cancellation_is_taken_once(partners: Partners) -> None:
    codes = [cancel(partners).status_code for _ in range(2)]

    effects = partners.effects("PO1")
    assert (codes, effects["cancels_received"], effects["cancels_taken"]) == ([200, 400], 2, 1)


@pytest.mark.parametrize(
    ("changed", "message", "errors"),
    [
        ({}, "Invalid order status for this operation", None),
        ({"order_id": "PO-unknown"}, "Invalid request", [{"message": "Invalid request"}]),
        ({"reason": ""}, "Invalid request", [{"message": "Invalid request"}]),
    ],
)
def test_a_cancellation_is_refused_as_published(
    partners: Partners, changed: dict[str, str], message: str, errors: Any
) -> None:
    partners.books.change("PO1", packed=True)

    answer = cancel(partners, **changed)

    error = {"message": message, "errors": errors}
    assert answer.json() == {"is_success": False, "status_code": 400, "error": error}


def track(partners: Partners, merchant_order_id: str) -> Any:
    """Ask how a purchase stands."""
    headers = ONEMG | {"Authorization": f"Bearer {bearer()}"}
    return ask(partners, "GET", f"/api/v4/merchants/demo-merchant/orders/{merchant_order_id}/track", **headers)


def test_track_tells_what_was_noted_last_of_each_order_as_its_pages_spell_it(partners: Partners) -> None:
    for order_id, status in (("PO1", 15), ("PO12", 15), ("PO1", 130)):
        entry = {"order_id": order_id, "order_status": {"status_id": status, "title": "x", "sub_title": "y"}}
        partners.books.note(json.dumps({"result": {"merchant_order_id": "M9", "grouped_orders": [entry]}}).encode())

    result = track(partners, "M9").json()["data"]["result"]

    assert [entry["order_status"] for entry in result["grouped_orders"]] == [
        {"status_id": 130, "title": "x", "subtitle": "y"},
        {"status_id": 15, "title": "x", "subtitle": "y"},
    ]
    assert (result["source"], result["delivery_address"]) == ("example-merchant", {"country": "IN"})


def test_track_of_what_nobody_knows_is_404(partners: Partners) -> None:
    assert track(partners, "M-unknown").status_code == 404


# --- Nimbbl: token ----------------------------------------------------------------------------------------------------


def test_a_token_lives_twenty_minutes_in_utc_without_saying_so(partners: Partners) -> None:
    answer = ask(partners, "POST", "/api/v3/generate-token", KEYS)

    expires = datetime.strptime(answer.json()["expires_at"], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC)
    assert set(answer.json()) == {"token", "expires_at"}
    assert timedelta(minutes=19.8) < expires - datetime.now(UTC) <= timedelta(minutes=20)


def test_wrong_keys_get_no_token_and_are_counted(partners: Partners) -> None:
    answer = ask(partners, "POST", "/api/v3/generate-token", KEYS | {"access_secret": "wrong"})

    assert answer.status_code == 401
    assert answer.json()["error"]["nimbbl_error_code"] == "AUTHENTICATION_FAILED"
    assert partners.token_calls == 1


def test_a_token_dies_after_its_time() -> None:
    with Partners(Agreed(token_seconds=2)) as partners:
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1")
        token = nimbbl_token(partners)
        alive = update(partners, {"order_id": "o_1"}, token).status_code

        until(lambda: update(partners, {"order_id": "o_1"}, token).status_code == 401)
        assert alive == 200


def test_all_tokens_can_be_made_to_expire(partners: Partners) -> None:
    token = nimbbl_token(partners)

    partners.expire_tokens()

    assert update(partners, {"order_id": "o_1"}, token).status_code == 401


# --- Nimbbl: update order ---------------------------------------------------------------------------------------------


def test_an_update_is_answered_with_all_the_published_keys(partners: Partners) -> None:
    said = update(partners, {"order_id": "o_1", "shipping_address": ADDRESS}).json()

    assert set(said) == {
        "order_date",
        "order_id",
        "status",
        "invoice_id",
        "user",
        "attempts",
        "max_retries",
        "currency",
        "amount_before_tax",
        "tax",
        "total_amount",
        "order_line_items",
        "address",
        "currency_conversion",
        "refund_details",
        "next",
    }
    assert (said["order_id"], said["invoice_id"], said["total_amount"]) == ("o_1", "M1", 652.36)
    assert (said["address"], said["currency_conversion"]) == (ADDRESS, None)
    assert {type(said["order_line_items"][0][key]) for key in ("quantity", "amount_before_tax", "tax")} == {str}


def test_an_update_is_remembered_with_its_keys_and_not_its_values(partners: Partners) -> None:
    device = {"ipAddress": "203.0.113.7", "user_agent": "Browser", "custom_attributes": {"gift": "yes"}}

    update(partners, {"order_id": "o_1", **device})

    order = partners.books.find("o_1")
    assert partners.effects("o_1")["updates"] == [["custom_attributes", "ipAddress", "user_agent"]]
    assert order is not None
    assert (order.ip_address, order.user_agent, order.custom_attributes) == ("203.0.113.7", "Browser", {"gift": "yes"})


def test_an_update_leaves_what_it_does_not_name(partners: Partners) -> None:
    update(partners, {"order_id": "o_1", "shipping_address": ADDRESS})

    assert update(partners, {"order_id": "o_1", "user_agent": "Browser"}).json()["address"] == ADDRESS


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"order_id": "o_9"}, "ORDER_NOT_FOUND"),
        ({"order_id": "PO1"}, "ORDER_NOT_FOUND"),
        ({"user_agent": "x"}, "ORDER_NOT_FOUND"),
        ({"order_id": "o_1", "ip_address": "203.0.113.7"}, "INVALID_REQUEST_PARAMETER"),
    ],
)
def test_an_update_that_is_no_good_is_refused(partners: Partners, body: dict[str, Any], code: str) -> None:
    answer = update(partners, body)

    assert (answer.status_code, answer.json()["error"]["nimbbl_error_code"]) == (400, code)
    assert partners.effects("o_1")["updates"] == []


@pytest.mark.parametrize(("method", "path", "code"), [("PUT", "update-order", 405), ("PATCH", "order", 404)])
def test_an_update_answers_at_the_path_agreed_on_only(partners: Partners, method: str, path: str, code: int) -> None:
    assert ask(partners, method, f"/api/v3/{path}", {"order_id": "o_1"}).status_code == code


def test_the_newer_path_can_be_agreed_on() -> None:
    with Partners(Agreed(nimbbl_update_order="PATCH /api/v3/order")) as partners:
        assert ask(partners, "PATCH", "/api/v3/order", {"order_id": "o_1"}).status_code == 401
        assert ask(partners, "PATCH", "/api/v3/update-order", {"order_id": "o_1"}).status_code == 404


# --- Nimbbl: transaction enquiry --------------------------------------------------------------------------------------


@pytest.mark.parametrize("ids", [{"order_id": "o_1"}, {"invoice_id": "M1"}, {"transaction_id": "o_1-00001"}])
def test_an_enquiry_finds_the_payment_by_each_id(partners: Partners, ids: dict[str, str]) -> None:
    said = enquire(partners, **ids).json()

    (payment,) = said["transaction"]
    assert (payment["payment_status"], payment["transaction_amount"]) == ("succeeded", 652.36)
    assert said["order"]["nimbbl_order_id"] == "o_1"
    assert partners.effects("M1")["enquiries"] == 1


@pytest.mark.parametrize(
    ("fields", "payments"),
    [
        ({"payment_status": "pending"}, [("pending", 10.0)]),
        ({"payment_status": "failed"}, [("failed", 10.0)]),
        ({"paid_amount": "9.00"}, [("succeeded", 9.0)]),
        ({"payment_status": ""}, []),
    ],
)
def test_an_enquiry_tells_what_became_of_the_money(
    partners: Partners, fields: dict[str, str], payments: list[tuple[str, float]]
) -> None:
    partners.tell(merchant_order_id="M2", onemg_order_id="PO2", nimbbl_order_id="o_2", payable_amount="10.00", **fields)

    said = enquire(partners, order_id="o_2").json()["transaction"]

    assert [(payment["payment_status"], payment["transaction_amount"]) for payment in said] == payments


def test_an_enquiry_about_an_unknown_order_is_refused(partners: Partners) -> None:
    assert enquire(partners, order_id="o_9").status_code == 400


# --- the sandbox's own paths ------------------------------------------------------------------------------------------


def test_an_order_can_be_told_over_http(partners: Partners) -> None:
    told = {"merchant_order_id": "M5", "onemg_order_id": "PO5", "payable_amount": "1.00"}

    assert ask(partners, "POST", "/_sandbox/orders", told).status_code == 201
    assert confirm(partners, "PO5", body={"merchant_order_id": "M5", "order_id": "PO5"}).status_code == 200


def test_a_misbehaviour_can_be_chosen_over_http(partners: Partners) -> None:
    choice = {"order_id": "PO1", "kind": "redirect-loop", "times": 1, "options": {"code": 308}}

    assert ask(partners, "POST", "/_sandbox/misbehaviour", choice).status_code == 201
    assert [confirm(partners).status_code for _ in range(2)] == [308, 200]


def test_effects_can_be_read_over_http(partners: Partners) -> None:
    confirm(partners)
    nimbbl_token(partners)

    said = ask(partners, "GET", "/_sandbox/effects").json()

    assert said["orders"] == {"M1": partners.effects("M1")}
    assert said["token_calls"] == 1


def test_the_kinds_are_listed_with_what_they_do(partners: Partners) -> None:
    kinds, _heading, manners = ask(partners, "GET", "/_sandbox/").text.split("\n\n")

    assert [line.split()[0] for line in kinds.splitlines()] == list(KINDS)
    assert [line.split()[0] for line in manners.splitlines()] == list(MANNERS)
    listed = kinds.splitlines() + manners.splitlines()
    assert all(line.endswith(".") and len(line.split()) > 2 for line in listed)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"),
    [
        ("GET", "/_sandbox/nothing", None, 404),
        ("POST", "/_sandbox/orders", {"colour": "red"}, 400),
        ("POST", "/_sandbox/misbehaviour", {"order_id": "PO1", "kind": "sulks"}, 400),
        ("POST", "/_sandbox/misbehaviour", {}, 400),
        ("GET", "/", None, 404),
    ],
)
def test_what_the_sandbox_does_not_understand_it_says(
    partners: Partners, method: str, path: str, body: Any, code: int
) -> None:
    assert ask(partners, method, path, body).status_code == code


# --- the server -------------------------------------------------------------------------------------------------------


def test_fifty_hanging_confirms_do_not_hold_up_another_one() -> None:
    hanging = ThreadPoolExecutor(50)
    with hanging, Partners(Agreed(public_key=key_pair(1)[1])) as partners:
        partners.misbehave("PO1", "times-out-before-acting", seconds=120)
        partners.tell(merchant_order_id="M2", onemg_order_id="PO2")
        asked = [hanging.submit(raw, partners, seconds=120) for _ in range(50)]
        until(lambda: taken(partners)[0] == 50)

        answer = confirm(partners, "PO2", body={"merchant_order_id": "M2", "order_id": "PO2"})

        assert (answer.status_code, sum(one.done() for one in asked)) == (200, 0)


def test_the_end_does_not_wait_for_what_hangs() -> None:
    with Partners(Agreed(public_key=key_pair(1)[1])) as partners:
        partners.misbehave("PO1", "times-out-before-acting", seconds=60)
        hanging = threading.Thread(target=raw, args=(partners,), kwargs={"seconds": 60})
        hanging.start()
        until(lambda: taken(partners)[0] == 1)
        began = time.monotonic()

    hanging.join(20)
    assert (hanging.is_alive(), time.monotonic() - began < 20) == (False, True)


def test_only_this_machine_can_reach_the_partners(partners: Partners) -> None:
    with open("/proc/net/tcp") as table:
        where = {line.split()[1] for line in table if f":{partners.port:04X} 00000000:0000 0A" in line}

    assert where == {f"0100007F:{partners.port:04X}"}


def test_a_connection_serves_many_requests(partners: Partners) -> None:
    body = b"GET /_sandbox/effects HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", partners.port), timeout=60) as connection:
        answers: list[Answer] = []
        for _ in range(2):
            connection.sendall(body)
            answers.append(parse(connection.recv(65_536)))

    assert [answer.code for answer in answers] == [200, 200]
