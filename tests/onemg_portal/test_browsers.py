"""The mark of a browser that has signed in before."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from onemg_portal import browsers


def marked(name: str = "asha") -> HttpRequest:
    """A request of a browser that was remembered."""
    response, request = HttpResponse(), HttpRequest()
    browsers.remember(response, User(username=name))
    request.COOKIES[browsers.COOKIE] = response.cookies[browsers.COOKIE].value
    return request


def test_a_browser_is_known_by_the_name_that_last_signed_in() -> None:
    assert browsers.known_name(marked("asha")) == "asha"


@pytest.mark.parametrize("value", ["", "asha", "asha:1abc:forged"])
def test_a_mark_that_we_did_not_give_is_none(value: str) -> None:
    request = HttpRequest()
    request.COOKIES[browsers.COOKIE] = value

    assert browsers.known_name(request) is None


def test_a_mark_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    request, later = marked(), time.time() + browsers.KEPT.total_seconds() + 1
    monkeypatch.setattr(time, "time", lambda: later)

    assert browsers.known_name(request) is None


@pytest.mark.parametrize("secure", [True, False])
def test_no_script_reads_the_mark_and_https_alone_carries_it(settings: Any, secure: bool) -> None:
    settings.SESSION_COOKIE_SECURE = secure
    response = HttpResponse()

    browsers.remember(response, User(username="asha"))

    mark = response.cookies[browsers.COOKIE]
    assert (mark["httponly"], mark["samesite"], bool(mark["secure"])) == (True, "Lax", secure)
