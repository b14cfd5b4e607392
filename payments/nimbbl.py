"""Nimbbl, API v3: what we send, and what its answers mean. Pure.

Rests on Nimbbl's pages of Generate token, Update order and Transaction enquiry. Its amounts are rupees, numbers on the
order and texts on its lines; its times are UTC and do not say so; an error may come inside a 200.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

from payments import redact
from payments.choices import State
from payments.messages import Request, Response, segment
from payments.results import Result, document, of_code

P = TypeVar("P")

PARTNER: Final = "Nimbbl"
ADDRESS: Final = ("address_1", "street", "landmark", "area", "city", "state", "pincode", "address_type")
#: What an update may carry besides the order's id.
UPDATABLE: Final = ("shipping_address", "ipAddress", "user_agent", "custom_attributes")
#: Method and path as Nimbbl's older and newer pages have them; `NIMBBL_UPDATE_ORDER` chooses.
OLDER, NEWER = "PATCH /api/v3/update-order", "PATCH /api/v3/order"
#: A token is replaced this long before it ends; one that does not say when it ends is used this long.
EARLY: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and how long it may be used from when it was answered."""

    text: str = field(repr=False)
    good_for: timedelta


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
    """Nimbbl's order. `address` is what it echoes, under either of its two names; `None`: it echoed none."""

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


@dataclass(frozen=True, slots=True)
class Updated:
    """What came of an update: the result, the order where it was told, and which asked-for fields differ in the echo.

    `not_applied` holds names; `custom_attributes`, `ipAddress` and `user_agent` are not echoed, so they stand in
    `not_echoed` wherever they were sent, as does the address where no address came back.
    """

    result: Result
    order: Order | None = None
    not_applied: tuple[str, ...] = ()
    not_echoed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What Nimbbl says of an order's payment. `captured`: the sum of its succeeded payments, `None` if unreadable."""

    status: str = ""
    payment_status: str = ""
    captured: Decimal | None = None
    currency: str = ""
    invoice_id: str = ""
    total_amount: Decimal | None = None


