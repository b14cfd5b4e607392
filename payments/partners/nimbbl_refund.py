"""What Nimbbl's answer to a refund means. Pure.

Rests on its page of Refund: `refund_status` is `new`, `pending`, `succeeded` or `failed`, and a `refund_request_id`
that was sent before is refused while that refund is pending or has succeeded. That refusal, a code that no page
explains and an answer that names another refund all leave it open whether money goes back: *unknown*, and not sent
again by itself.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from orders.rupees import with_sign
from payments.choices import State
from payments.ledger.statements import TransactionSaid
from payments.partners.messages import Response
from payments.partners.nimbbl import PARTNER, error_words
from payments.partners.nimbbl_money import Standing, bank_reference_of, standing_of
from payments.partners.nimbbl_order import number, text
from payments.partners.results import Result, document, of_code

#: What it calls the payment that a refund is of; the first is its own spelling.
_PAYMENT_ID: Final = ("orignal_payment_transaction_id", "original_payment_transaction_id")
#: By which of its words a refusal may be one of a refund that is there already.
_ALREADY: Final = re.compile("duplicate|already|same refund|exists", re.IGNORECASE)
_REFUSALS: Final = frozenset({400, 404, 405, 422})
_CAME: Final[Mapping[Standing, Result]] = {
    Standing.CAPTURED: Result(State.SUCCEEDED, "Nimbbl has paid it back."),
    Standing.OPEN: Result(State.SUCCEEDED, "Nimbbl took the refund; the bank takes 2 to 5 working days."),
    Standing.OVER: Result(State.REJECTED, "Nimbbl says that the refund failed: nothing was paid back."),
}


@dataclass(frozen=True, slots=True)
class Refunded:
    """What came of a refund, and the transaction in Nimbbl's own words where it named one."""

    result: Result
    said: TransactionSaid | None = None


def read_refund(response: Response, *, amount: Decimal, refund_request_id: str, now: datetime) -> Refunded:
    """What came of it. `amount`: the rupees that were asked for."""
    if settled := of_code(PARTNER, response, now):
        return Refunded(settled)
    told = document(response)
    if problem := error_words(response.code, told):
        return Refunded(_refused(response.code, told, problem))
    if not isinstance(told, dict) or not told:
        words = f"Nimbbl answered {response.code} with something that cannot be read."
        return Refunded(Result(State.UNKNOWN, words))
    said = _said(told)
    if said.refund_request_id not in ("", refund_request_id):
        return Refunded(Result(State.UNKNOWN, "Nimbbl's answer names another refund than the one we asked for."))
    if said.amount not in (None, amount):
        words = f"Nimbbl's answer names {with_sign(said.amount)}, not the {with_sign(amount)} that we asked for."
        return Refunded(Result(State.UNKNOWN, words), said)
    words = f"Nimbbl says “{said.word}” of the refund, which nobody here can judge."
    return Refunded(_CAME.get(standing_of(said.word)) or Result(State.UNKNOWN, words), said)


def _refused(code: int, told: Any, problem: str) -> Result:
    """An error: a refusal only where Nimbbl says why, and it is not that the refund is there already."""
    if code == 409 or _ALREADY.search(problem):
        words = f"Nimbbl says that it has this refund already: {problem}. What became of it is to be asked."
        return Result(State.UNKNOWN, words)
    reasoned = isinstance(told, dict) and bool(told.get("error"))
    if reasoned and (code < 300 or code in _REFUSALS):
        return Result(State.REJECTED, f"Nimbbl refused the refund: {problem}.")
    return Result(State.UNKNOWN, f"Nimbbl failed: {problem}. Whether it pays back is not known.")


def _said(told: Mapping[str, Any]) -> TransactionSaid:
    return TransactionSaid(
        transaction_id=text(told.get("transaction_id")),
        kind=text(told.get("refund_type") or told.get("transaction_type")) or "refund",
        word=text(told.get("refund_status")),
        amount=number(told.get("refund_amount")),
        currency=text(told.get("currency")),
        bank_reference=bank_reference_of(text(told.get("refund_arn"))),
        refund_request_id=text(told.get("refund_request_id")),
        pays_back=next((said for name in _PAYMENT_ID if (said := text(told.get(name)))), ""),
    )
