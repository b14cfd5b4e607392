"""What holds for every door at which 1mg shows a token: a suite that the tests of each inherit.

    class TestThisDoor(DoorCases):
        path, method = "/transactions/M1", "GET"

A refusal says what is wrong and nothing else: no `status`, nothing of what was sent, no HTML.
"""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

import pytest
from django.test import Client

from tests.server import PAYMENT_TOKEN
from tests.webhooks.answers import turned_away

NEXT = "next-payment-0123456789"
WEBHOOK = "test-token-0123456789"


def refused(response: Any, code: int) -> str:
    """Assert that `response` is the agreed JSON of a refusal; what it says."""
    answer = response.json()
    assert (response.status_code, sorted(answer)) == (code, ["error"])
    assert (response["Content-Type"], response["Content-Length"]) == ("application/json", str(len(response.content)))
    assert [word for word in (PAYMENT_TOKEN, NEXT, WEBHOOK, "<", "Traceback") if word in response.text] == []
    assert ("Location" in response, bool(response.cookies)) == (False, False)
    return str(answer["error"])


class DoorCases:
    """One request after another. `path` and `method`: of a request that is answered where the token is right."""

    path: ClassVar[str]
    method: ClassVar[str]

    def send(self, token: str | None = PAYMENT_TOKEN, *, method: str = "", path: str = "", **extra: Any) -> Any:
        """Come to the door."""
        headers = {"Authorization": f"Token {token}"} if token else {}
        headers |= extra.pop("headers", {})
        return Client().generic(method or self.method, path or self.path, headers=headers, **extra)

    def test_A1_no_token_is_401(self) -> None:
        response = self.send(None)

        assert refused(response, 401) == "A valid token is required."
        assert response["WWW-Authenticate"] == "Token"
        assert turned_away() == [("127.0.0.1", "no_token", 1)]

    @pytest.mark.parametrize("token", ["wrong", PAYMENT_TOKEN[:-1], PAYMENT_TOKEN.upper(), PAYMENT_TOKEN + "0"])
    def test_A2_a_wrong_token_is_answered_like_none(self, token: str) -> None:
        without, response = self.send(None), self.send(token)

        assert (response.status_code, response.content) == (401, without.content)

    @pytest.mark.parametrize("value", [f"Bearer {PAYMENT_TOKEN}", PAYMENT_TOKEN, f"  token   {PAYMENT_TOKEN} "])
    def test_A3_the_schemes_we_know_are_accepted(self, value: str) -> None:
        assert self.send(None, headers={"Authorization": value}).status_code not in (401, 403)

    def test_A3_the_header_is_the_configured_one(self, settings: Any) -> None:
        settings.ONEMG_PAYMENT_HEADER = "X-Payment-Token"

        assert self.send(None, headers={"X-Payment-Token": PAYMENT_TOKEN}).status_code not in (401, 403)
        refused(self.send(), 401)

    def test_A4_a_token_twice_is_401(self) -> None:
        refused(self.send(f"{PAYMENT_TOKEN},{PAYMENT_TOKEN}"), 401)

    def test_A5_a_token_in_the_address_is_not_accepted(self) -> None:
        refused(self.send(None, path=f"{self.path}?token={PAYMENT_TOKEN}&Authorization={PAYMENT_TOKEN}"), 401)

    @pytest.mark.parametrize("value", ["Token \u00e9\u00e9", "Token \udcff", "Token a\x00b", "Token " + "x" * 8192])
    def test_A6_odd_bytes_in_the_header_are_401(self, value: str) -> None:
        refused(self.send(None, HTTP_AUTHORIZATION=value), 401)

    def test_A7_two_tokens_are_valid_at_once(self) -> None:
        assert {self.send(token).status_code for token in (PAYMENT_TOKEN, NEXT)}.isdisjoint({401, 403})

    def test_A7_after_the_rotation_only_the_new_token_is_valid(self, settings: Any) -> None:
        settings.ONEMG_PAYMENT_TOKEN_DIGESTS = [hashlib.sha256(NEXT.encode()).hexdigest()]

        refused(self.send(), 401)
        assert self.send(NEXT).status_code not in (401, 403)

    def test_A13_the_token_of_the_updates_opens_nothing_here(self) -> None:
        refused(self.send(WEBHOOK), 401)

    def test_A13_this_token_opens_nothing_elsewhere(self, client: Client) -> None:
        headers = {"Authorization": f"Token {PAYMENT_TOKEN}"}

        update = client.post("/update-status/", {}, "application/json", headers=headers)

        assert (update.status_code, client.get("/api/orders/", headers=headers).status_code) == (401, 401)
        assert client.get("/orders/", headers=headers).status_code == 302

    def test_A10_guessing_is_429_and_the_valid_token_is_still_served(self, settings: Any) -> None:
        settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE = 0

        response = self.send("wrong")

        refused(response, 429)
        assert 1 <= int(response["Retry-After"]) <= 60
        assert self.send().status_code not in (401, 403, 429)

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    def test_A11_another_method_is_405_before_any_look_at_a_token(self, method: str) -> None:
        if method == self.method:
            return
        response = self.send("wrong", method=method)

        assert refused(response, 405) == f"Only {self.method} is accepted."
        assert (response["Allow"], turned_away()) == (self.method, [])

    @pytest.mark.parametrize("host", ["evil.example", "testserver:99999x", "", "a b"])
    def test_A15_a_wrong_host_is_400(self, host: str) -> None:
        refused(self.send(HTTP_HOST=host), 400)

    def test_A16_an_address_off_the_list_is_403(self, settings: Any) -> None:
        settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES = ["10.0.0.5"]

        refused(self.send(REMOTE_ADDR="127.0.0.2"), 403)
        assert self.send(REMOTE_ADDR="10.0.0.5").status_code not in (401, 403)

    def test_plain_http_is_403(self, settings: Any) -> None:
        settings.SECURE_SSL_REDIRECT = True

        assert refused(self.send(), 403) == "Use https."
        assert self.send(secure=True).status_code not in (401, 403)

    def test_a_misspelt_address_is_404(self) -> None:
        for path in (self.path.upper(), f"{self.path}//", f"{self.path}/x/y"):
            assert refused(self.send(path=path), 404) == "No such address."
