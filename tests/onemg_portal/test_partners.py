"""The sandbox's partners: they answer as published, misbehave as chosen, and remember what really happened."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.server import Partners
from tests.server import Answer, parse

ADDRESS = {
    "address_1": "7",
    "street": "Namuna Marg",
    "landmark": "",
    "area": "Kalpana",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
    "address_type": "home",
}
KEYS = {"access_key": "access_key_sandbox", "access_secret": "access_secret_sandbox"}
BODY = {"merchant_order_id": "M1", "order_id": "PO1"}


@cache
def key_pair(number: int) -> tuple[str, str]:
    """An RSA key for the tests: private and public half as PEM."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


@pytest.fixture
def partners() -> Iterator[Partners]:
    """Both partners, who know one order."""
    with Partners(Agreed(public_key=key_pair(1)[1])) as running:
        running.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1", payable_amount="652.36")
        yield running


def bearer(*, pair: int = 1, algorithm: str = "RS256", seconds: int = 900, at: float = 0, **more: Any) -> str:
    """A JWT as the portal makes it; `more` are further claims, `at` moves it in time."""
    now = int(time.time() + at)
    key = key_pair(pair)[0] if algorithm == "RS256" else "x" * 32
    return jwt.encode({"iat": now, "exp": now + seconds, **more}, key, algorithm=algorithm)


def ask(partners: Partners, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    """One request as it is, following nothing."""
    with requests.Session() as session:
        session.trust_env = False
        data = body if isinstance(body, bytes) else json.dumps(body)
        return session.request(
            method, partners.base_url + path, data=data, headers=headers, timeout=10, allow_redirects=False
        )


def confirm(
    partners: Partners,
    order_id: str = "PO1",
    *,
    body: Any = BODY,
    token: str | None = None,
    merchant: str = "demo-merchant",
    **headers: str,
) -> requests.Response:
    """Confirm an order at 1mg as the portal does."""
    headers = {"X-Access-Key": "1mg_client_access_key", "Authorization": f"Bearer {token or bearer()}"} | headers
    return ask(partners, "PUT", f"/api/v4/merchants/{merchant}/orders/{order_id}/confirm", body, **headers)


def nimbbl_token(partners: Partners) -> str:
    """A live token."""
    return str(ask(partners, "POST", "/api/v3/generate-token", KEYS).json()["token"])


def update(partners: Partners, body: dict[str, Any], token: str | None = None) -> requests.Response:
    """Update an order at Nimbbl."""
    token = token or nimbbl_token(partners)
    return ask(partners, "PATCH", "/api/v3/update-order", body, Authorization=f"Bearer {token}")


def enquire(partners: Partners, **body: str) -> requests.Response:
    """Ask Nimbbl for the payments of an order."""
    return ask(partners, "POST", "/api/v3/transaction-enquiry", body, Authorization=f"Bearer {nimbbl_token(partners)}")


def raw(partners: Partners, *, order_id: str = "PO1", seconds: float = 10) -> tuple[bytes, str]:
    """A confirm over a bare socket: what came within `seconds`, and how it ended ("closed", "reset", "open")."""
    body = json.dumps({"merchant_order_id": "M1", "order_id": order_id}).encode()
    head = (
        f"PUT /api/v4/merchants/demo-merchant/orders/{order_id}/confirm HTTP/1.1\r\nHost: x\r\nX-Access-Key: k\r\n"
        f"Authorization: Bearer {bearer()}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    got, end = b"", time.monotonic() + seconds
    with socket.create_connection(("127.0.0.1", partners.port)) as connection:
        connection.sendall(head + body)
        try:
            while (left := end - time.monotonic()) > 0:
                connection.settimeout(left)
                part = connection.recv(65_536)
                if not part:
                    return got, "closed"
                got += part
        except TimeoutError:
            pass
        except ConnectionResetError:
            return got, "reset"
    return got, "open"


def taken(partners: Partners, order_id: str = "PO1") -> tuple[int, int]:
    """How many confirms came in, and how many took effect."""
    effects = partners.effects(order_id)
    return effects["confirms_received"], effects["confirms_taken"]


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
    with Partners(Agreed(bearer_token="t"), on_confirm=lambda order: told.append(order.onemg_order_id)) as partners:
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1")
        confirm(partners, token="t")
        confirm(partners, token="t")

    assert told == ["PO1"]


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
    with Partners(Agreed(token_seconds=0.2)) as partners:
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1")
        token = nimbbl_token(partners)
        alive = update(partners, {"order_id": "o_1"}, token).status_code
        time.sleep(0.3)

        assert (alive, update(partners, {"order_id": "o_1"}, token).status_code) == (200, 401)


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


# --- chosen misbehaviour: answers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "code", "content", "effect"),
    [
        ("fine", 200, b'"is_success": true', 1),
        ("order-not-found", 500, b"Order not found", 0),
        ("cancelled-before-confirmation", 500, b"Map payment to order operation failed", 0),
        ("not-a-success", 200, b'"is_success": false', 0),
        ("partial", 200, b'"partial_complete": true', 1),
        ("wrong-echo", 200, b"PO-another-order", 1),
        ("no-echo", 200, b'"data": {}', 1),
        ("unauthorized", 401, b'"is_success": false', 0),
        ("forbidden", 403, b'"is_success": false', 0),
        ("missing", 404, b'"is_success": false', 0),
        ("method-not-allowed", 405, b'"is_success": false', 0),
        ("empty", 200, b"", 0),
        ("html", 200, b"<h1>", 0),
        ("list", 200, b"[]", 0),
        ("null", 200, b"null", 0),
        ("wrong-types", 200, b'"is_success": "true"', 0),
        ("not-json", 200, b"{'is_success'", 0),
        ("server-error", 500, b"Oops", 0),
        ("server-error-in-html", 500, b"<h1>", 0),
        ("bad-gateway", 502, b"<h1>", 0),
        ("unavailable", 503, b"<h1>", 0),
        ("gateway-timeout", 504, b"<h1>", 0),
        ("skewed-date", 200, b'"is_success": true', 1),
        ("error-in-200", 200, b'{"error": {"nimbbl_error_code"', 0),
        ("error-as-text", 500, b'"error": "HTTP 500', 0),
        ("error-empty", 400, b"{}", 0),
    ],
)
def test_a_kind_answers_so_and_has_this_effect(
    partners: Partners, kind: str, code: int, content: bytes, effect: int
) -> None:
    partners.misbehave("PO1", kind)

    answer = confirm(partners)

    assert answer.status_code == code
    assert content in answer.content if content else answer.content == b""
    assert taken(partners) == (1, effect)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith("error")])
