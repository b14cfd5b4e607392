"""The list while somebody looks at it: what it shows stays where it is."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import order_update

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]


def again(browser: Client, answer: Any) -> Any:
    """The page asks for its rows again, as htmx does."""
    shown = answer.content.decode()
    [address] = re.findall(r'id="rows"[^>]* data-live="([^"]+)"', shown)
    return browser.get(f"/orders/{html.unescape(address)}", headers={"HX-Request": "true"})


def rows(answer: Any) -> list[str]:
    """The purchases that are shown, from top to bottom."""
    return re.findall(r'class="go mono" href="/orders/([\w-]+)/"', answer.content.decode())


def test_what_leaves_the_list_stays_and_says_so(post: Post, as_role: Callable[[str], Client]) -> None:
    for name in ("PO1", "PO2", "PO3"):
        post(order_update(name, 130))
    browser = as_role("Operations")
    page = browser.get("/orders/?status=130")

    post(order_update("PO2", 30, 1_700_000_100))
    answer = again(browser, page)

    assert rows(answer) == rows(page) == ["M-PO3", "M-PO2", "M-PO1"]
    assert answer.content.decode().count("not in this list any more") == 1
    assert answer.context["gone"] == {"M-PO2"}


def test_what_is_new_waits_to_be_shown(post: Post, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", 130))
    browser = as_role("Operations")
    page = browser.get("/orders/?status=130")

    post(order_update("PO2", 130))
    post(order_update("PO3", 30))
    answer = again(browser, page)

    assert (rows(answer), answer.context["news"]) == (["M-PO1"], 1)
    assert "1 new · show" in answer.content.decode()
    assert rows(browser.get("/orders/?status=130")) == ["M-PO2", "M-PO1"]


def test_the_way_to_older_ones_stays(
    post: Post, as_role: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.paging.page.__defaults__", (2,))
    for number in range(4):
        post(order_update(f"PO{number}", 130))
    browser = as_role("Operations")
    page = browser.get("/orders/")

    second = again(browser, again(browser, page))

    assert rows(second) == rows(page) == ["M-PO3", "M-PO2"]
    older = second.context["page"].older
    assert rows(browser.get("/orders/", {"older": older})) == ["M-PO1", "M-PO0"]


@pytest.mark.parametrize("said", ["", ",", "M-X", "M-PO1,,M-PO1", "a" * 5000, "M-PO1,\u00e9", "\0"])
def test_U21_no_value_breaks_the_page(post: Post, as_role: Callable[[str], Client], said: str) -> None:
    post(order_update("PO1", 130))

    answer = as_role("Operations").get("/orders/", {"rows": said}, headers={"HX-Request": "true"})

    assert answer.status_code == 200


def test_what_is_shown_leads_nowhere_with_its_rows(
    post: Post, as_role: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orders.paging.page.__defaults__", (1,))
    for number in range(3):
        post(order_update(f"PO{number}", 130))
    browser = as_role("Operations")
    page = browser.get("/orders/?status=130")
    post(order_update("PO9", 130))

    links = re.findall(r'href="(\?[^"]*)"', again(browser, page).content.decode())

    assert len(links) > 5
    assert [link for link in links if "rows=" in link or "more=" in link] == []


@pytest.mark.parametrize("many", [1, 50])
def test_asking_again_costs_the_same_for_one_row_and_for_fifty(
    post: Post, as_role: Callable[[str], Client], many: int
) -> None:
    for number in range(many):
        post(order_update(f"PO{number}", 130))
    browser = as_role("Operations")
    page = browser.get("/orders/?status=130&city=Bengaluru&turn=1mg&wait=1h")

    with CaptureQueriesContext(connection) as asked:
        again(browser, page)

    assert len(asked) <= 12
