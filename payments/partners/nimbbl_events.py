"""What Nimbbl posts to us of its own accord: whether it is Nimbbl's word, and what it says. Pure.

    read(body, secret)    one event, proved or not; raises `Unreadable` and `Forged`
    not_judged(body)      the same bytes where that is still to come
    shown(body)           what of them may be shown

One rule: *what is read is what is signed*. The parts that a signature of version 3 is over are read once, and of them
both are made: the text that must fit the signature, and what the event says. So whoever holds one event of Nimbbl's (a
customer does: the checkout shows it to the browser) cannot change what another one means. What stands beside the signed
parts is never more than a description. The version that a body names decides nothing but whether it is called a
forgery: parts that fit no signature prove nothing, whatever they are labelled.

Rests on Nimbbl's pages of webhooks and signatures; for refunds, payment links and the envelope of version 4 on its .NET
library alone. HMAC-SHA256, lower-case hex, with the whole access secret:

| signed | parts, joined by bars | where |
|---|---|---|
| 3: payment, capture, void | invoice_id, transaction_id, amount, currency, status, type | `signature` |
| 3: refund | the same, with refund_amount and refund_status | `nimbbl_signature`, `signature` |
| 3: payment link | invoice_id, status, currency, amount_paid, payment_link_hash | the same |
| 4 | the very bytes of `payload` once its Base64 is undone | `signature` |
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from itertools import chain
from typing import Any, Final

from orders import strict_json
from orders.masking.personal import NOBODY
from orders.numbers import PAISA
from payments.choices import Proof
from payments.ledger.statements import TransactionSaid
from payments.partners import redact
from payments.partners.nimbbl_money import bank_reference_of, mode_of
from payments.partners.nimbbl_order import number, text

#: Every `event_type` that Nimbbl's page or libraries name. What any other one means, or signs, nobody here knows.
EVENTS: Final = frozenset(
    {
        "payment_success",
        "payment_failed",
        "payment_authorized",
        "payment_reversing",
        "payment_reversed",
        "payment_reversal_failed",
        "capture_pending",
        "capture_success",
        "capture_failed",
        "void_pending",
        "void_success",
        "void_failed",
        "refund_pending",
        "refund_success",
        "refund_failed",
        "payment_link_created",
        "payment_link_scheduled",
        "payment_link_sent",
        "payment_link_opened",
        "payment_link_paid",
        "payment_link_partially_paid",
        "payment_link_cancelled",
        "payment_link_expired",
    }
)
#: Events whose signature has no older form: where they carry one that is wrong, it is forged, whatever they call it.
_ALWAYS_SIGNED: Final = ("refund_", "payment_link_")
_BAR: Final = "|"
#: Letters of a signed part.
_MOST_LETTERS: Final = 100
#: A word or an id that nothing proves: nobody's name, and no sentence.
_CLAIM: Final = re.compile(r"[\w.-]{1,64}", re.ASCII)


class Unreadable(ValueError):
    """The bytes are no JSON object; the message says nothing of what stands in them."""


class Forged(Exception):  # noqa: N818 - a finding
    """It carries a signature that Nimbbl has not made over it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `version`: what its body calls its signature. `said`: of one payment or refund, where it is proved.

    `identity` is one for all posts that say the same: of what is signed where it is proved, else of all the bytes. The
    ids and the type of what is not proved are mere claims. `proof` is `None` until it was judged.
    """

    proof: Proof | None
    version: str
    event_type: str
    identity: str
    nimbbl_order_id: str = ""
    invoice_id: str = ""
    said: TransactionSaid | None = None


def read(body: bytes, secret: str) -> Event:
    """Read one event and prove it. Raises `Unreadable` where it is no JSON object, `Forged`."""
    told = _document(body)
    if _is_encrypted(told):
        return Event(Proof.ENCRYPTED, "", "", _digest(body))
    if told.get("version") == "v4":
        return _enveloped(told, body, secret)
    signatures = _signatures(told)
    for reading in chain(_of_payment(told), _of_refund(told), _of_link(told)):
        if any(_fits(signature, reading.signed, secret) for signature in signatures):
            return _proved(reading, told, "v3", reading.signed)
    if signatures and _claims_version_3(told):
        raise Forged
    return _unproved(told, body, _word(_object(told.get("transaction")).get("signature_version")))


def not_judged(body: bytes) -> Event:
    """Bytes of which it is still to be found out what they are."""
    return Event(None, "", "", _digest(body))


def shown(body: bytes) -> str:
    """The body, of an envelope its content: JSON with dots for whatever nobody knows to be harmless."""
    try:
        told = _document(body)
    except Unreadable:
        return ""
    content = _content(told) if told.get("version") == "v4" else None
    return redact.told(redact.body(body if content is None else content), NOBODY)


# --- version 4 --------------------------------------------------------------------------------------------------------


def _enveloped(told: Mapping[str, Any], body: bytes, secret: str) -> Event:
    """What is in an envelope. Its content is not looked at before it is proved."""
    signature = told.get("signature")
    if not isinstance(signature, str) or not signature:
        return Event(Proof.UNPROVED, "v4", "", _digest(body))
    content = _content(told)
    if content is None or not _fits(signature, content, secret):
        raise Forged
    try:
        inner = _document(content)
    except Unreadable:
        return Event(Proof.GENUINE, "v4", "", _digest(content))
    event_type = _word(inner.get("event_type"))
    return _proved(next(_meant(event_type)(inner), None), inner, "v4", content)


def _content(told: Mapping[str, Any]) -> bytes | None:
    """The bytes in an envelope; `None` where they cannot be had."""
    payload = told.get("payload")
    try:
        return base64.b64decode(payload, validate=True) if isinstance(payload, str) else None
    except ValueError:
        return None


# --- version 3 --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way of reading a body: what is signed where it is the right one, and what is then said."""

    signed: bytes
    invoice_id: str
    said: TransactionSaid | None = None


