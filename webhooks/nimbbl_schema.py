"""Nimbbl's webhook, as the OpenAPI page describes it."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers


class ReceivedSerializer(serializers.Serializer[Any]):
    """What every answer looks like; `message` only where it is not received."""

    received = serializers.BooleanField()
    message = serializers.CharField(required=False)


class EventSerializer(serializers.Serializer[Any]):
    """An event of version 3, or the envelope of version 4. Any further field of Nimbbl's is kept."""

    event_type = serializers.CharField(required=False)
    transaction = serializers.DictField(required=False)
    order = serializers.DictField(required=False)
    nimbbl_signature = serializers.CharField(required=False)
    version = serializers.CharField(required=False, help_text="`v4`: the event is in `payload`, as Base64.")
    payload = serializers.CharField(required=False)
    signature = serializers.CharField(required=False)


#: code -> (when, message).
ANSWERS: Final[dict[int, tuple[str, str]]] = {
    200: ("Kept, or received before.", ""),
    400: ("Not a JSON object.", "The body is not a JSON object."),
    401: ("A signature that does not fit.", "The signature is not valid."),
    403: ("Plain http.", "Use https."),
    405: ("Another method than POST.", "Only POST is accepted."),
    411: ("A body without a length.", "Send the body with a length."),
    413: ("More than 128 KB.", "The body is too large."),
    415: ("A compressed body.", "Send the body uncompressed."),
    429: (
        "Too many that are forged, or that nothing proves; see Retry-After.",
        "Request was throttled. Expected available in 42 seconds.",
    ),
    503: ("Nothing was kept; see Retry-After.", "Temporarily unavailable, please send again."),
}


def _answer(code: int, when: str, message: str) -> OpenApiResponse:
    said = {"received": False, "message": message} if message else {"received": True}
    return OpenApiResponse(ReceivedSerializer, when, examples=[OpenApiExample(str(code), said)])


EVENTS: Final[dict[str, Any]] = {
    "operation_id": "nimbbl_events",
    "tags": ["receiver"],
    "auth": [],
    "request": EventSerializer,
    "responses": {code: _answer(code, when, message) for code, (when, message) in ANSWERS.items()},
}
