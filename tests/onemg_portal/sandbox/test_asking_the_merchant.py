"""1mg, as the sandbox plays it, asks the merchant about the payment before it confirms."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from tests.onemg_portal.sandbox.asking import bearer, confirm, key_pair, taken
from tests.onemg_portal.sandbox.listening import Answers, listening

PAID = {"order_id": "PO1", "transaction_id": "M1", "amount": 652.36, "status": "SUCCESS"}


@contextmanager
def merchant(code: int, body: bytes) -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A merchant's system that always says this: its address, and what it was asked with which token."""
    asked: list[tuple[str, str | None]] = []

    class Merchant(Answers):
        def do_GET(self) -> None:  # noqa: N802 - the library's name
            asked.append((self.path, self.headers["X-Token"]))
            self.answer(code, body)

    with listening(Merchant) as address:
        yield address, asked


@contextmanager
def partners(merchant_url: str) -> Iterator[Partners]:
    """Both partners, who know one order and where the merchant is."""
    token = "test-payment-0123456789"
    agreed = Agreed(public_key=key_pair(1)[1], merchant_url=merchant_url, payment_token=token, payment_header="X-Token")
    with Partners(agreed) as running:
        running.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1")
        yield running


def test_a_payment_that_succeeded_is_confirmed() -> None:
    with merchant(200, json.dumps(PAID).encode()) as (url, asked), partners(url) as played:
        answer = confirm(played)

        assert (answer.status_code, asked) == (200, [("/transactions/M1", "Token test-payment-0123456789")])
        assert (taken(played), played.effects("PO1")["payments_told"]) == ((1, 1), ["SUCCESS"])


@pytest.mark.parametrize(
    ("code", "said", "told"),
    [
        (200, PAID | {"status": "PENDING"}, "PENDING"),
        (200, PAID | {"status": "FAILED"}, "FAILED"),
        (200, PAID | {"order_id": "PO2"}, "another order"),
        (200, {}, "unreadable"),
        (200, [], "unreadable"),
        (404, {"error": "No such transaction."}, "404"),
        (302, {}, "302"),
        (503, {"error": "Temporarily unavailable, please ask again."}, "503"),
    ],
)
def test_anything_else_is_refused_in_the_published_words(code: int, said: Any, told: str) -> None:
    with merchant(code, json.dumps(said).encode()) as (url, _asked), partners(url) as played:
        answer = confirm(played)

        assert (answer.status_code, answer.json()["error"]["message"]) == (500, "Map payment to order operation failed")
        assert (taken(played), played.effects("PO1")["payments_told"]) == ((1, 0), [told])


def test_a_merchant_that_is_away_is_refused() -> None:
    with merchant(200, b"") as (url, _asked):
        pass
    with partners(url) as played:
        assert confirm(played).status_code == 500
        assert played.effects("PO1")["payments_told"] == ["ConnectionError"]


def test_who_may_not_confirm_is_not_asked_about() -> None:
    with merchant(200, json.dumps(PAID).encode()) as (url, asked), partners(url) as played:
        played.cancel("PO1")

        answers = [confirm(played, token="none"), confirm(played, token=bearer())]

        assert ([answer.status_code for answer in answers], asked) == ([401, 500], [])