class NotTold(Exception):
    """Nimbbl did not tell us what we asked, for `reason`; nothing was changed there."""

    def __init__(self, reason: str, *, token_refused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.token_refused = reason, token_refused


@dataclass(frozen=True, slots=True)
class NimbblClient:
    """What a call to Nimbbl needs to know. `repr` shows no key."""

    base_url: str
    access_key: str = field(repr=False)
    access_secret: str = field(repr=False)
    update_order: str = OLDER

    def secrets(self) -> list[str]:
        """What must never be stored or shown."""
        return [self.access_key, self.access_secret]

    def token(self) -> Request:
        """Generate token."""
        return self._request("POST", "/api/v3/generate-token", "",
                             {"access_key": self.access_key, "access_secret": self.access_secret})  # fmt: skip

    def update(self, order_id: str, changes: Mapping[str, Any], token: str) -> Request:
        """Update order. `changes`: of `UPDATABLE`, only what changes; what is left out stays as it is."""
        segment(order_id)
        method, _space, path = self.update_order.partition(" ")
        return self._request(method, path, token, {"order_id": order_id, **changes})

    def enquire(self, order_id: str, token: str) -> Request:
        """Transaction enquiry by Nimbbl's order id. Reads only."""
        segment(order_id)
        return self._request("POST", "/api/v3/transaction-enquiry", token, {"order_id": order_id})

    def _request(self, method: str, path: str, token: str, body: dict[str, Any]) -> Request:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return Request(method, self.base_url.rstrip("/") + path, headers, content)


# --- reading ----------------------------------------------------------------------------------------------------------


def read_token(response: Response, now: datetime) -> Token:
    """The token in an answer that came at `now` (UTC). Raises `NotTold`.

    How long it lives is told by Nimbbl's clock, so it is counted from the answer's own `Date` where that is there.
    One that says no end, or an end that is over, serves for a minute: enough for what it was fetched for.
    """
    told = document(response)
    problem = error_words(response.code, told)
    text = told.get("token") if isinstance(told, dict) else None
    if problem or not isinstance(text, str) or not text:
        raise NotTold(f"Nimbbl gives no token: {problem or 'its answer cannot be read'}.")
    end, since = moment(told.get("expires_at")), _date(response) or now
    good_for = end - since - EARLY if end else timedelta()
    return Token(text, max(min(good_for, timedelta(minutes=20)), EARLY))


def read_update(
    response: Response, *, order_id: str, changes: Mapping[str, Any], update_order: str, now: datetime
) -> Updated:
    """What Nimbbl's answer to Update order means. An update asks for values, so asking again is harmless."""
    if response.code in (404, 405):
        other = NEWER if update_order == OLDER else OLDER
        words = f"Nimbbl has no {update_order} ({response.code}). "
        words += f"Its pages name {other} as well: an administrator may set NIMBBL_UPDATE_ORDER to that."
        return Updated(Result(State.REJECTED, words))
    if settled := of_code(PARTNER, response, now):
        return Updated(settled)
    told = document(response)
    problem = error_words(response.code, told)
    if problem:
        # An encrypted answer of the account's may be a success.
        refused = response.code < 500 and not (response.code < 300 and "encrypted_response" in told)
        words = f"Nimbbl refused the update: {problem}." if refused else f"Nimbbl failed: {problem}."
        return Updated(Result(State.REJECTED if refused else State.UNKNOWN, words))
    if not isinstance(told, dict) or not told:
        return Updated(Result(State.UNKNOWN, f"Nimbbl answered {response.code} with something that cannot be read."))
    order = read_order(told)
    if order.order_id != order_id:
        return Updated(Result(State.UNKNOWN, "Nimbbl's answer names another order than the one we updated."), order)
    asked = changes.get("shipping_address") or {}
    not_applied = _differing(asked, order.address) if order.address is not None else ()
    silent = {"shipping_address": order.address is None, "ipAddress": True, "user_agent": True,
              "custom_attributes": True}  # fmt: skip
    not_echoed = tuple(name for name in UPDATABLE if name in changes and silent[name])
    if not_applied:
        words = f"Nimbbl took the update and did not apply: {', '.join(not_applied)}."
    elif "shipping_address" in not_echoed:
        words = "Nimbbl took the update; its answer shows no address, so whether it was applied is not known."
    else:
        words = "Nimbbl took the update."
    return Updated(Result(State.SUCCEEDED, words), order, not_applied, not_echoed)


def read_enquiry(response: Response, *, order_id: str) -> Enquiry:
    """The answer to a Transaction enquiry. Raises `NotTold` for anything but an answer about that order."""
    told = document(response)
    if problem := error_words(response.code, told):
        raise NotTold(f"Nimbbl says: {problem}", token_refused=response.code in (401, 403))
    order = told.get("order") if isinstance(told, dict) else None
    if not isinstance(order, dict):
        raise NotTold("Nimbbl's answer cannot be read")
    if _text(order.get("nimbbl_order_id") or order.get("order_id")) not in ("", order_id):
        raise NotTold("Nimbbl's answer is about another order")
    listed = told.get("transaction") or told.get("transactions")
    payments = [t for t in (listed if isinstance(listed, list) else [listed]) if _is_payment(t)]
    statuses = [_text(t.get("payment_status")).lower() for t in payments]
    taken = [t for t, status in zip(payments, statuses, strict=True) if status == "succeeded"]
    amounts = [_number(t.get("transaction_amount")) for t in taken]
    captured = None if None in amounts else sum((a for a in amounts if a is not None), Decimal(0))
    return Enquiry(
        status=_text(order.get("status")).lower(),
        payment_status="succeeded" if taken else statuses[-1] if statuses else "",
        captured=captured,
        currency=_text((taken[0] if taken else order).get("transaction_currency" if taken else "currency")),
        invoice_id=_text(order.get("invoice_id")),
        total_amount=_number(order.get("total_amount")),
    )


def error_words(code: int, told: Any) -> str:
    """Nimbbl's error in words, whatever its shape and code; empty where the answer is no error."""
    error = told.get("error") if isinstance(told, dict) else None
    found = ""
    if isinstance(error, dict):
        names = ("nimbbl_merchant_message", "m_message", "message", "description", "nimbbl_consumer_message",
                 "c_message", "nimbbl_error_code", "code")  # fmt: skip
        found = next((_text(error[name]) for name in names if _text(error.get(name))), "no reason given")
        label = _text(error.get("nimbbl_error_code") or error.get("code"))
        found = f"{found} [{label}]" if label and label != found else found
    elif error:
        found = _text(error) or "no reason given"
    elif isinstance(told, dict) and "encrypted_response" in told:
        found = "the answer is encrypted, which this portal does not read"
    if code >= 400:
        return f"“{found}” ({code})" if found else f"answer {code} without a reason"
    return f"“{found}”" if found else ""


def read_order(told: Mapping[str, Any]) -> Order:
    """An order as Nimbbl describes it. What is missing or of another type is empty or `None`; nothing is refused."""
    address = told.get("address") if isinstance(told.get("address"), dict) else told.get("shipping_address")
    return Order(
        order_id=_text(told.get("order_id")),
        order_date=moment(told.get("order_date")),
        status=_text(told.get("status")).lower(),
        invoice_id=_text(told.get("invoice_id")),
        user=_filled(User, told.get("user")) or User(),
        attempts=_whole(told.get("attempts")),
        max_retries=_whole(told.get("max_retries")),
        currency=_text(told.get("currency")),
        amount_before_tax=_number(told.get("amount_before_tax")),
        tax=_number(told.get("tax")),
        total_amount=_number(told.get("total_amount")),
        order_line_items=tuple(
            line for item in _list(told.get("order_line_items")) if (line := _filled(OrderLine, item))
        ),
        address={name: _text(address.get(name)) for name in ADDRESS} if isinstance(address, dict) else None,
        currency_conversion=_filled(CurrencyConversion, told.get("currency_conversion")),
        refund_details=_filled(RefundDetails, told.get("refund_details")),
        next=tuple(step for item in _list(told.get("next")) if (step := _filled(Next, item))),
    )


def moment(value: Any) -> datetime | None:
    """One of Nimbbl's times, which are UTC and carry no zone."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)


def _filled(kind: type[P], told: Any) -> P | None:
    """A piece of the order, each field read as what it is declared to be; `None` where there is no object."""
    if not isinstance(told, dict) or not told:
        return None
    readers = {"str": _text, "Decimal | None": _number}
    return kind(**{f.name: readers[str(f.type)](told.get(f.name)) for f in fields(kind)})  # type: ignore[arg-type]


def _differing(asked: Mapping[str, Any], echoed: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of an address that came back otherwise than asked for, blanks and case apart."""
    return tuple(n for n in ADDRESS if n in asked and _plain(asked[n]) != _plain(echoed.get(n, "")))


def _plain(value: Any) -> str:
    return " ".join(_text(value).split()).casefold()


def _is_payment(told: Any) -> bool:
    return isinstance(told, dict) and _text(told.get("transaction_type") or "payment").lower() == "payment"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    """Text; a number as it is written; nothing for anything else."""
    if isinstance(value, str):
        return redact.storable(value)
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""


def _number(value: Any) -> Decimal | None:
    """A number or a number written as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**12 else None


def _whole(value: Any) -> int | None:
    found = _number(value)
    return int(found) if found is not None and found == found.to_integral_value() else None


def _date(response: Response) -> datetime | None:
    """When the partner says that it answered (UTC)."""
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