def test_every_shape_of_an_error_can_be_had_from_an_update(partners: Partners, kind: str) -> None:
    partners.misbehave("o_1", kind)

    answer = update(partners, {"order_id": "o_1", "user_agent": "x"})

    assert (answer.status_code == 200) == (kind == "error-in-200")
    assert partners.effects("o_1")["updates"] == []


@pytest.mark.parametrize(
    ("kind", "meaning"), [("too-many", "2"), ("too-many-for-ten-days", "864000"), ("too-many-nonsense", "a while")]
)
def test_too_many_requests_say_when_to_come_back(partners: Partners, kind: str, meaning: str) -> None:
    partners.misbehave("PO1", kind)

    answer = confirm(partners)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, meaning)


def test_too_many_requests_can_say_it_as_a_date(partners: Partners) -> None:
    partners.misbehave("PO1", "too-many-until-a-date")

    until = parsedate_to_datetime(confirm(partners).headers["Retry-After"])

    assert 0 <= (until - datetime.now(UTC)).total_seconds() <= 2


def test_unauthorized_once_is_fine_the_second_time(partners: Partners) -> None:
    partners.misbehave("PO1", "unauthorized-once")

    assert [confirm(partners).status_code for _ in range(3)] == [401, 200, 200]


def test_a_repeat_can_be_refused(partners: Partners) -> None:
    partners.misbehave("PO1", "refuses-a-repeat")

    assert [confirm(partners).status_code for _ in range(2)] == [200, 500]
    assert taken(partners) == (2, 1)


