"""1mg's half of what the portal calls: confirm, cancel and track order, as 1mg publishes them.

What it leaves open is said at each line.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any, Final

import jwt

from onemg_portal.sandbox.partners import asking
from onemg_portal.sandbox.partners.agreed import Agreed, Outcome
from onemg_portal.sandbox.partners.books import Books, Order
from onemg_portal.sandbox.partners.wire import Answer, Request, json_answer

NOT_FOUND: Final = "Order not found"
CANCELLED: Final = "Map payment to order operation failed"
INVALID: Final = "Invalid request"
TOO_LATE: Final = "Invalid order status for this operation"
#: 1mg packs an order in one of these, or it has gone further.
PACKED: Final = frozenset({25, 30, 40, 45, 95, 99, 130, 131, 132, 140, 141, 142})
TOKEN_SECONDS: Final = 900
#: How far ahead the merchant's clock may be.
SKEW_SECONDS: Final = 60


def taken(merchant_order_id: str, order_id: str) -> Answer:
    """The envelope of success."""
    data = {"merchant_order_id": merchant_order_id, "order_id": order_id}
    return json_answer(200, {"data": data, "partial_complete": False, "is_success": True, "status_code": 200})


def refused(code: int, message: str, *, listed: bool = True) -> Answer:
    """The envelope of failure. `listed`: with the list of errors, which in one of the published bodies is null."""
    error = {"message": message, "errors": [{"message": message}] if listed else None}
    return json_answer(code, {"is_success": False, "status_code": code, "error": error})


def confirm(request: Request, merchant_id: str, order_id: str, agreed: Agreed, books: Books) -> Outcome:
    """Confirm an order; `merchant_id` and `order_id` are those of the path. 400, 401 and 403 are our choice."""
    if stranger := _stranger(request, merchant_id, agreed):
        return Outcome(stranger)
    body = request.json()
    if set(body) != {"merchant_order_id", "order_id"} or body["order_id"] != order_id:
        return Outcome(refused(400, INVALID))
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
    is_paid = status == asking.SUCCESS
    books.payment_told(order, status, is_paid=is_paid)
    return is_paid


def cancel(request: Request, merchant_id: str, agreed: Agreed, books: Books) -> Outcome:
    """Cancel an order; `merchant_id` is that of the path. The body of success is our choice: no page shows one."""
    if stranger := _stranger(request, merchant_id, agreed):
        return Outcome(stranger)
    body = request.json()
    order = books.find(str(body.get("order_id", "")))
    is_whole = set(body) == {"order_id", "reason", "agent_id", "merchant"} and body["reason"]
    if not is_whole or order is None or order.onemg_order_id != body["order_id"]:
        return Outcome(refused(400, INVALID))
    if order.cancelled or order.packed or books.status_of(order) in PACKED:
        return Outcome(refused(400, TOO_LATE, listed=False))
    return Outcome(taken(order.merchant_order_id, order.onemg_order_id), lambda: books.cancel(order))


def tracked(request: Request, agreed: Agreed) -> tuple[str, str] | None:
    """The merchant and the purchase that are asked about by the path agreed on; `None` for any other request."""
    method, path = agreed.onemg_track_order.split(" ")
    pattern = re.escape(path)
    for name in ("merchant_id", "merchant_order_id"):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>[^/]+)")
    match = re.fullmatch(pattern, request.path) if request.method == method else None
    return (match["merchant_id"], match["merchant_order_id"]) if match else None


def track(request: Request, merchant_id: str, merchant_order_id: str, agreed: Agreed, books: Books) -> Outcome:
    """Tell all that there is of a purchase. The body of 404 is our choice."""
    if stranger := _stranger(request, merchant_id, agreed):
        return Outcome(stranger)
    told = books.document(merchant_order_id)
    if told is None:
        return Outcome(refused(404, NOT_FOUND, listed=False))
    data = {"result": as_tracked(told)}
    return Outcome(json_answer(200, {"data": data, "partial_complete": False, "is_success": True, "status_code": 200}))


def as_tracked(told: dict[str, Any]) -> dict[str, Any]:
    """What an update says, with what 1mg's pages of Track Order show otherwise than those of its updates."""
    address = told.get("delivery_address") or {}
    papers = [
        {"patient_id": "00000000-0000-4000-8000-000000000001", "id": 1, "prescription_date": 1_700_000_000_000, **paper}
        for paper in told.get("prescriptions") or []
    ]
    return {
        **told,
        "source": "example-merchant",
        "delivery_address": {**address, "country": "IN"},
        "prescriptions": papers,
        "grouped_orders": [_entry_as_tracked(entry) for entry in told["grouped_orders"]],
    }


def _entry_as_tracked(entry: dict[str, Any]) -> dict[str, Any]:
    status = dict(entry["order_status"])
    status["subtitle"] = status.pop("sub_title", "")
    skus = [{**sku, "sku_type": str(sku.get("sku_type", "")).lower()} for sku in entry.get("skus") or []]
    return {**entry, "order_status": status, "skus": skus, "is_cashless_order": False, "status_changed": False}


def _stranger(request: Request, merchant_id: str, agreed: Agreed) -> Answer | None:
    """What somebody is answered who is not the merchant."""
    if not request.headers.get("x-access-key") or not _is_ours(request.bearer(), agreed):
        return refused(401, "Unauthorized")
    if merchant_id != agreed.merchant_id:
        return refused(403, "Merchant is not allowed")
    return None


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
