"""Nimbbl's half of what the portal calls: token, update order, transaction enquiry, refund, as Nimbbl publishes them.

With its oddities: times in UTC that do not say so, amounts as numbers in an order and as text in its lines, the
request's `shipping_address` answered as `address`, and `custom_attributes` that the answer leaves out.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from onemg_portal.sandbox.partners.agreed import Agreed, Outcome
from onemg_portal.sandbox.partners.books import Books, Order, PaidBack
from onemg_portal.sandbox.partners.wire import Answer, Request, json_answer

ADDRESS_KEYS: Final = ("address_1", "street", "landmark", "area", "city", "state", "pincode", "address_type")
#: Field of the update's request -> our word for it.
FIELDS: Final = {
    "shipping_address": "shipping_address",
    "ipAddress": "ip_address",
    "user_agent": "user_agent",
    "custom_attributes": "custom_attributes",
}
_PLACED: Final = "2026-01-15 08:21:07"


def error(code: int, nimbbl_code: str, message: str) -> Answer:
    """The documented shape of an error: `message` is for the merchant, the customer is told nothing of it."""
    said = {"nimbbl_error_code": nimbbl_code, "nimbbl_consumer_message": "Something went wrong, please try again."}
    return json_answer(code, {"error": said | {"nimbbl_merchant_message": message}})


def generate_token(request: Request, agreed: Agreed, books: Books) -> Outcome:
    """A token, alive for `agreed.token_seconds`. That wrong keys are answered 401 is our choice."""
    keys = {"access_key": agreed.nimbbl_access_key, "access_secret": agreed.nimbbl_access_secret}
    if request.json() != keys:
        return Outcome(error(401, "AUTHENTICATION_FAILED", "The access key or secret is wrong."))
    token = secrets.token_urlsafe(32)
    until = datetime.now(UTC) + timedelta(seconds=agreed.token_seconds)
    answer = json_answer(200, {"token": token, "expires_at": f"{until:%Y-%m-%dT%H:%M:%S.%f}"})
    return Outcome(answer, lambda: books.remember_token(token, agreed.token_seconds))


def update_order(request: Request, books: Books) -> Outcome:
    """Change an order's address, device or attributes; what the body leaves out stays."""
    body = request.json()
    if refusal := _refusal(request, books, {"order_id", *FIELDS}):
        return Outcome(refusal)
    order = books.find(str(body.get("order_id", "")))
    if order is None or order.nimbbl_order_id != body["order_id"]:
        return Outcome(error(400, "ORDER_NOT_FOUND", "There is no order with this order_id."))
    changes = {FIELDS[key]: value for key, value in body.items() if key in FIELDS}
    keys = sorted(set(body) - {"order_id"})
    address = changes.get("shipping_address", order.shipping_address)
    return Outcome(json_answer(200, described(order, address)), lambda: books.update(body["order_id"], changes, keys))


def enquire(request: Request, books: Books) -> Outcome:
    """The payments of an order, by any one of its three ids."""
    body = request.json()
    if refusal := _refusal(request, books, {"order_id", "invoice_id", "transaction_id"}):
        return Outcome(refusal)
    order = books.find(subject_of_enquiry(body))
    if order is None:
        return Outcome(error(400, "ORDER_NOT_FOUND", "There is no order with this id."))
    return Outcome(json_answer(200, {"transaction": _transactions(order), "order": _enquired(order)}))


def subject_of_enquiry(body: dict[str, Any]) -> str:
    """The order that an enquiry is about."""
    return str(body.get("order_id") or body.get("invoice_id") or order_of(body))


def order_of(body: dict[str, Any]) -> str:
    """The order of the transaction that a body names, whose id is the order's with a number behind it."""
    return str(body.get("transaction_id") or "").rpartition("-")[0]


