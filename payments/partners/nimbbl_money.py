"""What Nimbbl says of a purchase's money: one table of its words, and what it all comes to. Pure.

    standing_of(word)          where a payment, a refund or an order stands
    step_of(word)              how far on its way that is, since Nimbbl's webhooks carry no time of what they tell
    read_transactions(...)     the `transaction` list of an enquiry, typed
    reckon(transactions, ...)  the least and the most that may have been captured, less what went back
    open_refunds(...)          what is on its way back and has not arrived

Rests on Nimbbl's pages of Transaction enquiry and of refunds, and on its own plug-ins, which write `success` where its
pages have `succeeded`. Amounts are rupees. What cannot be read is never taken for nothing, nor for enough: it makes the
least smaller and the most larger.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from payments.partners.nimbbl_order import number, text


class Standing(StrEnum):
    """Where money stands at Nimbbl."""

    CAPTURED = "captured"  # it has moved
    AUTHORIZED = "authorized"  # the bank holds it; nobody has taken it
    OPEN = "open"  # it may still move
    OVER = "over"  # it has not moved, or has gone back, for good
    UNKNOWN = "unknown"  # a word that nobody here knows


#: Every word that Nimbbl is known to use of a payment, a refund or an order, as `plain` writes it.
WORDS: Final[Mapping[str, Standing]] = {
    "succeeded": Standing.CAPTURED,
    "success": Standing.CAPTURED,
    "captured": Standing.CAPTURED,
    "completed": Standing.CAPTURED,
    "authorized": Standing.AUTHORIZED,
    "authorised": Standing.AUTHORIZED,
    "new": Standing.OPEN,
    "pending": Standing.OPEN,
    "initiated": Standing.OPEN,
    "processing": Standing.OPEN,
    "failed": Standing.OVER,
    "failure": Standing.OVER,
    "cancelled": Standing.OVER,
    "canceled": Standing.OVER,
    "declined": Standing.OVER,
    "rejected": Standing.OVER,
    "aborted": Standing.OVER,
    "expired": Standing.OVER,
    "void": Standing.OVER,
    "voided": Standing.OVER,
    "reversing": Standing.OVER,
    "reversed": Standing.OVER,
    "refunded": Standing.OVER,
    "lapsed": Standing.OVER,
}
#: Every word again, by the step of its way at which it is said: what has come to a later one does not go back. Nimbbl's
#: pages let a payment or a refund that failed succeed later, and nothing that succeeded fail. Words of one step that
#: mean other things contradict each other.
STEPS: Final[tuple[frozenset[str], ...]] = (
    frozenset({"new", "initiated"}),
    frozenset({"pending", "processing"}),
    frozenset({"failed", "failure", "cancelled", "canceled", "declined", "rejected", "aborted", "expired", "lapsed"}),
    frozenset({"authorized", "authorised"}),
    frozenset({"succeeded", "success", "captured", "completed", "void", "voided"}),
    frozenset({"reversing"}),
    frozenset({"reversed", "refunded"}),
)
_STEP_OF: Final = {word: step for step, words in enumerate(STEPS) for word in words}
_PAYMENT: Final = "payment"
#: Kinds of transaction that take money back, by a part of their name: `full_refund`, `partial_refund`, `chargeback`.
_TAKES_BACK: Final = ("refund", "revers", "chargeback", "dispute", "void")
RUPEES: Final = "INR"
#: Nimbbl's words for how somebody paid.
MODES: Final = frozenset(
    {
        *("Netbanking", "Wallet", "UPI", "Credit Card", "Debit Card", "Prepaid Card"),
        *("Credit Card EMI", "Debit Card EMI"),
    }
)
_BANK_REFERENCE: Final = re.compile(r"[A-Za-z0-9]{4,40}")


def plain(word: str) -> str:
    """A word of Nimbbl's as it is compared: case, blanks and forms of Unicode apart."""
    return "_".join(unicodedata.normalize("NFKC", word).casefold().replace("-", " ").replace("_", " ").split())


def standing_of(word: str) -> Standing:
    """Where something stands of which Nimbbl says this word."""
    return WORDS.get(plain(word), Standing.UNKNOWN)


def step_of(word: str) -> int | None:
    """How far something has come of which Nimbbl says this word; `None` for a word that nobody here knows."""
    return _STEP_OF.get(plain(word))


def mode_of(said: str) -> str:
    """Nimbbl's word for how somebody paid; nothing where it is none, since it may be anything of theirs."""
    return said if said in MODES else ""


def bank_reference_of(said: str) -> str:
    """A bank's number of a payment or a refund; nothing where it is none."""
    return said if _BANK_REFERENCE.fullmatch(said) else ""


def is_rupees(currency: str) -> bool:
    """Whether an amount is in rupees. Nimbbl names no currency where the account has only one."""
    return plain(currency).upper() in ("", RUPEES)


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment at Nimbbl, or one way back. `amount` in its own `currency`, `None` where it cannot be read.

    `mode`: how it was paid, as `UPI`; `bank_reference`: the bank's number; `pays_back`: of a refund, the payment.
    """

    kind: str
    word: str
    amount: Decimal | None
    currency: str = ""
    transaction_id: str = ""
    mode: str = ""
    bank_reference: str = ""
    refund_request_id: str = ""
    pays_back: str = ""

    @property
    def standing(self) -> Standing:
        """Where it stands."""
        return standing_of(self.word)

    @property
    def rupees(self) -> Decimal | None:
        """The amount in rupees, without its sign: a refund may be written as less than nothing.

        A payment of less than nothing is none that we can read; one in another currency is none in rupees.
        """
        if self.amount is None or (self.amount < 0 and not self.takes_back):
            return None
        if not is_rupees(self.currency):
            return None if self.takes_back else Decimal(0)
        return abs(self.amount)

    @property
    def is_payment(self) -> bool:
        """Whether it brings money in."""
        return plain(self.kind) == _PAYMENT

    @property
    def takes_back(self) -> bool:
        """Whether it takes money back."""
        return any(part in plain(self.kind) for part in _TAKES_BACK)

    @property
    def counts(self) -> bool:
        """Whether it is money that is there, or that is not there any more."""
        return self.standing in (_GOES_BACK if self.takes_back else _CAPTURED)


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What was captured less what went back, in rupees: surely this much, at most that; `None`: no bound is known.

    `captured` and `taken_back` are the two sums, each `None` where it is not known to the paisa.
    """

    least: Decimal | None
    most: Decimal | None
    captured: Decimal | None = None
    taken_back: Decimal | None = None


