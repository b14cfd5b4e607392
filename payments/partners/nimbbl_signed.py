"""What a signature of Nimbbl's is over: the same body, read as a payment, as a refund or as a payment link. Pure.

    of_payment(told), of_refund(told), of_link(told)   each way of reading a body of version 3
    meant(event_type)                                  the way for an event whose type is signed itself

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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any, Final

from orders.numbers import PAISA
from payments.ledger.statements import TransactionSaid
from payments.partners.nimbbl_money import bank_reference_of, mode_of
from payments.partners.nimbbl_order import number, text

_BAR: Final = "|"
#: Letters of a signed part.
_MOST_LETTERS: Final = 100

Told = Mapping[str, Any]
Way = Callable[[Told], Iterator["Reading"]]


@dataclass(frozen=True, slots=True)
class Reading:
    """One way of reading a body: what is signed where it is the right one, and what is then said."""

    signed: bytes
    invoice_id: str
    said: TransactionSaid | None = None


def of_payment(told: Told) -> Iterator[Reading]:
    """A payment, a capture or a void."""
    return _of_transaction(told, "transaction_amount", "status", "payment_arn")


def of_refund(told: Told) -> Iterator[Reading]:
    """A refund, whose amount and status have names of their own; Nimbbl does not say where they stand."""
    return _of_transaction(told, "refund_amount", "refund_status", "refund_arn")


def of_link(told: Told) -> Iterator[Reading]:
    """A payment link: nothing of it is a transaction, whose own events come beside it."""
    link = inside(told.get("payment_link")) or inside(told.get("payment_link_info"))
    places = (told, link, inside(told.get("order")))
    head = [first(places, name) for name in ("invoice_id", "status", "currency")]
    for amount in _spelt(number(first(places, "amount_paid"))):
        yield from _reading([*head, amount, first(places, "payment_link_hash")])


def _of_transaction(told: Told, amount: str, word: str, arn: str) -> Iterator[Reading]:
    """What is said of a transaction whose amount, status and bank reference stand under these names."""
    transaction = inside(told.get("transaction"))
    places = (transaction, told)
    for spelt in _spelt(number(first(places, amount))):
        said = TransactionSaid(
            transaction_id=first((transaction,), "transaction_id", "nimbbl_transaction_id"),
            kind=first((transaction,), "transaction_type"),
            word=first((transaction,) if word == "status" else places, word),
            amount=Decimal(spelt),
            currency=first((transaction,), "transaction_currency"),
            mode=mode_of(text(transaction.get("payment_mode"))),
            bank_reference=bank_reference_of(text(transaction.get(arn))),
        )
        parts = (invoice_id_of(told), said.transaction_id, spelt, said.currency, said.word, said.kind)
        yield from _reading(parts, said)


def _reading(parts: Sequence[str], said: TransactionSaid | None = None) -> Iterator[Reading]:
    """The reading of these parts; none where a part is left out, or could be taken for two."""
    if all(part and _BAR not in part and len(part) <= _MOST_LETTERS for part in parts):
        yield Reading(_BAR.join(parts).encode(), parts[0], said)


def _spelt(amount: Decimal | None) -> Iterator[str]:
    """An amount as it may be signed: with two decimals, the others cut off as Nimbbl's page has it, or rounded."""
    if amount is not None:
        yield from dict.fromkeys(f"{amount.quantize(PAISA, how):f}" for how in (ROUND_DOWN, ROUND_HALF_UP))


def meant(event_type: str) -> Way:
    """How an event of this type is read, where the type itself is signed."""
    if event_type.startswith("payment_link_"):
        return of_link
    return of_refund if event_type.startswith("refund_") else of_payment


def inside(value: Any) -> Told:
    """A value as an object: an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def invoice_id_of(told: Told) -> str:
    """The merchant's own id of the order."""
    return first((inside(told.get("order")),), "invoice_id")


def first(places: Sequence[Told], *names: str) -> str:
    """The first of these that is said in any of these places."""
    return next((said for place in places for name in names if (said := text(place.get(name)))), "")
