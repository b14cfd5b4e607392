"""What 1mg asks of the merchant, as 1mg publishes it: how the payment of an order stands."""

from __future__ import annotations

from typing import Final

import requests

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Order

#: 1mg's page says nothing of how long it waits; the merchant's promise is three seconds.
SECONDS: Final = 5.0
SUCCESS: Final = "SUCCESS"


def payment_of(order: Order, agreed: Agreed) -> str:
    """The status that the merchant tells of an order's payment; in its place the code, or why nothing was told."""
    with requests.Session() as session:
        session.trust_env = False
        headers = {agreed.payment_header: f"Token {agreed.payment_token}"}
        url = f"{agreed.merchant_url}/transactions/{order.merchant_order_id}"
        try:
            answer = session.get(url, headers=headers, timeout=SECONDS, allow_redirects=False)
            said = answer.json() if answer.status_code == 200 else {"status": str(answer.status_code)}
        except (requests.RequestException, ValueError) as error:
            return type(error).__name__
    return _status(said, order)


def _status(said: object, order: Order) -> str:
    """The status of an answer of the published form that is about this order."""
    if not isinstance(said, dict):
        return "unreadable"
    ours = {"order_id": order.onemg_order_id, "transaction_id": order.merchant_order_id}
    if said.get("status") == SUCCESS and any(said.get(name) != value for name, value in ours.items()):
        return "another order"
    return str(said.get("status", "unreadable"))