def refund(request: Request, books: Books) -> Outcome:
    """Pay back some of a payment; all that is left of it where no `refund_amount` is named, as published.

    Its page says that a refund_request_id is checked for a refund that is pending or has succeeded; that such a one is
    answered 400 and with which code is our choice.
    """
    body = request.json()
    if refusal := _refusal(request, books, {"transaction_id", "invoice_id", "refund_amount", "refund_request_id"}):
        return Outcome(refusal)
    order = books.find(order_of(body) or str(body.get("invoice_id", "")))
    if order is None or order.payment_status != "succeeded":
        return Outcome(error(400, "TRANSACTION_NOT_FOUND", "There is no captured payment with this id."))
    named = str(body.get("refund_request_id") or "")
    if order.refund_status != "failed" and named in [one.refund_request_id for one in order.refunds if named]:
        return Outcome(error(400, "DUPLICATE_REFUND_REQUEST", "There is a refund with this refund_request_id."))
    left = _paid(order) - _paid_back(order)
    amount = left if body.get("refund_amount") is None else Decimal(str(body["refund_amount"]))
    if not 0 < amount <= left:
        return Outcome(error(400, "INVALID_REFUND_AMOUNT", "The amount is more than can be paid back."))
    transaction_id = f"{order.nimbbl_order_id}-{len(order.refunds) + 3:05}"
    paid_back = PaidBack(transaction_id, named, f"{amount:.2f}")
    answer = {
        "orignal_payment_transaction_id": f"{order.nimbbl_order_id}-00001",
        "transaction_id": transaction_id,
        "refund_request_id": named,
        "refund_status": order.refund_status,
        "refund_type": "full_refund" if amount == _paid(order) else "partial_refund",
        "refund_amount": float(amount),
        "refund_arn": "",
    }
    return Outcome(json_answer(200, answer), lambda: books.refund(order.nimbbl_order_id, paid_back))


def described(order: Order, address: dict[str, Any] | None) -> dict[str, Any]:
    """An order as the reply to an update has it, with all its keys. The customer is invented."""
    total = float(order.payable_amount)
    tax = round(total * 5 / 105, 2)
    return {
        "order_date": _PLACED,
        "order_id": order.nimbbl_order_id,
        "status": _order_status(order),
        "invoice_id": order.merchant_order_id,
        "user": {
            "user_id": "user_Namuna0000000001",
            "mobile_number": "9000000001",
            "country_code": "+91",
            "email": "bina.namuna@example.org",
            "first_name": "Bina",
            "last_name": "Namuna",
        },
        "attempts": 1,
        "max_retries": 15,
        "currency": "INR",
        "amount_before_tax": round(total - tax, 2),
        "tax": tax,
        "total_amount": total,
        "order_line_items": [_line(total, tax)],
        "address": address and {key: address.get(key) for key in ADDRESS_KEYS},
        "currency_conversion": None,
        "refund_details": _refunds(order),
        "next": [
            {"action": "payment_modes", "url": "/api/v3/payment-modes"},
            {"action": "complete_payment", "url": "/api/v3/payment", "payment_flow": "otp"},
            {"action": "update_order", "url": "/api/v3/update-order"},
        ],
    }


def _refusal(request: Request, books: Books, known: set[str]) -> Answer | None:
    """Why a request is not looked at further: no live token, or a body that is no object of known keys."""
    if not books.is_live(request.bearer()):
        return error(401, "INVALID_TOKEN", "The token is missing, wrong or has expired.")
    body = request.json()
    if not body or set(body) - known:
        return error(400, "INVALID_REQUEST_PARAMETER", "There is an input validation error, please check the payload.")
    return None


def _line(total: float, tax: float) -> dict[str, Any]:
    return {
        "sku_id": "900101",
        "title": "Namunacet 500 Tablet",
        "description": "strip of 15 tablets",
        "image_url": "https://papers.example.org/900101.png",
        "rate": round((total - tax) / 2, 2),
        "quantity": "2",
        "amount_before_tax": f"{total - tax:.2f}",
        "tax": f"{tax:.2f}",
        "total_amount": f"{total:.2f}",
    }


