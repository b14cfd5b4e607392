"""What Nimbbl says in these tests: one order's webhooks and answers, and whole lives of payments."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from payments.choices import Teller
from payments.ledger.statements import Statement, TransactionSaid

ORDER = "o_M1"
TEN = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)
DUE = Decimal("652.36")


def at(minutes: float) -> datetime:
    """So many minutes past ten, in India."""
    return TEN + timedelta(minutes=minutes)


def payment(word: str = "succeeded", amount: Any = DUE, number: int = 1, **more: Any) -> TransactionSaid:
    """A payment attempt."""
    return _transaction("payment", word, amount, number, more)


def refund(word: str = "succeeded", amount: Any = DUE, number: int = 9, **more: Any) -> TransactionSaid:
    """A refund of it."""
    return _transaction("partial_refund", word, amount, number, more)


def _transaction(kind: str, word: str, amount: Any, number: int, more: dict[str, Any]) -> TransactionSaid:
    rupees = None if amount is None else Decimal(amount)
    return TransactionSaid(f"{ORDER}-{number:05}", kind, word, rupees, **({"currency": "INR"} | more))


def webhook(*transactions: TransactionSaid, minutes: float = 0, **order: Any) -> Statement:
    """A signed event that comes then."""
    return Statement(Teller.WEBHOOK, at(minutes), ORDER, transactions, **order)


def answer(*transactions: TransactionSaid, minutes: float = 0, **order: Any) -> Statement:
    """The answer to an enquiry that was asked then; it lists all that there is."""
    usual = {"lists_all": True, "refunded": Decimal(0), "order_status": "completed"}
    return Statement(Teller.ENQUIRY, at(minutes), ORDER, transactions, **usual | order)


# --- whole lives ------------------------------------------------------------------------------------------------------

#: What may become of a payment attempt and of a refund, as Nimbbl's pages have it.
_ATTEMPTS = (
    ("new", "pending"),
    ("new", "pending", "failed"),
    ("pending", "succeeded"),
    ("pending", "failed", "succeeded"),  # late
    ("authorized", "succeeded"),
    ("authorized", "voided"),
    ("pending", "succeeded", "reversing", "reversed"),
    ("pending", "failed", "reversing", "reversed"),
    ("pending", "settling", "succeeded"),  # a word that nobody knows
)
_REFUNDS = (("new", "pending"), ("pending", "succeeded"), ("pending", "failed"), ("pending", "failed", "succeeded"))


def life(chance: random.Random) -> list[Statement]:
    """All that Nimbbl's webhooks say of one order, as it happens: attempts, refunds, and now and then an odd amount."""
    attempts = [payment(number=number) for number in range(1, chance.randint(1, 3) + 1)]
    refunds = [refund(amount=Decimal(50 * n), number=20 + n) for n in range(1, chance.randint(0, 2) + 1)]
    told = [replace(one, word=word) for one in attempts for word in chance.choice(_ATTEMPTS)]
    told += [replace(one, word=word) for one in refunds for word in chance.choice(_REFUNDS)]
    if chance.random() < 0.1:
        told.append(replace(chance.choice(told), amount=Decimal("600.00")))
    return [webhook(one, order_status=chance.choice(("new", "pending", "completed"))) for one in told]


def arriving(events: Sequence[Statement], chance: random.Random) -> list[Statement]:
    """The same events as they come: in any order, some of them several times, each at a time of its own."""
    shuffled = [*events, *chance.choices(events, k=len(events) // 2)]
    chance.shuffle(shuffled)
    return [replace(event, at=at(place)) for place, event in enumerate(shuffled)]
