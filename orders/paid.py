"""How purchases were paid for, told by the app above that knows. It says so as it starts (`AppConfig.ready`).

    told_by(knows)     name who knows it
    of(ids)            purchase -> Paid, of those that anything is known of

Amounts are rupees, but a transaction's is in its own currency; `None` is not known, which is not zero. Times are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PaidTransaction:
    """A payment attempt or a refund, in the words of the one who takes payments. `at`: when `status` was said."""

    transaction_id: str
    kind: str
    status: str
    amount: Decimal | None
    currency: str
    mode: str
    bank_reference: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Paid:
    """How one purchase stands. `net`: captured less what went back or is on its way; `open_refunds`: what is.

    `said_by`, `said_at`: by which way the last news of the money came, and when.
    """

    nimbbl_order_id: str
    status: str
    captured: Decimal | None
    refunded: Decimal | None
    net: Decimal | None
    open_refunds: Decimal | None
    said_by: str
    said_at: datetime | None
    transactions: tuple[PaidTransaction, ...] = ()


Knows = Callable[[Collection[str]], Mapping[str, Paid]]
_known: list[Knows] = []


def told_by(knows: Knows) -> None:
    """Have it asked; it is asked for many purchases at once."""
    if knows not in _known:
        _known.append(knows)


def of(merchant_order_ids: Collection[str]) -> dict[str, Paid]:
    """How the purchases were paid for, as far as anybody knows."""
    return {key: paid for knows in _known for key, paid in knows(merchant_order_ids).items()}
