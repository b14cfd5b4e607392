"""Samples of what the shop sends and is answered, for the API's own page."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from orders.serializers import OrderGroupSerializer

BUSY: Final = "Temporarily unavailable, please send again."


class WordsSerializer(serializers.Serializer[Any]):
    """The two words that contradict each other."""

    registered = serializers.CharField()
    sent = serializers.CharField()


class ConflictSerializer(serializers.Serializer[Any]):
    """Why a registration was refused, field by field."""

    detail = serializers.CharField()
    fields = serializers.DictField(child=WordsSerializer())  # type: ignore[assignment]


ADDITION: Final = {"nimbbl_order_id": "o_A1b2C3d4E5f6G7h8"}
REGISTRATION: Final = {
    "merchant_order_id": "M1001",
    "onemg_order_id": "PO29523371880004",
    "nimbbl_order_id": "o_A1b2C3d4E5f6G7h8",
    "payment_method": "ONLINE",
    "payable_amount": "652.36",
}
_OTHERWISE: Final = {
    "detail": "M1001 is registered with another nimbbl_order_id.",
    "fields": {"nimbbl_order_id": {"registered": "o_A1b2C3d4E5f6G7h8", "sent": "o_Z9y8X7w6V5u4T3s2"}},
}
_ELSEWHERE: Final = {
    "detail": "The 1mg order PO29523371880004 belongs to the purchase M1000.",
    "fields": {"merchant_order_id": {"registered": "M1000", "sent": "M1001"}},
}


def _purchase(state: str) -> OpenApiExample:
    """The purchase as the read API gives it, before 1mg has spoken of it."""
    nobody = {"name": None, "email": None, "contact_number": None}
    said = {
        "at": "2026-03-10T09:00:00Z",
        "received_at": "2026-03-10T09:00:00Z",
        "source": "portal",
        "kind": "change",
        "order_id": None,
        "status_id": None,
        "text": "Registered by shop",
    }
    return OpenApiExample(
        state,
        {
            "merchant_order_id": "M1001",
            "group_order_id": None,
            "payment_method": "ONLINE",
            "payment_summary": None,
            "payment": {
                "nimbbl_order_id": "o_A1b2C3d4E5f6G7h8",
                "status": None,
                "captured": None,
                "refunded": None,
                "net": None,
                "open_refunds": None,
                "said_by": None,
                "said_at": None,
                "transactions": [],
            },
            "confirmation": {"state": "none", "at": None, "reason": None},
            "customer": nobody,
            "delivery_address": {},
            "prescriptions": [],
            "orders": [],
            "needs": [
                {
                    "cause": "to_confirm",
                    "turn": "us",
                    "since": "2026-03-10T09:00:00Z",
                    "until": "2026-03-10T09:30:00Z",
                    "order_id": None,
                    "text": "1mg packs it only after we confirm; whether it is paid is not known yet",
                }
            ],
            "timeline": [said],
        },
    )


def _problem(when: str, name: str, body: dict[str, Any]) -> OpenApiResponse:
    return OpenApiResponse({"type": "object", "additionalProperties": {}}, when, examples=[OpenApiExample(name, body)])


ANSWERS: Final = {
    201: OpenApiResponse(OrderGroupSerializer, "Registered.", examples=[_purchase("Registered")]),
    200: OpenApiResponse(
        OrderGroupSerializer,
        "It stood already; at most the Nimbbl order was added.",
        examples=[_purchase("The same again")],
    ),
    400: _problem(
        "Not JSON; a field missing, unknown or not of its form.", "A field", {"payable_amount": ["ONLINE needs it."]}
    ),
    401: _problem("No valid key.", "No key", {"detail": "The key is not valid."}),
    403: _problem(
        "A key that may only read.", "Read only", {"detail": "You do not have permission to perform this action."}
    ),
    409: OpenApiResponse(
        ConflictSerializer,
        "Another word stands; nothing was changed.",
        examples=[OpenApiExample("Other words", _OTHERWISE), OpenApiExample("Another purchase's", _ELSEWHERE)],
    ),
    415: _problem("Not application/json.", "Media type", {"detail": 'Unsupported media type "text/plain" in request.'}),
    503: _problem("Busy; see Retry-After.", "Busy", {"detail": BUSY}),
}
ANSWERS_TO_MORE: Final = {code: answer for code, answer in ANSWERS.items() if code != 201} | {
    404: _problem("No such purchase.", "Unknown", {"detail": "Not found."})
}
