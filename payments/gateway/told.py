"""What 1mg is told of a payment, from what Nimbbl says of it and what is due. Pure.

    of(facts, due)       the status and the amount
    is_final(money)      whether Nimbbl will say nothing else of it

SUCCESS   what was captured, less what was paid back, is at least what is due: surely, by the least of the two bounds
FAILED    nothing was captured and Nimbbl has closed the order, so that nothing can come any more
PENDING   it is open, something of it cannot be read, or nobody knows

1mg fulfils an order on SUCCESS, or pays back; on FAILED it may cancel. So neither is said where anything is in doubt. A
failed attempt alone is PENDING: by Nimbbl's page the customer may try again, and a failed payment may succeed late.
Rests on 1mg's Merchant Payment Solution and on Nimbbl's pages of orders and of Transaction enquiry; why it is so is
docs/decisions/0029-what-1mg-asks.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from orders.numbers import PAISA
from payments.partners.nimbbl_money import Standing, standing_of
from payments.preflight.facts import PaymentFact
from payments.preflight.money import TOLERANCE


class Status(StrEnum):
    """1mg's words for a payment."""

    SUCCESS = "SUCCESS"
    PENDING = "PENDING"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Told:
    """How the payment stands, and its amount in rupees, to the paisa."""

    status: Status
    amount: Decimal


def of(facts: Sequence[PaymentFact | None], due: Decimal | None) -> Told:
    """What to tell of a purchase.

    `facts`: what Nimbbl says of each of its orders for the purchase, of which the first counts; `None` where that is
    not known, or not for certain any more. `due` in rupees; `None` where nobody has said.
    """
    money = facts[0] if facts else None
    return Told(_status(facts, money, due), _amount(money, due).quantize(PAISA, ROUND_HALF_UP))


def is_final(money: PaymentFact | None) -> bool:
    """Whether the order is closed, nothing was captured for it, and no payment of it is under way or in doubt.

    What was captured is never final: it may be paid back, at Nimbbl's own desk too.
    """
    if money is None or money.trouble or not money.listed or standing_of(money.order_status) is not Standing.OVER:
        return False
    nothing_under_way = not money.payment_status or standing_of(money.payment_status) is Standing.OVER
    return nothing_under_way and money.reckoning.captured == 0 == money.reckoning.taken_back


def _status(facts: Sequence[PaymentFact | None], money: PaymentFact | None, due: Decimal | None) -> Status:
    if facts and all(is_final(one) for one in facts):
        return Status.FAILED
    return Status.SUCCESS if _covers(money, due) else Status.PENDING


def _covers(money: PaymentFact | None, due: Decimal | None) -> bool:
    """Whether what surely is there is what is due, within what the check before a confirmation allows."""
    if money is None or money.trouble or due is None:
        return False
    least = money.reckoning.least
    return least is not None and least > 0 and least >= due - TOLERANCE


def _amount(money: PaymentFact | None, due: Decimal | None) -> Decimal:
    """What was captured, where anything was; else what is due; nothing where nobody has said an amount."""
    if money and not money.trouble:
        captured = money.reckoning.captured if money.reckoning.captured is not None else money.reckoning.least
        if captured and captured > 0:
            return captured
    return due or Decimal(0)
