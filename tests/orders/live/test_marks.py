"""Whether a page that asks for news gets any."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.actors import Actor
from orders.care import services as care
from orders.live import marks
from orders.models import Act, OrderUpdate
from tests.conftest import order_update
from webhooks.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("within_a_minute")]
PAGE = "/orders/M-PO1/"
PAGES = ["/", "/orders/", "/prescriptions/", "/refunds/", "/deliveries/", "/calls/", PAGE]
#: Statements of any page that somebody has signed in to: the session, the account, and the permissions of both kinds.
SIGNED_IN = 4


@pytest.fixture
def browser(as_role: Callable[[str], Client], post: Any) -> Client:
    """Somebody of operations, in whose portal nothing has come for a while."""
    post(order_update("PO1", 130, 1_700_000_000))
    settle()
    return as_role("Operations")


def settle() -> None:
    """All that came is a while ago."""
    before = timezone.now() - timedelta(minutes=5)
    for model in (OrderUpdate, Act, Delivery):
        model._default_manager.update(received_at=before)


def news(browser: Client, path: str, mark: str = "") -> Any:
    """What the page is answered that asks for news."""
    return browser.get(path, headers={"HX-Request": "true"} | ({"If-None-Match": mark} if mark else {}))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_has_seen_all_is_told_so(browser: Client, path: str) -> None:
    mark = news(browser, path)["ETag"]

    again = news(browser, path, mark)

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", PAGES)
def test_it_costs_next_to_nothing_to_say_so(browser: Client, path: str) -> None:
    mark = news(browser, path)["ETag"]

    with CaptureQueriesContext(connection) as asked:
        news(browser, path, mark)

    assert len(asked) <= SIGNED_IN + 2


@pytest.mark.parametrize("path", ["/", "/orders/", "/deliveries/", PAGE])
def test_what_1mg_says_is_news(browser: Client, post: Any, path: str) -> None:
    mark = news(browser, path)["ETag"]

    post(order_update("PO1", 30, 1_700_000_100))

    assert news(browser, path, mark).status_code == 200


@pytest.mark.parametrize("path", ["/", "/orders/", PAGE])
def test_what_staff_do_is_news(browser: Client, path: str) -> None:
    mark = news(browser, path)["ETag"]

    care.note("M-PO1", "Calls back", by=Actor("asha"))

    assert news(browser, path, mark).status_code == 200


def test_while_something_has_just_come_everything_is_news(browser: Client, post: Any) -> None:
    post(order_update("PO2"))

    answer = news(browser, "/")

    assert "ETag" not in answer


def test_of_another_purchase_nothing_is_news(browser: Client, post: Any) -> None:
    mark = news(browser, PAGE)["ETag"]

    post(order_update("PO2"))

    assert news(browser, PAGE, mark).status_code == 304


def test_whose_purchase_it_is_is_news_once_it_is_shown(browser: Client) -> None:
    mark = news(browser, PAGE)["ETag"]

    browser.post(f"{PAGE}reveal/")

    assert news(browser, PAGE, mark).status_code == 200


def test_every_minute_is_news_since_limits_pass_unwritten(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = news(browser, PAGE)["ETag"]

    monkeypatch.setattr(marks, "_minute", lambda: 2)

    assert news(browser, PAGE, mark).status_code == 200


def test_what_somebody_else_has_seen_does_not_count(browser: Client, as_role: Callable[[str], Client]) -> None:
    mark = news(browser, PAGE)["ETag"]

    assert news(as_role("Viewer"), PAGE, mark).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_is_opened_is_always_drawn(browser: Client, path: str) -> None:
    mark = news(browser, path)["ETag"]

    assert browser.get(path, headers={"If-None-Match": mark}).status_code == 200
