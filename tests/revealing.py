"""Opening a purchase as who needs its people does: the page, then the press that shows them."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.forms import fields


def revealed(browser: Client, merchant_order_id: str) -> Any:
    """A purchase's page after the press *Show contact and address*."""
    path = f"/orders/{merchant_order_id}/"
    page = browser.get(path)
    return browser.post(f"{path}reveal/", fields(page, having="opened_from"), follow=True)
