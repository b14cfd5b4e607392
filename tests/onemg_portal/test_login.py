"""Signing in (docs/faults.md, U16 and U18)."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
RIGHT = "a long pass phrase"


def sign_in(browser: Client, name: str, password: str, to: str = "", **extra: Any) -> Any:
    return browser.post("/login/", {"username": name, "password": password, "next": to}, **extra)


def test_U16_ten_wrong_passwords_lock_the_name_from_that_address(client: Client, staff: Callable[[str], Any]) -> None:
    staff("Viewer")
    for _ in range(10):
        sign_in(client, "viewer", "wrong")

    assert sign_in(client, "viewer", RIGHT).status_code == 429


def test_U16_the_same_name_gets_in_from_another_address(client: Client, staff: Callable[[str], Any]) -> None:
    staff("Viewer")
    for _ in range(10):
        sign_in(client, "viewer", "wrong")

    assert sign_in(client, "viewer", RIGHT, REMOTE_ADDR="127.0.0.9").status_code == 302


def test_U16_an_unknown_name_and_a_wrong_password_read_the_same(client: Client, staff: Callable[[str], Any]) -> None:
    staff("Viewer")

    known = sign_in(client, "viewer", "wrong").content.decode()
    unknown = sign_in(client, "nobody", "wrong").content.decode()

    assert _alert(known) == _alert(unknown) == "That name and password do not match an account."


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_U18_signing_in_leads_nowhere_else(client: Client, staff: Callable[[str], Any], to: str) -> None:
    staff("Viewer")

    assert sign_in(client, "viewer", RIGHT, to)["Location"] == "/"


def test_signing_in_leads_to_what_needs_somebody(client: Client, staff: Callable[[str], Any]) -> None:
    staff("Viewer")

    assert sign_in(client, "viewer", RIGHT)["Location"] == "/"


def _alert(page: str) -> str:
    return page.partition('role="alert">')[2].partition("</p>")[0]
