"""What 1mg asks of the merchant, and what Nimbbl posts there: each a request with what was answered, in a word.

    payment_of(order, agreed)         1mg asks how a payment stands, before it confirms
    status_of(id, agreed)             the same of any id
    refund(order_id, amount, ...)     1mg asks for a refund
    refund_standing(id, agreed)       1mg asks how that stands
    post_event(body, agreed)          Nimbbl posts an event

1mg publishes how it asks about a payment, and of a refund's request that it has an amount, an order id and a unique id;
what these are called, and both addresses of refunds, are the merchant's choice here.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import quote

import requests

from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Order

#: 1mg's page says nothing of how long it waits; the merchant's promise is three seconds.
SECONDS: Final = 5.0
#: For a refund the merchant may ask Nimbbl first. Nimbbl itself waits so long, as it publishes.
LONGER: Final = 15.0
SUCCESS: Final = "SUCCESS"


def payment_of(order: Order, agreed: Agreed) -> str:
    """The status that the merchant tells of an order's payment; in its place the code, or why nothing was told."""
    ours = {"order_id": order.onemg_order_id, "transaction_id": order.merchant_order_id}
    code, said = _ask("GET", f"/transactions/{order.merchant_order_id}", agreed, SECONDS)
    if isinstance(said, dict) and said.get("status") == SUCCESS and any(said.get(k) != v for k, v in ours.items()):
        return "another order"
    return _status(code, said)


def status_of(transaction_id: str, agreed: Agreed) -> str:
    """The status that the merchant tells of a transaction by this id, or the code."""
    return _status(*_ask("GET", f"/transactions/{quote(transaction_id, safe='')}", agreed, SECONDS))


def refund(order_id: str, amount: str, unique_id: str, agreed: Agreed) -> str:
    """The status with which the merchant answers a request for a refund of so many rupees, or the code."""
    body = {"unique_id": unique_id, "order_id": order_id, "refund_amount": float(amount)}
    return _status(*_ask("POST", "/refund-requests/", agreed, LONGER, json.dumps(body).encode()))


def refund_standing(unique_id: str, agreed: Agreed) -> str:
    """The status that the merchant tells of a refund that was asked for, or the code."""
    return _status(*_ask("GET", f"/refund-requests/{quote(unique_id, safe='')}", agreed, SECONDS))


def post_event(body: bytes, agreed: Agreed) -> str:
    """Post an event of Nimbbl's; the code of the answer, or why there is none."""
    code, _said = _send("POST", agreed.events_url, {}, LONGER, body)
    return code


def _ask(method: str, path: str, agreed: Agreed, seconds: float, body: bytes = b"") -> tuple[str, Any]:
    """Ask the merchant as 1mg, with the token that was agreed on."""
    headers = {agreed.payment_header: f"Token {agreed.payment_token}"}
    return _send(method, agreed.merchant_url + path, headers, seconds, body)


def _send(method: str, url: str, headers: dict[str, str], seconds: float, body: bytes) -> tuple[str, Any]:
    """The code and the JSON of the answer; in place of the code why there is no answer that can be read."""
    with requests.Session() as session:
        session.trust_env = False  # a proxy of this machine's is not on the way to this machine
        kind = {"Content-Type": "application/json"} if body else {}
        try:
            answer = session.request(
                method, url, data=body, headers=headers | kind, timeout=seconds, allow_redirects=False
            )
            return str(answer.status_code), answer.json() if answer.status_code == 200 else None
        except (requests.RequestException, ValueError) as error:
            return type(error).__name__, None


def _status(code: str, said: Any) -> str:
    """The status of an answer of the published form; the code of any other."""
    if code != "200":
        return code
    return str(said.get("status", "unreadable")) if isinstance(said, dict) else "unreadable"
