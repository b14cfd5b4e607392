"""Nimbbl, API v3: what we send, and what its answers mean. Pure.

Rests on Nimbbl's pages of Generate token, Update order, Transaction enquiry and Refund; what it says of a refund is
read in `payments.partners.nimbbl_refund`. Its amounts are rupees, numbers on the
order and texts on its lines; its times are UTC and do not say so; an error may come inside a 200.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

from orders.numbers import PAISA
from payments.choices import State
from payments.partners import nimbbl_money
from payments.partners.messages import Request, Response, segment
from payments.partners.nimbbl_money import Reckoning, Standing, Transaction
from payments.partners.nimbbl_order import ADDRESS, Order, moment, number, read_order, text
from payments.partners.results import Result, document, of_code

PARTNER: Final = "Nimbbl"
#: What an update may carry besides the order's id.
UPDATABLE: Final = ("shipping_address", "ipAddress", "user_agent", "custom_attributes")
#: Method and path as Nimbbl's older and newer pages have them; `NIMBBL_UPDATE_ORDER` chooses.
OLDER, NEWER = "PATCH /api/v3/update-order", "PATCH /api/v3/order"
_REFUND_AMOUNTS: Final = ("refunded_amount", "available_refundable_amount", "total_refundable_amount")
#: A token is replaced this long before it ends; one that does not say when it ends is used this long.
EARLY: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, and how long it may be used from when it was answered."""

    text: str = field(repr=False)
    good_for: timedelta


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
    """What Nimbbl says of an order's money, read as a whole.

    `status`: its word for the order. `transactions`: every payment and every way back; `None` where it listed none, not
    even an empty list. `refunded` (rupees): what the order itself says went back, `None` where that cannot be read.
    `asked_at`: when we asked (UTC).
    """

    status: str = ""
    transactions: tuple[Transaction, ...] | None = ()
    refunded: Decimal | None = Decimal(0)
    currency: str = ""
    invoice_id: str = ""
    total_amount: Decimal | None = None
    asked_at: datetime | None = None

    @property
    def reckoning(self) -> Reckoning:
        """What was captured, less what went back."""
        return nimbbl_money.reckon(self.transactions or (), refunded=self.refunded)

    @property
    def payment_status(self) -> str:
        """Nimbbl's word for the payment; empty where there is none.

        Of several attempts that of one that was captured counts, else of one that may still bring money, else of the
        last.
        """
        attempts = [one for one in self.transactions or () if not one.takes_back]
        payments = [one for one in attempts if one.is_payment]
        captured = [one for one in payments if one.standing is Standing.CAPTURED]
        open_still = [one for one in attempts if one.standing not in (Standing.CAPTURED, Standing.OVER)]
        counting = captured or open_still or payments
        return nimbbl_money.plain(counting[-1].word) if counting else ""


