"""The log: one line of JSON a record, and never a word of what failed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from onemg_portal.logs import JsonFormatter
from payments.refunds import requests
from tests.conftest import TOKEN, document, order_update
from tests.refusing import refusing
from tests.server import PAYMENT_TOKEN


def formatted(
    message: str, *arguments: Any, error: BaseException | None = None, by: type[logging.Formatter] = JsonFormatter
) -> str:
    """What is written for a record."""
    info = None
    if error:
        try:
            raise error
        except BaseException:  # noqa: BLE001 - to have a traceback
            info = sys.exc_info()
    record = logging.LogRecord("a.logger", logging.ERROR, __file__, 1, message, arguments, info)
    return by().format(record)


def test_a_record_is_one_line_of_json() -> None:
    line = json.loads(formatted("delivery %s waits", 7))

    assert (line["message"], line["level"], line["logger"]) == ("delivery 7 waits", "ERROR", "a.logger")
    assert line["at"].endswith("+00:00")


@pytest.mark.parametrize(
    "text", ["a\nb", "a\r\nb", "\x1b[31mred", "\u2028", "\x85", "\x00", "\ud800", "‮", '"}\n{"at": 1']
)
def test_U27_no_text_of_a_sender_forges_a_line(text: str) -> None:
    line = formatted("order %s", text)

    assert len(line.splitlines()) == 1
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["message"] == f"order {text}"


def test_T16_of_an_error_its_type_and_place_are_told_and_not_its_text() -> None:
    line = formatted("it failed", error=ValueError("Asha, 9876543210"))

    told = json.loads(line)
    assert (told["error"], told["message"]) == ("ValueError", "it failed")
    assert "test_logs.py" in told["where"]
    assert "Asha" not in line


def test_of_a_chain_of_errors_neither_text_is_told() -> None:
    error = ValueError("Asha")
    error.__cause__ = KeyError("9876543210")

    line = formatted("it failed", error=error)

    assert [word for word in ("Asha", "9876543210") if word in line] == []


def test_control_the_usual_formatter_tells_it() -> None:
    assert "Asha" in formatted("it failed", error=ValueError("Asha"), by=logging.Formatter)


def test_a_long_way_down_is_told_by_its_end() -> None:
    def fall(depth: int) -> None:
        if not depth:
            raise RuntimeError
        fall(depth - 1)

    try:
        fall(50)
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "deep", (), sys.exc_info())

    assert json.loads(JsonFormatter().format(record))["where"].count(" < ") == 5


def test_of_a_request_that_fails_the_kind_of_address_is_told_and_not_what_stood_there(
    written: list[str], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_unique_id: str) -> None:
        raise DatabaseError(CANARY)

    monkeypatch.setattr(requests, "standing", away)

    answer = client.get(f"/refund-requests/{CANARY}", headers={"Authorization": f"Token {PAYMENT_TOKEN}"})

    assert answer.status_code == 503
    assert any("Service Unavailable: /refund-requests/<" in line for line in written)
    assert [line for line in written if CANARY in line] == []


# --- what the portal writes while it works ----------------------------------------------------------------------------

CANARY = "canary-Zq7"


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Everything the portal logs during a test, as it would be written."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler = Keep()
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", "django", "django.request", "django.security", "django.server")]
    for logger in loggers:
        logger.addHandler(handler)
    yield lines
    for logger in loggers:
        logger.removeHandler(handler)


def canaries() -> dict[str, Any]:
    """An update that says the canary wherever people are named."""
    body = order_update("PO1")
    told = document(body)
    told["user"] = {"email": f"{CANARY}@example.org", "contact_number": CANARY}
    told["delivery_address"] |= {"name": CANARY, "street1": CANARY}
    told["prescriptions"] = [{"url": f"https://rx/{CANARY}", "status": "Rejected", "reason": CANARY}]
    told["grouped_orders"][0]["order_status"]["title"] = CANARY
    return body


@pytest.mark.django_db
def test_T16_nothing_personal_is_logged_when_an_update_is_applied_or_fails(
    written: list[str], post: Callable[..., Any]
) -> None:
    post(canaries())
    with refusing("PO2"):
        document(canary := canaries())["grouped_orders"][0]["order_id"] = "PO2"
        post(canary)
    with refusing("PO3", "orders_groupedorder"):
        document(canary := canaries())["grouped_orders"][0]["order_id"] = "PO3"
        post(canary)
    post(json.dumps(canaries()).encode()[:-5])
    post(canaries(), token=CANARY)

    assert len(written) >= 2  # the two failures
    assert [line for line in written if CANARY in line or TOKEN in line] == []


@pytest.mark.django_db
def test_U22_nothing_personal_is_logged_when_staff_search(
    written: list[str], post: Callable[..., Any], as_role: Callable[[str], Client]
) -> None:
    post(canaries())
    browser = as_role("Operations")
    browser.raise_request_exception = False

    for path in ("/orders/", "/admin/orders/ordergroup/", "/api/orders/", "/nowhere/", "/orders/%00/"):
        browser.get(path, {"q": CANARY})
    browser.post("/find/", {"q": CANARY}, follow=True)
    browser.post("/find/", {"q": f"{CANARY}-1, {CANARY}-2"}, follow=True)

    assert [line for line in written if CANARY in line] == []


@pytest.mark.django_db
def test_A5_no_token_of_a_query_string_is_logged(written: list[str], client: Client) -> None:
    for path in ("/update-status/", "/api/orders/", "/orders/"):
        client.post(f"{path}?token={TOKEN}", data=b"{}", content_type="application/json")

    assert [line for line in written if TOKEN in line] == []
