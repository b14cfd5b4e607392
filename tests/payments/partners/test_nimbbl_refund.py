"""A refund at Nimbbl: the request that is built, and what each answer means."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from payments.choices import State
from payments.partners.messages import BadId, Response
from payments.partners.nimbbl import NimbblClient
from payments.partners.nimbbl_refund import Refunded, read_refund

NOW = datetime(2026, 1, 15, tzinfo=UTC)
CLIENT = NimbblClient("https://nimbbl.example", "access_key_test", "access_secret_test")
ANSWER = {
    "orignal_payment_transaction_id": "o_1-00001",
    "transaction_id": "o_1-00003",
    "refund_request_id": "refund_1",
    "refund_status": "pending",
    "refund_amount": 100.0,
}


def read(code: int, told: Any) -> Refunded:
    """What an answer to a refund of ₹100 means."""
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    response = Response(code, {}, body, 5)
    return read_refund(response, amount=Decimal("100.00"), refund_request_id="refund_1", now=NOW)


def error(code: str, words: str) -> dict[str, Any]:
    """Nimbbl's documented error."""
    return {"error": {"nimbbl_error_code": code, "nimbbl_merchant_message": words}}


@pytest.mark.parametrize("amount", ["0.01", "100.00", "739.48", "652.30", "999999999999.99"])
def test_M16_the_request_always_names_the_amount_to_the_paisa(amount: str) -> None:
    request = CLIENT.refund("o_1-00001", Decimal(amount), "refund_1", "a token")

    assert (request.method, request.url) == ("POST", "https://nimbbl.example/api/v3/refund")
    assert json.loads(request.body, parse_float=Decimal) == {
        "transaction_id": "o_1-00001",
        "refund_amount": Decimal(amount),
        "refund_request_id": "refund_1",
    }
    assert isinstance(json.loads(request.body)["refund_amount"], float)


def test_an_id_that_is_none_is_not_sent() -> None:
    with pytest.raises(BadId):
        CLIENT.refund("o_1/00001", Decimal(1), "refund_1", "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("succeeded", State.SUCCEEDED),
        ("success", State.SUCCEEDED),
        ("new", State.SUCCEEDED),
        ("pending", State.SUCCEEDED),
        ("failed", State.REJECTED),
        ("dispatched", State.UNKNOWN),
        ("", State.UNKNOWN),
    ],
)
def test_each_of_nimbbls_words(word: str, state: State) -> None:
    found = read(200, ANSWER | {"refund_status": word})

    assert (found.result.state, found.said and found.said.word) == (state, word)


def test_what_is_said_is_handed_on_in_nimbbls_words() -> None:
    said = read(200, ANSWER).said

    assert said is not None
    assert (said.transaction_id, said.refund_request_id, said.pays_back) == ("o_1-00003", "refund_1", "o_1-00001")
    assert (said.word, said.amount) == ("pending", Decimal(100))


@pytest.mark.parametrize("change", [{"refund_request_id": "refund_2"}, {"refund_amount": 652.36}])
def test_an_answer_about_another_refund_leaves_it_unknown(change: dict[str, Any]) -> None:
    assert read(200, ANSWER | change).result.state is State.UNKNOWN


@pytest.mark.parametrize("code", [200, 400, 404, 422])
def test_an_error_with_a_reason_is_a_refusal(code: int) -> None:
    found = read(code, error("INVALID_REFUND_AMOUNT", "More than can be paid back"))

    assert (found.result.state, found.said) == (State.REJECTED, None)
    assert "More than can be paid back" in found.result.said


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (400, error("DUPLICATE_REFUND_REQUEST", "Refused")),
        (400, error("BAD_REQUEST_ERROR", "The refund was already processed")),
        (409, error("CONFLICT", "No")),
        (422, {"status": 422, "error": "This refund_request_id exists"}),
    ],
)
def test_M17_a_refund_that_is_there_already_is_unknown_until_asked(code: int, told: Any) -> None:
    assert read(code, told).result.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[]"),
        (200, b"{}"),
        (200, {"encrypted_response": "00"}),
        (400, b"<html>"),
        (400, {}),
        (408, error("TIMEOUT", "Too slow")),
        (500, error("SERVER_ERROR", "Oops")),
        (502, b"<html>"),
        (504, b""),
    ],
)
def test_M17_whatever_proves_nothing_is_unknown(code: int, told: Any) -> None:
    assert read(code, told).result.state is State.UNKNOWN


@pytest.mark.parametrize(("code", "state"), [(429, State.INTENDED), (302, State.REJECTED), (401, State.REJECTED)])
def test_what_was_turned_away_unread_did_nothing(code: int, state: State) -> None:
    assert read(code, b"").result.state is state