_Told = Mapping[str, Any]
_Way = Callable[[_Told], Iterator[_Reading]]


def _of_payment(told: _Told) -> Iterator[_Reading]:
    """A payment, a capture or a void."""
    return _of_transaction(told, "transaction_amount", "status", "payment_arn")


def _of_refund(told: _Told) -> Iterator[_Reading]:
    """A refund, whose amount and status have names of their own; Nimbbl does not say where they stand."""
    return _of_transaction(told, "refund_amount", "refund_status", "refund_arn")


def _of_link(told: _Told) -> Iterator[_Reading]:
    """A payment link: nothing of it is a transaction, whose own events come beside it."""
    link = _object(told.get("payment_link")) or _object(told.get("payment_link_info"))
    places = (told, link, _object(told.get("order")))
    head = [_first(places, name) for name in ("invoice_id", "status", "currency")]
    for amount in _spelt(number(_first(places, "amount_paid"))):
        yield from _reading([*head, amount, _first(places, "payment_link_hash")])


def _of_transaction(told: _Told, amount: str, word: str, arn: str) -> Iterator[_Reading]:
    """What is said of a transaction whose amount, status and bank reference stand under these names."""
    transaction = _object(told.get("transaction"))
    places = (transaction, told)
    for spelt in _spelt(number(_first(places, amount))):
        said = TransactionSaid(
            transaction_id=_first((transaction,), "transaction_id", "nimbbl_transaction_id"),
            kind=_first((transaction,), "transaction_type"),
            word=_first((transaction,) if word == "status" else places, word),
            amount=Decimal(spelt),
            currency=_first((transaction,), "transaction_currency"),
            mode=mode_of(text(transaction.get("payment_mode"))),
            bank_reference=bank_reference_of(text(transaction.get(arn))),
        )
        parts = (_invoice_id(told), said.transaction_id, spelt, said.currency, said.word, said.kind)
        yield from _reading(parts, said)


def _reading(parts: Sequence[str], said: TransactionSaid | None = None) -> Iterator[_Reading]:
    """The reading of these parts; none where a part is left out, or could be taken for two."""
    if all(part and _BAR not in part and len(part) <= _MOST_LETTERS for part in parts):
        yield _Reading(_BAR.join(parts).encode(), parts[0], said)


def _spelt(amount: Decimal | None) -> Iterator[str]:
    """An amount as it may be signed: with two decimals, the others cut off as Nimbbl's page has it, or rounded."""
    if amount is not None:
        yield from dict.fromkeys(f"{amount.quantize(PAISA, how):f}" for how in (ROUND_DOWN, ROUND_HALF_UP))