def test_a_kind_that_decorates_an_answer_leaves_a_refusal_alone(partners: Partners) -> None:
    partners.misbehave("PO1", "partial")

    assert confirm(partners, token="wrong").status_code == 401


# --- chosen misbehaviour: Nimbbl --------------------------------------------------------------------------------------


def test_an_update_that_is_not_applied_echoes_the_old_address(partners: Partners) -> None:
    update(partners, {"order_id": "o_1", "shipping_address": ADDRESS})
    partners.misbehave("o_1", "not-applied")

    said = update(partners, {"order_id": "o_1", "shipping_address": ADDRESS | {"city": "Kochi"}}).json()

    assert said["address"]["city"] == "Pune"
    assert len(partners.effects("o_1")["updates"]) == 1


def test_an_update_can_echo_the_address_under_another_key(partners: Partners) -> None:
    partners.misbehave("o_1", "echoes-as-shipping-address")

    said = update(partners, {"order_id": "o_1", "shipping_address": ADDRESS}).json()

    assert (said["shipping_address"], "address" in said) == (ADDRESS, False)


def test_an_update_can_answer_about_another_order(partners: Partners) -> None:
    partners.misbehave("o_1", "another-order-id")

    assert update(partners, {"order_id": "o_1"}).json()["order_id"] == "o_AnotherOrder00000"


def test_a_token_can_come_without_its_expiry(partners: Partners) -> None:
    partners.misbehave("token", "token-without-expiry")

    assert set(ask(partners, "POST", "/api/v3/generate-token", KEYS).json()) == {"token"}


def test_a_token_can_say_that_it_has_expired_and_yet_be_good(partners: Partners) -> None:
    partners.misbehave("token", "token-with-past-expiry")

    said = ask(partners, "POST", "/api/v3/generate-token", KEYS).json()

    assert said["expires_at"] < f"{datetime.now(UTC) - timedelta(hours=23):%Y-%m-%dT%H:%M:%S}"
    assert update(partners, {"order_id": "o_1"}, said["token"]).status_code == 200


def test_an_answer_can_carry_a_skewed_date(partners: Partners) -> None:
    partners.misbehave("token", "skewed-date", seconds=-3600)

    date = parsedate_to_datetime(ask(partners, "POST", "/api/v3/generate-token", KEYS).headers["Date"])

    assert -3602 < (date - datetime.now(UTC)).total_seconds() < -3598


def test_the_token_endpoint_can_be_down(partners: Partners) -> None:
    partners.misbehave("token", "unavailable")

    assert ask(partners, "POST", "/api/v3/generate-token", KEYS).status_code == 503
    assert partners.token_calls == 1


# --- chosen misbehaviour: time and the wire ---------------------------------------------------------------------------


def test_a_slow_answer_comes_late(partners: Partners) -> None:
    partners.misbehave("PO1", "slow", seconds=0.3)
    began = time.monotonic()

    assert confirm(partners).status_code == 200
    assert time.monotonic() - began > 0.3


@pytest.mark.parametrize(("kind", "effect"), [("times-out-before-acting", 0), ("times-out-after-acting", 1)])
def test_a_time_out_says_nothing_and_has_this_effect(partners: Partners, kind: str, effect: int) -> None:
    partners.misbehave("PO1", kind, seconds=5)

    assert raw(partners, seconds=0.3) == (b"", "open")
    assert taken(partners) == (1, effect)


def test_a_reset_comes_in_the_middle_of_the_answer(partners: Partners) -> None:
    partners.misbehave("PO1", "reset")

    got, end = raw(partners)

    assert end == "reset"
    assert taken(partners) == (1, 1)
    assert b"merchant_order_id" not in got or not got.endswith(b"}")


