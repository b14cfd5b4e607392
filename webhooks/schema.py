"""The doors that 1mg comes to, as the OpenAPI page describes them."""

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


class AskedPaymentSerializer(serializers.Serializer[Any]):
    """How a payment stands."""

    order_id = serializers.CharField(help_text="1mg's id of the order.")
    transaction_id = serializers.CharField(help_text="The merchant_order_id.")
    amount = serializers.FloatField(help_text="Rupees, rounded to two places: what was captured, else what is due.")
    status = serializers.ChoiceField(choices=["SUCCESS", "PENDING", "FAILED"])


class RefusalSerializer(serializers.Serializer[Any]):
    """Any answer but a 200: it says nothing of a payment, nor of a refund."""

    error = serializers.CharField()


#: code -> (when, words): the sample answers of a door that says nothing of a payment.
REFUSALS: Final[dict[int, tuple[str, str]]] = {
    400: ("A host that we do not answer for.", "The request cannot be read."),
    401: ("No valid token.", "A valid token is required."),
    403: ("Plain http, or an address that may not ask.", "Use https."),
    404: ("No purchase of this environment has this id.", "No such transaction."),
    405: ("Another method than GET.", "Only GET is accepted."),
    409: ("Cash on delivery.", "Cash on delivery: nothing is paid through us."),
    429: ("Too many wrong tokens; see Retry-After.", "Request was throttled. Expected available in 42 seconds."),
    503: ("The database does not answer; see Retry-After.", "Temporarily unavailable, please ask again."),
}
_TOLD: Final = {"order_id": "PO29523371880004", "transaction_id": "M1001", "amount": 739.48, "status": "SUCCESS"}

TRANSACTION: Final[dict[str, Any]] = {
    "operation_id": "transaction",
    "tags": ["payments"],
    "responses": {
        200: OpenApiResponse(
            AskedPaymentSerializer,
            "How the payment stands. PENDING: it is open, or nobody knows; ask again.",
            examples=[OpenApiExample("SUCCESS", _TOLD)],
        ),
        **{
            code: OpenApiResponse(RefusalSerializer, when, examples=[OpenApiExample(words, {"error": words})])
            for code, (when, words) in REFUSALS.items()
        },
    },
}