def read_transactions(told: Any, *, currency: str = "") -> tuple[Transaction, ...] | None:
    """The transactions of an enquiry's answer, listed or single; `None` where it lists none, not even none at all.

    `currency`: the order's, for transactions that name none. What is no transaction stands as one that cannot be read.
    """
    if isinstance(told, dict) and told:
        told = [told]
    if not isinstance(told, list):
        return None
    return tuple(_transaction(item if isinstance(item, dict) else {}, currency) for item in told)


def reckon(transactions: Iterable[Transaction], *, refunded: Decimal | None = Decimal(0)) -> Reckoning:
    """What the transactions of an order come to. `refunded`: what the order itself says went back; `None` unreadable.

    Several entries of one transaction are one: it counts as captured only where all of them say so.
    """
    came_least = came_most = back_least = back_most = Decimal(0)
    for entries in _by_transaction(transactions):
        kind = entries[0]
        if kind.takes_back:
            back_least += _least(entries, _GOES_BACK)
            back_most += _most(entries, _MAY_GO_BACK)
        elif kind.is_payment:
            came_least += _least(entries, _CAPTURED)
            came_most += _most(entries, _MAY_BE_CAPTURED)
        else:  # a kind that nobody here knows may have brought money, or taken it
            came_most += _most(entries, _MAY_BE_CAPTURED)
            back_most += _most(entries, _MAY_GO_BACK)
    back_least = max(back_least, refunded or Decimal(0))
    back_most = max(back_most, refunded) if refunded is not None else Decimal("Infinity")
    least, most = came_least - back_most, came_most - back_least
    return Reckoning(
        least=least if least.is_finite() else None,
        most=most if most.is_finite() else None,
        captured=came_least if came_least == came_most else None,
        taken_back=back_most if back_least == back_most else None,
    )


def open_refunds(transactions: Iterable[Transaction]) -> Decimal | None:
    """Rupees on their way back that have not arrived; `None` where they are not known to the paisa."""
    refunds = [entries for entries in _by_transaction(transactions) if entries[0].takes_back]
    least = sum((_least(entries, _ON_ITS_WAY) for entries in refunds), Decimal(0))
    most = sum((_most(entries, _MAY_BE_ON_ITS_WAY) for entries in refunds), Decimal(0))
    return least if least == most else None


_CAPTURED: Final = frozenset({Standing.CAPTURED})
_MAY_BE_CAPTURED: Final = frozenset({Standing.CAPTURED, Standing.UNKNOWN})
#: A refund that is still open is money that is no longer ours to count on.
_GOES_BACK: Final = frozenset({Standing.CAPTURED, Standing.OPEN})
_MAY_GO_BACK: Final = _GOES_BACK | {Standing.UNKNOWN, Standing.AUTHORIZED}
_ON_ITS_WAY: Final = frozenset({Standing.OPEN})
_MAY_BE_ON_ITS_WAY: Final = _ON_ITS_WAY | {Standing.UNKNOWN, Standing.AUTHORIZED}


def _by_transaction(transactions: Iterable[Transaction]) -> Iterable[list[Transaction]]:
    """The entries of each transaction; one without an id is a transaction of its own."""
    found: dict[Any, list[Transaction]] = {}
    for place, one in enumerate(transactions):
        key = (one.takes_back, one.is_payment, one.transaction_id) if one.transaction_id else place
        found.setdefault(key, []).append(one)
    return found.values()


def _least(entries: list[Transaction], standings: frozenset[Standing]) -> Decimal:
    """What has surely moved: the smallest of the amounts, where every entry says that it moved."""
    if any(one.standing not in standings for one in entries):
        return Decimal(0)
    return min((one.rupees or Decimal(0) for one in entries), default=Decimal(0))


def _most(entries: list[Transaction], standings: frozenset[Standing]) -> Decimal:
    """What may have moved at most; without end where an amount cannot be read."""
    moved = [one for one in entries if one.standing in standings]
    return max((Decimal("Infinity") if one.rupees is None else one.rupees for one in moved), default=Decimal(0))


def _transaction(told: Mapping[str, Any], currency: str) -> Transaction:
    """One item of the list; its fields have other names where it is a refund."""
    return Transaction(
        kind=_first(told, "transaction_type"),
        word=_first(told, "payment_status", "refund_status", "status"),
        amount=number(_first(told, "transaction_amount", "refund_amount", "amount")),
        currency=_first(told, "transaction_currency", "currency") or currency,
        transaction_id=_first(told, "nimbbl_transaction_id", "transaction_id"),
        mode=mode_of(_first(told, "payment_mode")),
        bank_reference=bank_reference_of(_first(told, "refund_arn", "payment_arn")),
        refund_request_id=_first(told, "refund_request_id"),
        pays_back=_first(told, "orignal_payment_transaction_id", "original_payment_transaction_id"),
    )


def _first(told: Mapping[str, Any], *names: str) -> str:
    return next((said for name in names if (said := text(told.get(name)))), "")