def test_a_reset_before_acting_says_nothing(partners: Partners) -> None:
    partners.misbehave("PO1", "reset-before-acting")

    assert raw(partners) == (b"", "reset")
    assert taken(partners) == (1, 0)


def test_half_an_answer_promises_the_whole(partners: Partners) -> None:
    partners.misbehave("PO1", "half-json")

    got, end = raw(partners)

    answer = parse(got)
    assert end == "closed"
    assert 0 < len(answer.body) < int(answer.headers["content-length"])
    assert taken(partners) == (1, 1)


@pytest.mark.parametrize(("kind", "whole_head"), [("drip-headers", False), ("drip-body", True)])
def test_a_drip_takes_its_time(partners: Partners, kind: str, whole_head: bool) -> None:
    partners.misbehave("PO1", kind, every=0.05)

    got, end = raw(partners, seconds=0.5)

    assert end == "open"
    assert (b"\r\n\r\n" in got) is whole_head
    assert len(got.partition(b"\r\n\r\n")[2] if whole_head else got) <= 11


def test_an_endless_answer_does_not_end(partners: Partners) -> None:
    partners.misbehave("PO1", "endless")

    got, end = raw(partners, seconds=0.3)

    assert (len(got) > 1_000_000, end) == (True, "open")


def test_a_gzip_bomb_is_small_on_the_wire_and_huge_inside(partners: Partners) -> None:
    partners.misbehave("PO1", "gzip-bomb", megabytes=30)

    answer = confirm(partners)

    assert int(answer.headers["Content-Length"]) < 60_000
    assert len(answer.content) > 30_000_000
    assert answer.json()["data"] == BODY


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_leads_to_the_same_host_where_it_would_act(partners: Partners, code: int) -> None:
    partners.misbehave("PO1", f"redirect-{code}")

    answer = confirm(partners)

    path = "/api/v4/merchants/demo-merchant/orders/PO1/confirm?redirected"
    assert (answer.status_code, answer.headers["Location"]) == (code, partners.base_url + path)
    assert taken(partners) == (1, 0)


def test_a_redirect_can_lead_to_another_host(partners: Partners) -> None:
    with Partners() as elsewhere:
        partners.misbehave("PO1", "redirect-away", to=elsewhere.base_url)

        assert confirm(partners).headers["Location"].startswith(f"{elsewhere.base_url}/api/v4/")


def test_control_who_follows_a_redirect_acts_and_shows_its_key_to_another_host(partners: Partners) -> None:
    partners.misbehave("PO1", "redirect-away")

    with requests.Session() as session:
        session.trust_env = False
        headers = {"X-Access-Key": "secret", "Authorization": f"Bearer {bearer()}"}
        url = f"{partners.base_url}/api/v4/merchants/demo-merchant/orders/PO1/confirm"
        session.put(url, json=BODY, headers=headers, timeout=10)

    seen = [
        (request.headers["host"].partition(":")[0], request.headers["x-access-key"]) for request in partners.requests
    ]
    assert seen == [("127.0.0.1", "secret"), ("localhost", "secret")]


def test_a_redirect_loop_never_ends(partners: Partners) -> None:
    partners.misbehave("PO1", "redirect-loop")

    answer = confirm(partners)

    assert answer.headers["Location"] == partners.base_url + "/api/v4/merchants/demo-merchant/orders/PO1/confirm"


# --- how it is chosen -------------------------------------------------------------------------------------------------


def test_an_id_can_ask_for_its_own_misbehaviour(partners: Partners) -> None:
    body = {"merchant_order_id": "M7", "order_id": "PO7-as-partial"}

    assert confirm(partners, "PO7-as-partial", body=body).json()["partial_complete"] is True
    assert taken(partners, "M7") == (1, 1)


@pytest.mark.parametrize("order_id", ["PO7-as-nothing", "partial", "PO7-as-", "-as-"])
def test_an_id_that_names_no_kind_is_an_unknown_order(partners: Partners, order_id: str) -> None:
    answer = confirm(partners, order_id, body={"merchant_order_id": "M7", "order_id": order_id})

    assert answer.json()["error"]["message"] == "Order not found"


