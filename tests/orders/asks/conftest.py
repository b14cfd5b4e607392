"""What the tests of asking share: what 1mg says, and somebody who asks it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.conftest import document, order_update

Say = Callable[..., None]


@pytest.fixture
def say(request: pytest.FixtureRequest, post: Callable[..., Any]) -> Say:
    """1mg says something of a COD order, M-PO1 unless another is named; at the test's `T0`, unless at another time."""

    def send(status: int, updated: int | None = None, order: str = "PO1", **more: Any) -> None:
        money = more.pop("money", {})
        body = order_update(order, status, updated or request.module.T0, **{"eta": None, **more})
        document(body)["grouped_orders"][0]["payment_summary"] |= {"mode": "COD", "online_collected": 0, **money}
        assert post(body).status_code == 200

    return send


@pytest.fixture
def asha(as_role: Callable[[str], Client]) -> Client:
    """Somebody of operations."""
    return as_role("Operations")


def text(answer: Any) -> str:
    """A page in one line."""
    return " ".join(answer.content.decode().split())


def due(browser: Client) -> list[str]:
    """The purchases on *Now*."""
    return [line.group.pk for line in browser.get("/").context["lines"]]


def ask(browser: Client, *ids: str, clock: str = "allocation") -> Any:
    """Press the button under some ticked purchases; the page that follows."""
    return browser.post("/asks/ask/", {"clock": clock, "id": ids}, follow=True)
