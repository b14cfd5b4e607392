"""Nimbbl's order as its answers describe it, read into typed values. Pure.

Amounts are rupees: numbers on the order, texts on its lines. Times are UTC and do not say so. What is missing or of
another type is empty or `None`; nothing is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar

from orders.numbers import decimal_of
from payments.partners import redact

P = TypeVar("P")

ADDRESS: Final = ("address_1", "street", "landmark", "area", "city", "state", "pincode", "address_type")


@dataclass(frozen=True, slots=True)
class User:
    """The customer as Nimbbl knows them."""

    user_id: str = ""
    mobile_number: str = ""
    country_code: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of the cart. Nimbbl writes the numbers of a line as text."""

    sku_id: str = ""
    title: str = ""
    description: str = ""
    image_url: str = ""
    rate: Decimal | None = None
    quantity: Decimal | None = None
    amount_before_tax: Decimal | None = None
    tax: Decimal | None = None
    total_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CurrencyConversion:
    """There where the customer paid in another currency."""

    original_currency: str = ""
    converted_currency: str = ""
    exchange_rate: Decimal | None = None
    conversion_reason: str = ""
    original_amount_before_tax: Decimal | None = None
    original_tax: Decimal | None = None
    original_total_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class RefundDetails:
    """What may go back, and what has."""

    refundable_currency: str = ""
    available_refundable_amount: Decimal | None = None
    refunded_amount: Decimal | None = None
    total_refundable_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """A call that Nimbbl recommends; shown, never followed."""

    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Nimbbl's order. `address` holds the fields that it echoes, under either of its two names; `None`: it echoed
    none."""

    order_id: str
    order_date: datetime | None = None
    status: str = ""
    invoice_id: str = ""
    user: User = field(default_factory=User)
    attempts: int | None = None
    max_retries: int | None = None
    currency: str = ""
    amount_before_tax: Decimal | None = None
    tax: Decimal | None = None
    total_amount: Decimal | None = None
    order_line_items: tuple[OrderLine, ...] = ()
    address: dict[str, str] | None = None
    currency_conversion: CurrencyConversion | None = None
    refund_details: RefundDetails | None = None
    next: tuple[Next, ...] = ()


def read_order(told: Mapping[str, Any]) -> Order:
    """An order as Nimbbl describes it. What is missing or of another type is empty or `None`; nothing is refused."""
    address = told.get("address") if isinstance(told.get("address"), dict) else told.get("shipping_address")
    return Order(
        order_id=text(told.get("order_id")),
        order_date=moment(told.get("order_date")),
        status=text(told.get("status")).lower(),
        invoice_id=text(told.get("invoice_id")),
        user=_filled(User, told.get("user")) or User(),
        attempts=_whole(told.get("attempts")),
        max_retries=_whole(told.get("max_retries")),
        currency=text(told.get("currency")),
        amount_before_tax=number(told.get("amount_before_tax")),
        tax=number(told.get("tax")),
        total_amount=number(told.get("total_amount")),
        order_line_items=tuple(
            line for item in _list(told.get("order_line_items")) if (line := _filled(OrderLine, item))
        ),
        address=_address(address),
        currency_conversion=_filled(CurrencyConversion, told.get("currency_conversion")),
        refund_details=_filled(RefundDetails, told.get("refund_details")),
        next=tuple(step for item in _list(told.get("next")) if (step := _filled(Next, item))),
    )


def _address(told: Any) -> dict[str, str] | None:
    """The fields of an address that are told as text; one that is left out, or is no text, is not known."""
    if not isinstance(told, dict):
        return None
    return {name: text(told[name]) for name in ADDRESS if name in told and _is_text(told[name])}


def _is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str | int | Decimal) and not isinstance(value, bool))


def moment(value: Any) -> datetime | None:
    """One of Nimbbl's times, which are UTC and carry no zone."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)


def text(value: Any) -> str:
    """Text; a number as it is written; nothing for anything else."""
    if isinstance(value, str):
        return redact.storable(value)
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def number(value: Any) -> Decimal | None:
    """A number or a number written as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    found = decimal_of(str(value))
    return found if found is not None and abs(found) < 10**12 else None


def _filled(kind: type[P], told: Any) -> P | None:
    """A piece of the order, each field read as what it is declared to be; `None` where there is no object."""
    if not isinstance(told, dict) or not told:
        return None
    readers = {"str": text, "Decimal | None": number}
    return kind(**{f.name: readers[str(f.type)](told.get(f.name)) for f in fields(kind)})  # type: ignore[arg-type]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None