def test_a_choice_is_for_one_endpoint_where_it_says_so(partners: Partners) -> None:
    partners.misbehave("M1", "unavailable", on="update")

    assert update(partners, {"order_id": "o_1"}).status_code == 503
    assert (enquire(partners, order_id="o_1").status_code, confirm(partners).status_code) == (200, 200)


def test_a_choice_can_be_for_so_many_requests(partners: Partners) -> None:
    partners.misbehave("PO1", "unavailable", times=2)

    assert [confirm(partners).status_code for _ in range(3)] == [503, 503, 200]


def test_a_choice_can_be_taken_back(partners: Partners) -> None:
    partners.misbehave("PO1", "unavailable")

    partners.behave("PO1")

    assert confirm(partners).status_code == 200


def test_a_kind_that_there_is_not_is_an_error(partners: Partners) -> None:
    with pytest.raises(KeyError, match="sulks"):
        partners.misbehave("PO1", "sulks")


def test_an_endpoint_that_there_is_not_is_an_error(partners: Partners) -> None:
    with pytest.raises(KeyError, match="refund"):
        partners.misbehave("PO1", "slow", on="refund")


def test_an_option_that_a_kind_has_not_is_an_error(partners: Partners) -> None:
    with pytest.raises(TypeError, match="colour"):
        partners.misbehave("PO1", "slow", colour="red")


def test_something_else_can_happen_while_the_confirm_waits(partners: Partners) -> None:
    partners.misbehave("PO1", "fine", during=lambda: partners.cancel("PO1"))

    answer = confirm(partners)

    assert answer.json()["error"]["message"] == "Map payment to order operation failed"


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
    lines = ask(partners, "GET", "/_sandbox/").text.splitlines()

    assert [line.split()[0] for line in lines] == list(KINDS)
    assert all(line.endswith(".") and len(line.split()) > 2 for line in lines)


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


def test_fifty_hanging_confirms_do_not_hold_up_another_one(partners: Partners) -> None:
    partners.misbehave("PO1", "times-out-before-acting", seconds=60)
    partners.tell(merchant_order_id="M2", onemg_order_id="PO2")
    hanging = [threading.Thread(target=raw, args=(partners,), kwargs={"seconds": 8}) for _ in range(50)]
    for thread in hanging:
        thread.start()
    while taken(partners)[0] < 50:
        time.sleep(0.02)

    began = time.monotonic()
    answer = confirm(partners, "PO2", body={"merchant_order_id": "M2", "order_id": "PO2"})
    took = time.monotonic() - began

    assert (answer.status_code, sum(thread.is_alive() for thread in hanging)) == (200, 50)
    assert took < 3
    for thread in hanging:
        thread.join()


def test_the_end_does_not_wait_for_what_hangs() -> None:
    with Partners(Agreed(public_key=key_pair(1)[1])) as partners:
        partners.misbehave("PO1", "times-out-before-acting", seconds=60)
        hanging = threading.Thread(target=raw, args=(partners,), kwargs={"seconds": 30})
        hanging.start()
        while taken(partners)[0] < 1:
            time.sleep(0.02)
        began = time.monotonic()

    hanging.join(5)
    assert (hanging.is_alive(), time.monotonic() - began < 2) == (False, True)


def test_only_this_machine_can_reach_the_partners(partners: Partners) -> None:
    with open("/proc/net/tcp") as table:
        where = {line.split()[1] for line in table if f":{partners.port:04X} 00000000:0000 0A" in line}

    assert where == {f"0100007F:{partners.port:04X}"}


def test_a_connection_serves_many_requests(partners: Partners) -> None:
    body = b"GET /_sandbox/effects HTTP/1.1\r\nHost: x\r\n\r\n"
    with socket.create_connection(("127.0.0.1", partners.port), timeout=5) as connection:
        answers: list[Answer] = []
        for _ in range(2):
            connection.sendall(body)
            answers.append(parse(connection.recv(65_536)))

    assert [answer.code for answer in answers] == [200, 200]
