"""`POST /api/orders/`: the merchant's shop registers a purchase. `GET` stays what `orders.api` makes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, cast

from django.db import OperationalError
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers, status
from rest_framework.exceptions import APIException, ErrorDetail, ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from orders import strict_json
from orders.actors import Actor
from orders.api import OrderListView
from orders.choices import PaymentMethod
from orders.ids import ID
from orders.models import ApiKey
from orders.serializers import OrderGroupSerializer
from payments.registration import services as registration
from payments.registration.services import Conflict, Outcome, Registration

#: A registration has a few hundred bytes.
MAX_BYTES: Final = 16 * 1024


class StrictJSONParser(JSONParser):
    """JSON of bounded size whose numbers stay as they were written, and in which no key stands twice."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The document. Raises `ParseError`."""
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise ParseError(_("The body is too large."))
        try:
            return strict_json.read(body)
        except strict_json.SaidTwice as error:
            raise ParseError(_("A key stands twice.")) from error
        except ValueError as error:
            raise ParseError(_("The body is not JSON that can be read.")) from error


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}], "example": "652.36"})
class RupeesField(serializers.Field[Decimal, Any, str, Any]):
    """Rupees, as text or as a number."""

    def to_internal_value(self, data: Any) -> Decimal:
        """Two decimals."""
        try:
            return registration.rupees(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None

    def to_representation(self, value: Decimal) -> str:
        """As the read API says money."""
        return f"{value:.2f}"


class IdField(serializers.RegexField):
    """An id of the merchant's, 1mg's or Nimbbl's."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["error_messages"] = dict.fromkeys(("invalid", "blank"), registration.NO_ID)
        super().__init__(ID, trim_whitespace=False, **kwargs)


class RegistrationSerializer(serializers.Serializer[Registration]):
    """What the shop says of a purchase. `payable_amount` (rupees) may be left out for COD only."""

    merchant_order_id = IdField()
    onemg_order_id = IdField(help_text="What 1mg's Create Order answered.")
    nimbbl_order_id = IdField(required=False, allow_null=True)
    payment_method = serializers.ChoiceField(
        choices=PaymentMethod.choices, error_messages={"invalid_choice": registration.NO_METHOD}
    )
    payable_amount = RupeesField(required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> Any:
        """A field that we do not know is refused: ignored, a misspelt one would be left out."""
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            names = (name.encode("ascii", "backslashreplace").decode()[:100] for name in unknown[:10])
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in names})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An ONLINE purchase is compared with what was paid."""
        if attrs["payment_method"] == PaymentMethod.ONLINE and attrs.get("payable_amount") is None:
            raise serializers.ValidationError(
                {"payable_amount": [ErrorDetail(str(registration.NO_AMOUNT), "required")]}
            )
        return attrs

    def said(self) -> Registration:
        words = self.validated_data
        return Registration(
            merchant_order_id=words["merchant_order_id"],
            onemg_order_id=words["onemg_order_id"],
            payment_method=PaymentMethod(words["payment_method"]),
            payable_amount=words.get("payable_amount"),
            nimbbl_order_id=words.get("nimbbl_order_id") or "",
        )


class WordsSerializer(serializers.Serializer[Any]):
    """The two words that contradict each other."""

    registered = serializers.CharField()
    sent = serializers.CharField()


class ConflictSerializer(serializers.Serializer[Any]):
    """Why a registration was refused, field by field."""

    detail = serializers.CharField()
    fields = serializers.DictField(child=WordsSerializer())  # type: ignore[assignment]


class Busy(APIException):
    """The database is busy or away. The same words may be sent again: they are kept once."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "Temporarily unavailable, please send again."
    wait = 5


_SAID: Final = {
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


_ANSWERS: Final = {
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
    503: _problem("Busy; see Retry-After.", "Busy", {"detail": Busy.default_detail}),
}


class OrdersView(OrderListView):
    """Purchases, newest first, by any filter of the staff list; and where the shop registers one."""

    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="register_order",
        tags=["orders"],
        request=RegistrationSerializer,
        filters=False,
        responses=_ANSWERS,
        examples=[OpenApiExample("A purchase paid online", _SAID, request_only=True)],
    )
    def post(self, request: Request) -> Response:
        """Register a purchase before 1mg speaks of it, so that it can be confirmed. Idempotent by merchant_order_id."""
        told = RegistrationSerializer(data=request.data)
        told.is_valid(raise_exception=True)
        said = told.said()
        try:
            _group, outcome = registration.register(said, by=Actor(cast(ApiKey, request.user).name))
        except Conflict as conflict:
            return Response(_conflict(conflict), status.HTTP_409_CONFLICT)
        except OperationalError as error:
            raise Busy from error
        shown = self.get_serializer(self.get_queryset().get(pk=said.merchant_order_id)).data
        return Response(shown, status.HTTP_201_CREATED if outcome is Outcome.NEW else status.HTTP_200_OK)


def _conflict(conflict: Conflict) -> dict[str, Any]:
    fields = {name: {"registered": stands, "sent": sent} for name, (stands, sent) in conflict.fields.items()}
    return {"detail": str(conflict), "fields": fields}
