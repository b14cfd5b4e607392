"""Showing a key: which headers open the API, and which do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from orders.models import ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client: Client) -> Callable[..., Any]:
    """Ask for the list with a header made from the key `{key}`."""
    secret = ApiKey.issue("shop")[1]
    client.raise_request_exception = False

    def with_header(header: str, path: str = "/api/orders/", **headers: str) -> Any:
        return client.get(path.format(key=secret), headers={"Authorization": header.format(key=secret), **headers})

    return with_header


@pytest.mark.parametrize("header", ["Token {key}", "token {key}", "TOKEN {key}", "Token   {key}", "Token {key}  "])
def test_the_scheme_is_token_in_any_case(ask: Callable[..., Any], header: str) -> None:
    assert ask(header).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "{key}",
        "Bearer {key}",
        "Basic {key}",
        "Token {key}x",
        "Token x{key}",
        "Token {key} {key}",
        "Token {key},Token {key}",
        "Token",
        "Token ",
        " ",
        "Token \u00e9\u00ff",
        "Token \x01\x7f",
        "Token " + "x" * 8192,
        "Token \x00",
        "Tokén {key}",
    ],
    ids=range(15),
)
def test_any_other_header_is_401(ask: Callable[..., Any], header: str) -> None:
    answer = ask(header)

    assert (answer.status_code, answer["Content-Type"], answer["WWW-Authenticate"]) == (
        401,
        "application/json",
        "Token",
    )


@pytest.mark.parametrize(
    "path", ["/api/orders/?token={key}", "/api/orders/?key={key}", "/api/orders/?Authorization=Token%20{key}"]
)
def test_a_key_in_the_query_string_opens_nothing(ask: Callable[..., Any], path: str) -> None:
    assert ask("", path).status_code == 401


def test_a_key_in_another_header_opens_nothing(ask: Callable[..., Any]) -> None:
    assert ask("", **{"X-Api-Key": "{key}", "Cookie": "token={key}"}).status_code == 401


def test_a_wrong_key_and_no_key_say_nothing_of_what_exists(ask: Callable[..., Any]) -> None:
    known, unknown = ask("Token wrong", "/api/orders/M1/"), ask("Token wrong", "/api/orders/M2/")

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)


@pytest.mark.parametrize("rights", [{}, {"may_see_personal_data": True}, {"may_write": True}])
def test_a_key_opens_no_page_of_staff(client: Client, rights: dict[str, bool]) -> None:
    secret = ApiKey.issue("shop", **rights)[1]

    codes = {
        client.get(path, headers={"Authorization": f"Token {secret}"}).status_code
        for path in ("/orders/", "/deliveries/", "/admin/", "/api/docs/")
    }

    assert codes == {302}


def test_asking_with_a_key_makes_no_session(ask: Callable[..., Any]) -> None:
    assert ask("Token {key}").cookies == {}