def _order_status(order: Order) -> str:
    if order.lapsed:
        return "lapsed"
    paid = "succeeded" if "succeeded" in order.attempts else order.payment_status
    return {"succeeded": "completed", "pending": "pending", "": "new"}.get(paid, "pending")


def _refunds(order: Order) -> dict[str, Any] | None:
    """Only a completed order has them."""
    if order.payment_status != "succeeded":
        return None
    paid, refunded = _paid(order), _paid_back(order)
    return {
        "refundable_currency": "INR",
        "available_refundable_amount": float(paid - refunded),
        "refunded_amount": float(refunded),
        "total_refundable_amount": float(paid),
    }


def _paid(order: Order) -> Decimal:
    return Decimal(order.paid_amount or order.payable_amount)


def _paid_back(order: Order) -> Decimal:
    """By hand, and as it was asked to; a refund that failed pays nothing."""
    asked = [] if order.refund_status == "failed" else [Decimal(one.amount) for one in order.refunds]
    return sum(asked, Decimal(order.refunded_amount or 0))


def _enquired(order: Order) -> dict[str, Any]:
    """The order of an enquiry. Attributes that nobody set are an empty list."""
    return {
        "nimbbl_order_id": order.nimbbl_order_id,
        "invoice_id": order.merchant_order_id,
        "status": _order_status(order),
        "custom_attributes": order.custom_attributes or [],
        "currency_conversion": None,
        "refund_details": _refunds(order),
        "total_amount": float(order.payable_amount),
    }


def _transactions(order: Order) -> list[dict[str, Any]]:
    """Each attempt to pay and what went back of the last one, or none where nobody has tried to pay."""
    if not order.payment_status:
        return []
    failed = order.payment_status == "failed"
    reason = {
        "nimbbl_error_code": "PAYMENT_FAILED",
        "nimbbl_consumer_message": "The bank declined the payment.",
        "nimbbl_merchant_message": "Declined by the issuer.",
        "retry_allowed": True,
    }
    payment = {
        "transaction_type": "payment",
        "nimbbl_transaction_id": f"{order.nimbbl_order_id}-00001",
        "payment_status": order.payment_status,
        "message": "",
        "completion_time": 35,
        "nimbbl_signature": "",
        "signature_version": "v3",
        "failure_reason": reason if failed else None,
        "payment_partner": "namuna_pay",
        "processing_payment_partner": "namuna_pay",
        "payment_acquirer": None,
        "psp_transaction_id": "NAMUNA0001",
        "transaction_amount": float(order.paid_amount or order.payable_amount),
        "transaction_currency": "INR",
        "additional_charges": 0,
        "offer_discount": 0,
        "offer_id": "",
        "payment_mode": "UPI",
        "sub_payment_mode": {"bank_name": "Namuna Bank"},
        "payment_arn": "",
        "emi": None,
    }
    return [*_attempts(order, payment), payment, *_way_back(order, payment)]


def _attempts(order: Order, payment: dict[str, Any]) -> list[dict[str, Any]]:
    """The attempts before the last one, each under an id of its own, for the same amount."""
    numbered = enumerate(order.attempts, 90_001)
    return [
        payment | {"nimbbl_transaction_id": f"{order.nimbbl_order_id}-{number}", "payment_status": word}
        for number, word in numbered
    ]


def _way_back(order: Order, payment: dict[str, Any]) -> list[dict[str, Any]]:
    """The refunds of a payment."""
    by_hand = PaidBack(f"{order.nimbbl_order_id}-00002", "", order.refunded_amount)
    stands = [(by_hand, "succeeded")] if order.refunded_amount else []
    stands += [(one, order.refund_status) for one in order.refunds]
    return [payment | _refunded(order, one, status) for one, status in stands]


def _refunded(order: Order, one: PaidBack, status: str) -> dict[str, Any]:
    return {
        "transaction_type": "full_refund" if Decimal(one.amount) == _paid(order) else "partial_refund",
        "nimbbl_transaction_id": one.transaction_id,
        "payment_status": status,
        "transaction_amount": float(one.amount),
    }
