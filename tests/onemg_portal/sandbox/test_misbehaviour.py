"""The sandbox's partners misbehave as chosen, and only so."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.server import Partners
from tests.onemg_portal.sandbox.asking import (
    ADDRESS,
    BODY,
    KEYS,
    ask,
    bearer,
    confirm,
    enquire,
    raw,
    taken,
    update,
)
from tests.server import parse
from tests.until import until

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
    before = datetime.now(UTC)

    told = parsedate_to_datetime(confirm(partners).headers["Retry-After"])

    assert before <= told <= datetime.now(UTC) + timedelta(seconds=2)


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
    until(lambda: taken(partners) == (1, effect))


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
    partners.misbehave("PO1", kind, every=0.2)

    got, end = raw(partners, seconds=2)

    assert end == "open"
    assert (b"\r\n\r\n" in got) is whole_head
    assert len(got.partition(b"\r\n\r\n")[2] if whole_head else got) <= 11


def test_an_endless_answer_does_not_end(partners: Partners) -> None:
    partners.misbehave("PO1", "endless")

    got, end = raw(partners, enough=1_000_001)

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
        session.put(url, json=BODY, headers=headers, timeout=60)

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
    with pytest.raises(KeyError, match="refunding"):
        partners.misbehave("PO1", "slow", on="refunding")


def test_an_option_that_a_kind_has_not_is_an_error(partners: Partners) -> None:
    with pytest.raises(TypeError, match="colour"):
        partners.misbehave("PO1", "slow", colour="red")


def test_something_else_can_happen_while_the_confirm_waits(partners: Partners) -> None:
    partners.misbehave("PO1", "fine", during=lambda: partners.cancel("PO1"))

    answer = confirm(partners)

    assert answer.json()["error"]["message"] == "Map payment to order operation failed"