def _signatures(told: _Told) -> list[str]:
    """Every signature that a body of version 3 carries."""
    transaction = _object(told.get("transaction"))
    found = (
        told.get("nimbbl_signature"),
        transaction.get("nimbbl_signature"),
        transaction.get("signature"),
        told.get("signature"),
    )
    return [signature for signature in found if isinstance(signature, str) and signature]


def _claims_version_3(told: _Told) -> bool:
    """Whether a signature of it that does not fit is a forgery, rather than one of a kind that we do not know.

    Payments of an older account are signed otherwise, and say so by naming no version; of an event that we have never
    heard of nobody here knows what is signed.
    """
    event_type = _word(told.get("event_type"))
    version = _word(_object(told.get("transaction")).get("signature_version"))
    return event_type in EVENTS and (version == "v3" or event_type.startswith(_ALWAYS_SIGNED))


# --- events -----------------------------------------------------------------------------------------------------------


def _proved(reading: _Reading | None, told: _Told, version: str, signed: bytes) -> Event:
    """An event of Nimbbl's own. What it says of money is left out where nobody here knows such events.

    Version 3 signs neither the type nor the order's id, so there both are only what the signed parts make of them: of
    all types that are known one is like the other, and the order is the one that the transaction's id begins with.
    """
    event_type = _word(told.get("event_type"))
    is_known = event_type in EVENTS
    said = reading.said if reading and is_known else None
    order_id = said.transaction_id.rpartition("-")[0] if said else ""
    if version == "v4":
        order_id = _order_id(told) or order_id
        said = said and replace(said, refund_request_id=_refund_request_id(told), pays_back=_pays_back(told))
    return Event(
        Proof.GENUINE,
        version,
        event_type,
        _digest((b"known " if is_known else b"other ") + signed),
        order_id,
        reading.invoice_id if reading else "",
        said,
    )


def _unproved(told: _Told, body: bytes, version: str) -> Event:
    """An event that may be anybody's: what it claims to be, and nothing of money."""
    return Event(
        Proof.UNPROVED,
        version,
        _word(told.get("event_type")),
        _digest(body),
        _word(_order_id(told)),
        _word(_invoice_id(told)),
    )


def _meant(event_type: str) -> _Way:
    """How an event of this type is read, where the type itself is signed."""
    if event_type.startswith("payment_link_"):
        return _of_link
    return _of_refund if event_type.startswith("refund_") else _of_payment


def _document(body: bytes) -> dict[str, Any]:
    """The JSON object in these bytes. Raises `Unreadable`."""
    try:
        told = strict_json.read(body.decode("utf-8-sig"))
    except ValueError as error:
        raise Unreadable("The body is not JSON.") from error
    if not isinstance(told, dict):
        raise Unreadable("The body is not a JSON object.")
    return told


def _is_encrypted(told: _Told) -> bool:
    """An account may have all it is told encrypted; the portal has no key for that."""
    places = (told, _object(told.get("payload")), _object(told.get("callback")))
    return any("encrypted_response" in place for place in places)


def _fits(signature: str, content: bytes, secret: str) -> bool:
    """Whether the signature is Nimbbl's over exactly this. In constant time."""
    ours = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(ours.encode(), signature.encode("utf-8", "replace"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- fields -----------------------------------------------------------------------------------------------------------


def _order_id(told: _Told) -> str:
    """The order that a body names; in version 3 nothing proves it."""
    return _first((told, _object(told.get("transaction")), _object(told.get("order"))), "nimbbl_order_id", "order_id")


def _invoice_id(told: _Told) -> str:
    return _first((_object(told.get("order")),), "invoice_id")


def _refund_request_id(told: _Told) -> str:
    return _first((_object(told.get("transaction")), told), "refund_request_id")


def _pays_back(told: _Told) -> str:
    """The payment that a refund is of, under the key as Nimbbl spells it, and as one would."""
    places = (_object(told.get("transaction")), told)
    return _first(places, "orignal_payment_transaction_id", "original_payment_transaction_id")


def _word(value: Any) -> str:
    """A word or an id, and nothing else."""
    return value if isinstance(value, str) and _CLAIM.fullmatch(value) else ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _first(places: Sequence[_Told], *names: str) -> str:
    """The first of these that is said in any of these places."""
    return next((said for place in places for name in names if (said := text(place.get(name)))), "")
