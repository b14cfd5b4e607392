"""What Nimbbl posts of its own accord, as it would: events of payments and refunds, signed in each of its ways.

    payment(order, ...)      the event of a payment; refund(order, ...) of a refund
    signed(event, secret)    with its signature of version 3
    sealed(event, secret)    in the envelope of version 4
    older(event, secret)     signed as for an older account, which leaves out the status
    unsigned(event)          with no signature

All are bodies, as dictionaries; `posted` makes bytes of one. Forging is left to whoever changes one.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from decimal import Decimal
from typing import Any, Final

from onemg_portal.sandbox.partners.books import Order

#: `event_type` -> (transaction.status, the status of the whole).
_PAYMENTS: Final = {
    "payment_success": ("succeeded", "success"),
    "payment_failed": ("failed", "failed"),
    "payment_authorized": ("authorized", "success"),
    "payment_reversing": ("reversing", "pending"),
    "payment_reversed": ("reversed", "success"),
}
_REFUNDS: Final = {"refund_pending": "pending", "refund_success": "succeeded", "refund_failed": "failed"}
Event = dict[str, Any]


def payment(order: Order, event_type: str = "payment_success", *, attempt: int = 1) -> Event:
    """What Nimbbl posts of one attempt to pay an order. Who pays is invented."""
    word, whole = _PAYMENTS[event_type]
    transaction = {
        **_transaction(order, attempt),
        "transaction_type": "payment",
        "status": word,
        "payment_arn": "NAMUNA0001",
        "refund_arn": None,
    }
    return _event(order, event_type, whole, transaction)


def refund(
    order: Order, amount: str, event_type: str = "refund_success", *, attempt: int = 2, request_id: str = ""
) -> Event:
    """What Nimbbl posts of a refund of so many rupees. `request_id`: under which it was asked for."""
    whole = Decimal(amount) == Decimal(order.paid_amount or order.payable_amount)
    transaction = {
        **_transaction(order, attempt),
        "transaction_type": "full_refund" if whole else "partial_refund",
        "status": _REFUNDS[event_type],
        "refund_amount": float(amount),
        "refund_status": _REFUNDS[event_type],
        "refund_request_id": request_id,
        "orignal_payment_transaction_id": f"{order.nimbbl_order_id}-00001",
        "refund_arn": "NAMUNA0002" if event_type == "refund_success" else None,
    }
    return _event(order, event_type, "success", transaction)


def signed(event: Event, secret: str) -> Event:
    """The event with its signature of version 3, over the parts that Nimbbl's page names."""
    found = copy.deepcopy(event)
    transaction = found["transaction"]
    transaction["signature_version"] = "v3"
    transaction["signature"] = found["nimbbl_signature"] = _hmac(secret, _parts(found).encode())
    return found


def sealed(event: Event, secret: str) -> Event:
    """The event in the envelope of version 4."""
    content = json.dumps(event, separators=(",", ":")).encode()
    return {
        "version": "v4",
        "payload": base64.b64encode(content).decode(),
        "signature": _hmac(secret, content),
        "sub_merchant_id": 1001,
    }


def older(event: Event, secret: str) -> Event:
    """The event as an older account has it signed."""
    found = copy.deepcopy(event)
    transaction = found["transaction"]
    transaction["signature"] = _hmac(secret, _parts(found).rsplit("|", 2)[0].encode())
    return found


def unsigned(event: Event) -> Event:
    """The event without a signature."""
    found = copy.deepcopy(event)
    found["transaction"].pop("signature", None)
    found.pop("nimbbl_signature", None)
    return found


def posted(event: Event) -> bytes:
    """The event as it goes over the wire."""
    return json.dumps(event).encode()


def _parts(event: Event) -> str:
    transaction = event["transaction"]
    is_refund = "refund_status" in transaction
    amount = transaction["refund_amount" if is_refund else "transaction_amount"]
    return "|".join(
        (
            event["order"]["invoice_id"],
            transaction["transaction_id"],
            f"{Decimal(str(amount)):.2f}",
            transaction["transaction_currency"],
            transaction["refund_status" if is_refund else "status"],
            transaction["transaction_type"],
        )
    )


def _hmac(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


def _transaction(order: Order, attempt: int) -> dict[str, Any]:
    """What payments and refunds have in common, with all that a bank and a customer leave in it."""
    return {
        "transaction_id": f"{order.nimbbl_order_id}-{attempt:05}",
        "transaction_amount": float(order.paid_amount or order.payable_amount),
        "transaction_currency": "INR",
        "additional_charges": 0,
        "offer_discount": 0,
        "offer_id": "",
        "payment_mode": "UPI",
        "sub_payment_mode": {
            "upi_id": "bina.namuna@namunabank",
            "upi_holder": "Bina Namuna",
            "upi_app_name": "Namuna Pay",
            "upi_flow": "collect",
        },
        "payment_partner": "namuna_pay",
        "processing_payment_partner": "namuna_pay",
        "payment_acquirer": None,
        "psp_transaction_id": "NAMUNA0001",
        "nimbbl_error_code": "",
        "nimbbl_consumer_message": "",
        "nimbbl_merchant_message": "",
    }


def _event(order: Order, event_type: str, status: str, transaction: dict[str, Any]) -> Event:
    total = float(order.payable_amount)
    return {
        "event_type": event_type,
        "status": status,
        "message": event_type.replace("_", " ").title(),
        "nimbbl_order_id": order.nimbbl_order_id,
        "nimbbl_transaction_id": transaction["transaction_id"],
        "transaction": transaction,
        "order": {
            "order_date": "2026-01-15 08:21:07",
            "invoice_id": order.merchant_order_id,
            "status": "completed",
            "currency": "INR",
            "total_amount": total,
            "grand_total": total,
            "attempts": 1,
            "custom_attributes": [],
            "device": {"browser_name": "Namuna", "ip_address": "192.0.2.7"},
        },
        "psp_raw_response": {"payerVpa": "bina.namuna@namunabank", "payerName": "BINA NAMUNA", "card": "XXXX4242"},
        "user": {"user_id": "user_Namuna0000000001", "name": "Bina Namuna", "email": "bina.namuna@example.org"},
        "is_webhook": True,
        "payment_link_info": {"merchant_invoice_id": None},
    }
