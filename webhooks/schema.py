"""The receiver, as the OpenAPI page describes it."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers


class AnswerSerializer(serializers.Serializer[Any]):
    """What every answer looks like."""

    status = serializers.ChoiceField(choices=["SUCCESS", "PENDING", "FAILED"])
    message = serializers.CharField()


class EntrySerializer(serializers.Serializer[Any]):
    """One grouped order; any further field of 1mg's is kept."""

    order_id = serializers.CharField()
    order_status = serializers.DictField()
    updated = serializers.IntegerField(help_text="Epoch seconds; orders the updates.")


class DocumentSerializer(serializers.Serializer[Any]):
    """The document, bare or wrapped in `result`."""

    merchant_order_id = serializers.CharField()
    group_order_id = serializers.CharField()
    grouped_orders = EntrySerializer(many=True)


#: code -> (when, status, message): what we give 1mg as the sample answers that its page asks for.
ANSWERS: Final[dict[int, tuple[str, str, str]]] = {
    200: ("Kept. PENDING: applied later, or kept for review.", "SUCCESS", "Order updated. Reference 1042."),
    400: (
        "Not a JSON object that can be read.",
        "FAILED",
        "The body is not JSON (line 1, column 9). Reference 1043.",
    ),
    401: ("No valid token.", "FAILED", "A valid token is required."),
    403: ("Plain http, or an address that may not post.", "FAILED", "Use https."),
    405: ("Another method than POST.", "FAILED", "Only POST is accepted."),
    411: ("A body without a length.", "FAILED", "Send the body with a length."),
    413: ("More than 1 MB.", "FAILED", "The body is too large."),
    415: ("A compressed body.", "FAILED", "Send the body uncompressed."),
    429: (
        "Too many wrong tokens; see Retry-After.",
        "FAILED",
        "Request was throttled. Expected available in 42 seconds.",
    ),
    503: ("Nothing was kept; see Retry-After.", "FAILED", "Temporarily unavailable, please send again."),
}

RECEIVER: Final[dict[str, Any]] = {
    "operation_id": "update_status",
    "tags": ["receiver"],
    "request": DocumentSerializer,
    "responses": {
        code: OpenApiResponse(
            AnswerSerializer, when, examples=[OpenApiExample(status, {"status": status, "message": message})]
        )
        for code, (when, status, message) in ANSWERS.items()
    },
}
