"""1mg's half of what the portal calls: confirm order, as 1mg publishes it. What it leaves open is said at each line."""

from __future__ import annotations

import secrets
import time
from typing import Final

import jwt

from onemg_portal.sandbox.partners import asking
from onemg_portal.sandbox.partners.agreed import Agreed, Outcome
from onemg_portal.sandbox.partners.books import Books, Order
from onemg_portal.sandbox.partners.wire import Answer, Request, json_answer

NOT_FOUND: Final = "Order not found"
CANCELLED: Final = "Map payment to order operation failed"
TOKEN_SECONDS: Final = 900
#: How far ahead the merchant's clock may be.
SKEW_SECONDS: Final = 60


def taken(merchant_order_id: str, order_id: str) -> Answer:
    """The envelope of success."""
    data = {"merchant_order_id": merchant_order_id, "order_id": order_id}
    return json_answer(200, {"data": data, "partial_complete": False, "is_success": True, "status_code": 200})


def refused(code: int, message: str) -> Answer:
    """The envelope of failure."""
    error = {"message": message, "errors": [{"message": message}]}
    return json_answer(code, {"is_success": False, "status_code": code, "error": error})


def confirm(request: Request, merchant_id: str, order_id: str, agreed: Agreed, books: Books) -> Outcome:
    """Confirm an order; `merchant_id` and `order_id` are those of the path. 400, 401 and 403 are our choice."""
    if not request.headers.get("x-access-key") or not _is_ours(request.bearer(), agreed):
        return Outcome(refused(401, "Unauthorized"))
    if merchant_id != agreed.merchant_id:
        return Outcome(refused(403, "Merchant is not allowed"))
    body = request.json()
    if set(body) != {"merchant_order_id", "order_id"} or body["order_id"] != order_id:
        return Outcome(refused(400, "Invalid request"))
    order = books.find(order_id)
    ids = order and {"merchant_order_id": order.merchant_order_id, "order_id": order.onemg_order_id}
    if order is None or body != ids:
        return Outcome(refused(500, NOT_FOUND))
    if order.cancelled:
        return Outcome(refused(500, CANCELLED))
    if agreed.merchant_url and not _is_paid(order, agreed, books):
        return Outcome(refused(500, CANCELLED))
    return Outcome(taken(order.merchant_order_id, order.onemg_order_id), lambda: books.confirm(order))


def _is_paid(order: Order, agreed: Agreed, books: Books) -> bool:
    """Ask the merchant, who waits for our answer meanwhile. What another answer than SUCCESS means is our choice."""
    status = asking.payment_of(order, agreed)
    books.payment_told(order, status)
    return status == asking.SUCCESS


def _is_ours(token: str, agreed: Agreed) -> bool:
    """Whether it is the fixed token, or an RS256 JWT of ours: `iat` and `exp` in whole seconds, 15 minutes apart."""
    if agreed.bearer_token and secrets.compare_digest(token.encode(), agreed.bearer_token.encode()):
        return True
    if not agreed.public_key:
        return False
    try:
        claims = jwt.decode(token, agreed.public_key, algorithms=["RS256"], leeway=SKEW_SECONDS)
    except jwt.PyJWTError:
        return False
    whole = set(claims) == {"iat", "exp"} and all(type(value) is int for value in claims.values())
    return whole and claims["exp"] == claims["iat"] + TOKEN_SECONDS and time.time() < claims["exp"]
