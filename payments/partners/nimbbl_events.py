"""What Nimbbl posts to us of its own accord: whether it is Nimbbl's word, and what it says. Pure.

    read(body, secret)    one event, proved or not; raises `Unreadable` and `Forged`
    not_judged(body)      the same bytes where that is still to come
    shown(body)           what of them may be shown

One rule: *what is read is what is signed*. The parts that a signature of version 3 is over are read once, and of them
both are made: the text that must fit the signature, and what the event says. So whoever holds one event of Nimbbl's (a
customer does: the checkout shows it to the browser) cannot change what another one means. What stands beside the signed
parts is never more than a description. The version that a body names decides nothing but whether it is called a
forgery: parts that fit no signature prove nothing, whatever they are labelled. What the parts are stands in
`nimbbl_signed`, and which pages that rests on.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Final

from orders import strict_json
from orders.masking.personal import NOBODY
from payments.choices import Proof
from payments.ledger.statements import TransactionSaid
from payments.partners import redact
from payments.partners.nimbbl_signed import (
    Reading,
    Told,
    first,
    inside,
    invoice_id_of,
    meant,
    of_link,
    of_payment,
    of_refund,
)

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
    for reading in chain(of_payment(told), of_refund(told), of_link(told)):
        if any(_fits(signature, reading.signed, secret) for signature in signatures):
            return _proved(reading, told, "v3", reading.signed)
    if signatures and _claims_version_3(told):
        raise Forged
    return _unproved(told, body, _word(inside(told.get("transaction")).get("signature_version")))


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


def _enveloped(told: Told, body: bytes, secret: str) -> Event:
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
    return _proved(next(meant(event_type)(inner), None), inner, "v4", content)


def _content(told: Told) -> bytes | None:
    """The bytes in an envelope; `None` where they cannot be had."""
    payload = told.get("payload")
    try:
        return base64.b64decode(payload, validate=True) if isinstance(payload, str) else None
    except ValueError:
        return None


# --- version 3 --------------------------------------------------------------------------------------------------------


def _signatures(told: Told) -> list[str]:
    """Every signature that a body of version 3 carries."""
    transaction = inside(told.get("transaction"))
    found = (
        told.get("nimbbl_signature"),
        transaction.get("nimbbl_signature"),
        transaction.get("signature"),
        told.get("signature"),
    )
    return [signature for signature in found if isinstance(signature, str) and signature]


def _claims_version_3(told: Told) -> bool:
    """Whether a signature of it that does not fit is a forgery, rather than one of a kind that we do not know.

    Payments of an older account are signed otherwise, and say so by naming no version; of an event that we have never
    heard of nobody here knows what is signed.
    """
    event_type = _word(told.get("event_type"))
    version = _word(inside(told.get("transaction")).get("signature_version"))
    return event_type in EVENTS and (version == "v3" or event_type.startswith(_ALWAYS_SIGNED))


# --- events -----------------------------------------------------------------------------------------------------------


def _proved(reading: Reading | None, told: Told, version: str, signed: bytes) -> Event:
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


def _unproved(told: Told, body: bytes, version: str) -> Event:
    """An event that may be anybody's: what it claims to be, and nothing of money."""
    return Event(
        Proof.UNPROVED,
        version,
        _word(told.get("event_type")),
        _digest(body),
        _word(_order_id(told)),
        _word(invoice_id_of(told)),
    )


def _document(body: bytes) -> dict[str, Any]:
    """The JSON object in these bytes. Raises `Unreadable`."""
    try:
        told = strict_json.read(body.decode("utf-8-sig"))
    except ValueError as error:
        raise Unreadable("The body is not JSON.") from error
    if not isinstance(told, dict):
        raise Unreadable("The body is not a JSON object.")
    return told


def _is_encrypted(told: Told) -> bool:
    """An account may have all it is told encrypted; the portal has no key for that."""
    places = (told, inside(told.get("payload")), inside(told.get("callback")))
    return any("encrypted_response" in place for place in places)


def _fits(signature: str, content: bytes, secret: str) -> bool:
    """Whether the signature is Nimbbl's over exactly this. In constant time."""
    ours = hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
    return bool(secret) and hmac.compare_digest(ours.encode(), signature.encode("utf-8", "replace"))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# --- fields -----------------------------------------------------------------------------------------------------------


def _order_id(told: Told) -> str:
    """The order that a body names; in version 3 nothing proves it."""
    return first((told, inside(told.get("transaction")), inside(told.get("order"))), "nimbbl_order_id", "order_id")


def _refund_request_id(told: Told) -> str:
    return first((inside(told.get("transaction")), told), "refund_request_id")


def _pays_back(told: Told) -> str:
    """The payment that a refund is of, under the key as Nimbbl spells it, and as one would."""
    places = (inside(told.get("transaction")), told)
    return first(places, "orignal_payment_transaction_id", "original_payment_transaction_id")


def _word(value: Any) -> str:
    """A word or an id, and nothing else."""
    return value if isinstance(value, str) and _CLAIM.fullmatch(value) else ""
