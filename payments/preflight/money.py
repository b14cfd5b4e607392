"""The check on the money: whether what was captured, less what went back, is what is due. Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from orders.rupees import with_sign
from payments.choices import Verdict
from payments.partners.nimbbl_money import Standing, standing_of
from payments.preflight.facts import Facts, PaymentFact

#: Rupees by which what was captured may differ from what is due: 1mg's own amounts differ by paise.
TOLERANCE: Final = Decimal(1)
_PASS, _FAIL, _UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
_Found = tuple[Verdict, str]
_NOT_CAPTURED: Final = frozenset({Standing.OPEN, Standing.OVER, Standing.AUTHORIZED})
_MEANING: Final = {
    Standing.OPEN: "nothing is captured yet",
    Standing.AUTHORIZED: "the bank holds the money and nothing is captured",
    Standing.OVER: "nothing is captured",
}


def paid(facts: Facts) -> _Found:
    """What Nimbbl says of the payment, beside what the shop says is due."""
    money = facts.payment
    if not facts.nimbbl_order_id:
        return _UNKNOWN, "No Nimbbl order is linked, so whether it was paid is not known"
    if money is None:
        return _UNKNOWN, "Nimbbl has not answered yet whether it was paid"
    if money.trouble:
        return _UNKNOWN, f"Whether it was paid is not known: {money.trouble}"
    if not money.listed and standing_of(money.order_status) not in _NOT_CAPTURED:
        return _UNKNOWN, f"Nimbbl says “{money.order_status or 'nothing'}” of the order and lists no payments"
    return _covered(money, facts.payable)


def _covered(money: PaymentFact, due: Decimal | None) -> _Found:
    """Whether what was captured, less what went back, is what is due."""
    least, most = money.reckoning.least, money.reckoning.most
    if due is None:
        if most is not None and most <= 0:
            return _FAIL, _sums(money) if money.reckoning.taken_back else _shortfall(money)
        return _UNKNOWN, f"{_sums(money)}; how much was due is not known"
    low, high = due - TOLERANCE, due + TOLERANCE
    if most is not None and most < low and not (money.reckoning.captured or money.reckoning.taken_back):
        return _FAIL, f"{_shortfall(money)}, {with_sign(due)} due"
    if (most is not None and most < low) or (least is not None and least > high):
        return _FAIL, f"{_sums(money)}, {with_sign(due)} due: they differ by more than ₹{TOLERANCE}"
    if least is None or most is None or least < low or most > high:
        return _UNKNOWN, f"{_unclear(money)}; {with_sign(due)} due"
    return _PASS, f"{_sums(money)}, {with_sign(due)} due, within ₹{TOLERANCE}"


def _sums(money: PaymentFact) -> str:
    """What was captured and what went back, in words."""
    captured, back = money.reckoning.captured, money.reckoning.taken_back
    known = f"{with_sign(captured)} captured at Nimbbl" if captured is not None else ""
    words = known or "Captured at Nimbbl, how much is not known"
    if back is None:
        return f"{words}, less an amount that went back and is not known"
    return f"{words}, less {with_sign(back)} paid back or on its way back" if back else words


def _shortfall(money: PaymentFact) -> str:
    """Why there is nothing captured, in words."""
    if money.foreign and standing_of(money.payment_status) is Standing.CAPTURED:
        return f"Captured at Nimbbl in {money.foreign}, not in rupees"
    if money.payment_status:
        meaning = _MEANING.get(standing_of(money.payment_status), "nothing is captured")
        return f"Nimbbl says that the payment is {money.payment_status}: {meaning}"
    return f"Nimbbl lists no payment, and says “{money.order_status or 'nothing'}” of the order: nothing is captured"


def _unclear(money: PaymentFact) -> str:
    """What keeps us from knowing, in words."""
    if money.payment_status and standing_of(money.payment_status) is Standing.UNKNOWN:
        return f"Nimbbl says “{money.payment_status}” of the payment, which nobody here can judge"
    return f"{_sums(money)}: part of what Nimbbl lists cannot be read"
