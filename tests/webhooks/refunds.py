"""Asking for refunds as 1mg does."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

from django.test import Client

TOKEN = "test-payment-0123456789"
Ask = Callable[..., tuple[int, dict[str, Any]]]
_numbers = itertools.count(1)


def ask(order_id: str = "POM1", amount: Any = 100, unique_id: str | None = None, **more: Any) -> tuple[int, Any]:
    """Ask for a refund, with another unique id each time unless one is given; code and body of the answer."""
    told = {"unique_id": unique_id or f"RF-{next(_numbers)}", "order_id": order_id, "refund_amount": amount}
    return posted(json.dumps(told | more).encode())


def posted(body: bytes, *, token: str | None = TOKEN, path: str = "/refund-requests/", **more: Any) -> tuple[int, Any]:
    """Post a body; code and body of the answer."""
    headers = {"Authorization": f"Token {token}"} if token else {}
    answer = Client().post(path, data=body, content_type="application/json", headers=headers, **more)
    return answer.status_code, answer.json()


def look(unique_id: str, *, token: str = TOKEN, slash: str = "") -> tuple[int, Any]:
    """Ask how a request stands."""
    answer = Client().get(f"/refund-requests/{unique_id}{slash}", headers={"Authorization": f"Token {token}"})
    return answer.status_code, answer.json()
