"""A case's body, and what staff and the shop are then told: the words of a page, an answer of the read API."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from django.test import Client

from orders.models import ApiKey
from tests.conftest import PAYLOADS, document


def case(name: str) -> dict[str, Any]:
    """The body of a case."""
    return json.loads((PAYLOADS / "cases" / f"{name}.json").read_text())


def entry(body: dict[str, Any]) -> dict[str, Any]:
    """The only order of a body."""
    (found,) = document(body)["grouped_orders"]
    return found


def page(browser: Client, path: str) -> str:
    """The words of a page as they are read, a blank between any two."""
    response = browser.get(path)
    assert response.status_code == 200
    main = re.sub(r".*<main[^>]*>", "", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", main)).split())


def purchase(merchant_order_id: str) -> dict[str, Any]:
    """A purchase as the read API gives it to a key that may see everything."""
    _key, secret = ApiKey.issue(f"key {ApiKey.objects.count()}", may_see_personal_data=True)
    path = f"/api/orders/{merchant_order_id}/"
    answer: dict[str, Any] = Client().get(path, headers={"Authorization": f"Token {secret}"}).json()
    return answer
