"""What every answer of the receiver has in common, whatever went wrong."""

from __future__ import annotations

import re
from typing import Any

from orders.models import Act, GroupedOrder, OrderUpdate
from tests.conftest import TOKEN
from webhooks.models import Delivery, RejectedAttempt

#: Of the published body "Delivered": no answer and no log may hold them.
PERSONAL = ("Hiramay Pushpayastha", "Rishiraj", "Ranjan11", "Mr USER1")
_MESSAGE = re.compile(r"[A-Z][A-Za-z0-9 ,()'-]+\.( [A-Za-z0-9 ,]+\.)?")


def assert_agreed(response: Any, code: int, status: str) -> None:
    """The agreed JSON with this code and status, and not a word more than that."""
    assert (response.status_code, response["Content-Type"]) == (code, "application/json")
    told = response.json()
    assert sorted(told) == ["message", "status"]
    assert told["status"] == status
    assert _MESSAGE.fullmatch(told["message"]), told["message"]
    assert response["Content-Length"] == str(len(response.content))
    assert "Location" not in response
    assert not response.cookies


def assert_refused(response: Any, code: int) -> None:
    """The agreed JSON of a failure."""
    assert_agreed(response, code, "FAILED")


def assert_nothing_kept() -> None:
    """No body, no order, no history."""
    assert [m.objects.count() for m in (Delivery, GroupedOrder, OrderUpdate, Act)] == [0, 0, 0, 0]


def turned_away() -> list[tuple[str, str, int]]:
    """Address, reason and number of the posts that were counted at the door."""
    return list(RejectedAttempt.objects.order_by("id").values_list("remote_address", "reason", "times"))


def assert_discreet(log: str) -> None:
    """Neither a token nor a patient in a log."""
    assert [secret for secret in (TOKEN, *PERSONAL) if secret in log] == []
