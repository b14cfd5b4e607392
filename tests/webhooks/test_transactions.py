"""`GET /transactions/<merchant_order_id>`: who may ask, and what is answered where nothing can be told of a payment."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError, connection, connections
from django.test import Client

from onemg_portal.bodies import most
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments import outbox
from payments.registration import services as registration
from tests.conftest import order_update
from tests.server import PAYMENT_TOKEN
from tests.webhooks.door_cases import NEXT, WEBHOOK, DoorCases, refused
from webhooks.schema import REFUSALS

pytestmark = pytest.mark.django_db(transaction=True)

AUTHORIZED = {"Authorization": f"Token {PAYMENT_TOKEN}"}


@pytest.fixture(autouse=True)
def _a_purchase(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One that the shop has registered. The threads that write what 1mg asks keep no connection beyond a test."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)
    said = registration.Registration("M1", "PO1", PaymentMethod.ONLINE, Decimal("739.48"))
    registration.register(said, by=Actor("the shop"))
    yield
    assert outbox.drain(30)


class TestTransaction(DoorCases):
    """Without the slash at the end."""

    path, method = "/transactions/M1", "GET"


class TestTransactionWithTheSlash(DoorCases):
    """The same with it."""

    path, method = "/transactions/M1/", "GET"


@pytest.mark.parametrize(
    ("token", "opens"),
    [
        (PAYMENT_TOKEN, "transactions"),
        (NEXT, "transactions"),
        (WEBHOOK, "update-status"),
        ("next-token-0123456789", "update-status"),
    ],
)
def test_M4_each_token_opens_its_own_door_alone(client: Client, token: str, opens: str) -> None:
    headers = {"Authorization": f"Token {token}"}
    asked = client.get("/transactions/M1", headers=headers).status_code
    posted = client.post("/update-status/", order_update(), "application/json", headers=headers).status_code

    assert (asked, posted) == ((200, 401) if opens == "transactions" else (401, 200))


def test_M4_a_token_is_replaced_without_a_gap(client: Client, settings: Any) -> None:
    def codes() -> list[int]:
        each = [{"Authorization": f"Token {token}"} for token in (PAYMENT_TOKEN, NEXT)]
        return [client.get("/transactions/M1", headers=headers).status_code for headers in each]

    old, new = settings.ONEMG_PAYMENT_TOKEN_DIGESTS
    found = []
    for valid in ([old], [old, new], [new]):
        settings.ONEMG_PAYMENT_TOKEN_DIGESTS = valid
        found.append(codes())

    assert found == [[200, 401], [200, 200], [401, 200]]


def test_the_answer_is_what_1mg_publishes_and_nothing_for_browsers(client: Client) -> None:
    response = client.get("/transactions/M1?format=api", headers=AUTHORIZED | {"Accept": "text/html", "Cookie": "a=b"})

    assert response.json() == {"order_id": "PO1", "transaction_id": "M1", "amount": 739.48, "status": "PENDING"}
    assert sorted(response.headers) == ["Cache-Control", "Content-Length", "Content-Type"]


@pytest.mark.parametrize("path", ["/transactions", "/transactions/", "/transactions-of/M1"])
def test_what_names_no_purchase_is_no_address(client: Client, path: str) -> None:
    assert refused(client.get(path, headers=AUTHORIZED), 404) == "No such address."


def test_head_is_405_without_a_body(client: Client) -> None:
    response = client.head("/transactions/M1", headers=AUTHORIZED)

    assert (response.status_code, response["Allow"], response.content) == (405, "GET", b"")


def test_no_body_is_taken_at_its_address() -> None:
    assert most("/transactions/M1") == 0


def test_a_database_that_is_away_is_503_and_says_when_to_ask_again(client: Client, caplog: Any) -> None:
    def away(*_: Any) -> None:
        raise OperationalError("test-secret-0123456789 of somebody")

    with connection.execute_wrapper(away):
        response = client.get("/transactions/M1", headers=AUTHORIZED)

    assert refused(response, 503) == "Temporarily unavailable, please ask again."
    assert response["Retry-After"] == "5"
    assert "test-secret" not in response.text


def test_a_bug_is_503_in_json_also_outside_of_the_view(client: Client, settings: Any) -> None:
    settings.ALLOWED_HOSTS = [7]  # fails in Django's own look at the host

    refused(client.get("/transactions/M1", headers=AUTHORIZED), 503)


def test_the_samples_that_1mg_is_given_are_what_is_answered(client: Client) -> None:
    assert {words for code, (_when, words) in REFUSALS.items() if code in (401, 404, 405)} == {
        refused(client.get("/transactions/M1"), 401),
        refused(client.get("/transactions/M404", headers=AUTHORIZED), 404),
        refused(client.post("/transactions/M1", headers=AUTHORIZED), 405),
    }
    assert all("status" not in words.lower() for _when, words in REFUSALS.values())
