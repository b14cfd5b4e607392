"""What the shop writes to the API: JSON read strictly, and the fields of a registration."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.parsers import JSONParser

from orders import strict_json
from orders.choices import PaymentMethod
from orders.ids import ID
from payments.registration import services as registration
from payments.registration.services import PaymentSaid, Registration

Said = TypeVar("Said")

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


class KnownFields(serializers.Serializer[Said]):
    """A field that we do not know is refused: ignored, a misspelt one would be left out."""

    def to_internal_value(self, data: Any) -> Any:
        """The words, each of its form. Raises `ValidationError`."""
        if isinstance(data, dict) and (unknown := sorted(data.keys() - self.fields.keys())):
            names = (name.encode("ascii", "backslashreplace").decode()[:100] for name in unknown[:10])
            raise serializers.ValidationError({name: [_("There is no such field.")] for name in names})
        return super().to_internal_value(data)


class PaymentSaidSerializer(KnownFields[PaymentSaid]):
    """What the shop knows of the payment: shown as its word, and never counted. `amount` in rupees."""

    status = serializers.RegexField(
        registration.STATUS, error_messages={"invalid": registration.NO_STATUS}, help_text="Nimbbl's word for it."
    )
    amount = RupeesField(required=False, allow_null=True)
    transaction_id = IdField(required=False, allow_null=True, help_text="Nimbbl's id of the payment.")


def payment_of(words: Mapping[str, Any]) -> PaymentSaid | None:
    """What is said of the payment in words that were read, where they say something."""
    said = words.get("payment")
    return PaymentSaid(said["status"], said.get("amount"), said.get("transaction_id") or "") if said else None


class AdditionSerializer(KnownFields[Any]):
    """What may be said of a purchase later."""

    nimbbl_order_id = IdField(required=False, allow_null=True)
    payment = PaymentSaidSerializer(required=False, allow_null=True)

    def said(self) -> tuple[str, PaymentSaid | None]:
        """Nimbbl's order, "" where none is named, and the word on the payment."""
        words = self.validated_data
        return words.get("nimbbl_order_id") or "", payment_of(words)


class RegistrationSerializer(KnownFields[Registration]):
    """What the shop says of a purchase. `payable_amount` (rupees) may be left out for COD only."""

    merchant_order_id = IdField()
    onemg_order_id = IdField(help_text="What 1mg's Create Order answered.")
    nimbbl_order_id = IdField(required=False, allow_null=True)
    payment_method = serializers.ChoiceField(
        choices=PaymentMethod.choices, error_messages={"invalid_choice": registration.NO_METHOD}
    )
    payable_amount = RupeesField(required=False, allow_null=True)
    payment = PaymentSaidSerializer(required=False, allow_null=True)

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
            payment=payment_of(words),
        )
