"""1mg's Cancel Order: the exact request, and what each answer means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payments.choices import Refusal, State
from payments.partners.http import BadId
from payments.partners.onemg_cancel import read_cancel
from payments.partners.results import Result
from tests.payments.partners.test_onemg import NOW, answer, client

ACCEPTED = {"data": {"order_id": "PO1"}, "partial_complete": False, "is_success": True, "status_code": 200}


def refused(message: str, errors: Any = None, code: int = 400) -> dict[str, Any]:
    """The envelope of a refusal."""
    return {"is_success": False, "status_code": code, "error": {"message": message, "errors": errors}}


def read(code: int, body: Any, **headers: str) -> Result:
    """What this answer means."""
    return read_cancel(answer(code, body, **headers), now=NOW)


def test_the_request_is_as_published() -> None:
    request = client(private_key="", bearer_token="a-token").cancel("PO29523381380005", "Ordered twice", now=NOW)

    assert (request.method, request.url) == ("POST", "https://jupiterapi.1mg.com/api/v4/m-1/order/cancel")
    assert request.headers == {
        "X-Access-Key": "1mg_client_access_key",
        "Authorization": "Bearer a-token",
        "Content-Type": "application/json",
        "Accept": "application/json",
    }
    assert json.loads(request.body) == {
        "order_id": "PO29523381380005",
        "reason": "Ordered twice",
        "agent_id": "",
        "merchant": "",
    }


@pytest.mark.parametrize("value", ["../x", "PO1#f", "", "a/b", "x" * 65])
def test_no_id_that_is_none_is_sent(value: str) -> None:
    with pytest.raises(BadId):
        client().cancel(value, "why", now=NOW)
    with pytest.raises(BadId):
        client(merchant_id=value).cancel("PO1", "why", now=NOW)


@pytest.mark.parametrize("body", [ACCEPTED, {"data": None}, {}], ids=["as its envelope", "without the word", "empty"])
def test_a_success_is_accepted_and_says_that_it_is_not_done(body: Any) -> None:
    result = read(200, body)

    assert result.state is State.SUCCEEDED
    assert result.said == ("1mg has accepted the cancellation. The order is cancelled only when 1mg says so of it.")


@pytest.mark.parametrize("errors", [None, [{"message": "Invalid order status for this operation"}]])
def test_M21_too_late_is_a_refusal(errors: Any) -> None:
    result = read(400, refused("Invalid order status for this operation", errors))

    assert (result.state, result.refusal) == (State.REJECTED, Refusal.TOO_LATE)
    assert result.said.startswith("Too late: 1mg packs the order already")


def test_M21_an_invalid_request_is_our_fault() -> None:
    result = read(400, refused("Invalid request", [{"message": "Invalid request"}]))

    assert (result.state, result.refusal) == (State.REJECTED, Refusal.INVALID)
    assert "an administrator must look" in result.said


@pytest.mark.parametrize("code", [400, 404, 409, 500, 503])
def test_M21_a_refusal_that_no_page_names_is_unknown(code: int) -> None:
    assert read(code, refused("Order not found", code=code)).state is State.UNKNOWN


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", [], None, {"is_success": "true"}, {"is_success": 0}, ACCEPTED | {"partial_complete": True}],
    ids=str,
)
def test_M22_a_success_that_says_nothing_is_unknown(body: Any) -> None:
    assert read(200, body).state is State.UNKNOWN


def test_M21_a_success_that_says_no_is_a_refusal() -> None:
    assert read(200, refused("Not today", code=200)).state is State.REJECTED


def test_what_turns_us_away_unread_may_be_tried_again() -> None:
    result = read(429, b"", retry_after="30")

    assert (result.state, result.after) == (State.INTENDED, 30.0)