class NotTold(Exception):
    """Nimbbl did not tell us what we asked, for `reason`; nothing was changed there."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


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
        return self._request(
            "POST", "/api/v3/generate-token", "", {"access_key": self.access_key, "access_secret": self.access_secret}
        )

    def update(self, order_id: str, changes: Mapping[str, Any], token: str) -> Request:
        """Update order. `changes`: of `UPDATABLE`, only what changes; what is left out stays as it is."""
        segment(order_id)
        method, _space, path = self.update_order.partition(" ")
        return self._request(method, path, token, {"order_id": order_id, **changes})

    def enquire(self, order_id: str, token: str) -> Request:
        """Transaction enquiry by Nimbbl's order id. Reads only."""
        segment(order_id)
        return self._request("POST", "/api/v3/transaction-enquiry", token, {"order_id": order_id})

    def refund(self, transaction_id: str, amount: Decimal, refund_request_id: str, token: str) -> Request:
        """Pay back rupees of a payment. Without an amount, or with a misnamed one, Nimbbl pays back all of it."""
        segment(transaction_id)
        # Of an amount of two places below 10**12 the shortest way to write the float is the amount itself.
        body = {
            "transaction_id": transaction_id,
            "refund_amount": float(amount.quantize(PAISA)),
            "refund_request_id": refund_request_id,
        }
        return self._request("POST", "/api/v3/refund", token, body)

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
    token = told.get("token") if isinstance(told, dict) else None
    if problem or not isinstance(token, str) or not token:
        raise NotTold(f"Nimbbl gives no token: {problem or 'its answer cannot be read'}.")
    end, since = moment(told.get("expires_at")), _date(response) or now
    good_for = end - since - EARLY if end else timedelta()
    return Token(token, max(min(good_for, timedelta(minutes=20)), EARLY))


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
    silent = {
        "shipping_address": order.address is None,
        "ipAddress": True,
        "user_agent": True,
        "custom_attributes": True,
    }
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
        raise NotTold(f"Nimbbl says: {problem}")
    order = told.get("order") if isinstance(told, dict) else None
    if not isinstance(order, dict):
        raise NotTold("Nimbbl's answer cannot be read")
    if text(order.get("nimbbl_order_id") or order.get("order_id")) not in ("", order_id):
        raise NotTold("Nimbbl's answer is about another order")
    currency = text(order.get("currency"))
    return Enquiry(
        status=nimbbl_money.plain(text(order.get("status"))),
        transactions=nimbbl_money.read_transactions(_listed(told), currency=currency),
        refunded=_refunded(order.get("refund_details")),
        currency=currency,
        invoice_id=text(order.get("invoice_id")),
        total_amount=number(order.get("total_amount")),
    )


def _listed(told: Mapping[str, Any]) -> Any:
    """The list of transactions, under either of its two names, or under both."""
    one, other = told.get("transaction"), told.get("transactions")
    return [*one, *other] if isinstance(one, list) and isinstance(other, list) else one or other or one


def _refunded(details: Any) -> Decimal | None:
    """What an order's `refund_details` say went back, in rupees: as such, or as what can be paid back no more."""
    if not details:
        return Decimal(0)
    if not isinstance(details, dict) or not nimbbl_money.is_rupees(text(details.get("refundable_currency"))):
        return None
    said = {name: number(details[name]) for name in _REFUND_AMOUNTS if details.get(name) is not None}
    if None in said.values():
        return None
    refunded = said.get("refunded_amount") or Decimal(0)
    total, available = said.get("total_refundable_amount"), said.get("available_refundable_amount")
    return max(refunded, total - available) if total is not None and available is not None else refunded


def error_words(code: int, told: Any) -> str:
    """Nimbbl's error in words, whatever its shape and code; empty where the answer is no error."""
    error = told.get("error") if isinstance(told, dict) else None
    found = ""
    if isinstance(error, dict):
        names = (
            "nimbbl_merchant_message",
            "m_message",
            "message",
            "description",
            "nimbbl_consumer_message",
            "c_message",
            "nimbbl_error_code",
            "code",
        )
        found = next((text(error[name]) for name in names if text(error.get(name))), "no reason given")
        label = text(error.get("nimbbl_error_code") or error.get("code"))
        found = f"{found} [{label}]" if label and label != found else found
    elif error:
        found = text(error) or "no reason given"
    elif isinstance(told, dict) and "encrypted_response" in told:
        found = "the answer is encrypted, which this portal does not read"
    if code >= 400:
        return f"“{found}” ({code})" if found else f"answer {code} without a reason"
    return f"“{found}”" if found else ""


def _differing(asked: Mapping[str, Any], echoed: Mapping[str, str]) -> tuple[str, ...]:
    """The parts of an address that came back otherwise than asked for, blanks and case apart."""
    return tuple(n for n in ADDRESS if n in asked and _plain(asked[n]) != _plain(echoed.get(n, "")))


def _plain(value: Any) -> str:
    return " ".join(text(value).split()).casefold()


def _date(response: Response) -> datetime | None:
    """When the partner says that it answered (UTC)."""
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=found.tzinfo or UTC)
