"""The doors of refunds, as the OpenAPI page describes them."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from webhooks.schema import RefusalSerializer


class WantedSerializer(serializers.Serializer[Any]):
    """What is read of a request; 1mg publishes no names, so others are taken too (docs/integrate.md)."""

    unique_id = serializers.CharField()
    order_id = serializers.CharField(help_text="1mg's id, of the purchase or one of its orders, or the merchant's.")
    refund_amount = serializers.DecimalField(max_digits=14, decimal_places=2, help_text="Rupees.")


class StandingSerializer(serializers.Serializer[Any]):
    """How a refund stands."""

    status = serializers.ChoiceField(choices=["SUCCESS", "PENDING", "FAILED"])
    message = serializers.CharField()
    unique_id = serializers.CharField()
    order_id = serializers.CharField()
    refund_amount = serializers.FloatField(allow_null=True, help_text="Rupees; null where it cannot be read.")


#: code -> (when, message): what we give 1mg as the sample answers that its page asks for.
REFUSALS: Final[dict[int, tuple[str, str]]] = {
    400: ("It cannot be read; kept.", "The order id is missing, or longer than 64 characters."),
    401: ("No valid token.", "A valid token is required."),
    403: ("Plain http, or an address that may not come here.", "Use https."),
    404: ("Nobody knows the order, or the unique id; kept.", "No such order."),
    405: ("Another method.", "Only POST is accepted."),
    409: ("More than is left, or the unique id of another request; kept.", "More than is left of what was captured."),
    411: ("A body without a length.", "Send the body with a length."),
    413: ("More than 64 kB.", "The body is too large."),
    415: ("A compressed body.", "Send the body uncompressed."),
    429: ("Too many wrong tokens; see Retry-After.", "Request was throttled. Expected available in 42 seconds."),
    503: ("Nothing was kept; see Retry-After.", "Temporarily unavailable, please send again."),
}
#: Those that only a body can bring about.
_OF_A_BODY: Final = frozenset({400, 409, 411, 413, 415})
_SAMPLE: Final = {
    "status": "PENDING",
    "message": "Kept; the refund is being looked at.",
    "unique_id": "RF-1001",
    "order_id": "PO29523371880004",
    "refund_amount": 652.36,
}
_STANDING: Final = OpenApiResponse(
    StandingSerializer, "How the refund stands.", examples=[OpenApiExample("PENDING", _SAMPLE)]
)


def _responses(codes: set[int]) -> dict[int, OpenApiResponse]:
    return {200: _STANDING} | {
        code: OpenApiResponse(RefusalSerializer, when, examples=[OpenApiExample(str(code), {"error": message})])
        for code, (when, message) in REFUSALS.items()
        if code in codes
    }


ASK: Final[dict[str, Any]] = {
    "operation_id": "ask_for_refund",
    "tags": ["receiver"],
    "request": WantedSerializer,
    "responses": _responses(set(REFUSALS)),
}
LOOK: Final[dict[str, Any]] = {
    "operation_id": "refund_request",
    "tags": ["receiver"],
    "responses": _responses(set(REFUSALS) - _OF_A_BODY),
}
