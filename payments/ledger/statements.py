"""One thing that Nimbbl said of one of its orders, by whichever way we heard it. Pure.

Rests on Nimbbl's pages of Transaction enquiry, Refund and webhooks. Amounts are rupees unless `currency` names another;
what was not said, or cannot be read, is empty or `None`. Nothing here is personal: no name, no UPI id, no card.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Final

from payments.choices import Teller
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Transaction

__all__ = ["Statement", "Teller", "TransactionSaid", "of_enquiry"]


@dataclass(frozen=True, slots=True)
class TransactionSaid:
    """A payment attempt or a refund, in Nimbbl's own words.

    `kind`: its `transaction_type`. `word`: its status (`succeeded`, `failed`, …). `mode`: its `payment_mode`, as `UPI`.
    `bank_reference`: the ARN. `refund_request_id`: ours, of a refund. `pays_back`: the payment that a refund is of.
    """

    transaction_id: str
    kind: str
    word: str
    amount: Decimal | None
    currency: str = ""
    mode: str = ""
    bank_reference: str = ""
    refund_request_id: str = ""
    pays_back: str = ""

    @property
    def money(self) -> Transaction:
        """The same as it is judged and added up."""
        return Transaction(**{name: getattr(self, name) for name in _FIELDS})


_FIELDS: Final = tuple(field.name for field in fields(TransactionSaid))


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said of one order and its transactions.

    `at`: when we heard it (UTC); of an enquiry, when we asked, since what it tells may be that old.

    `lists_all`: whether it names every transaction of the order, as the answer to an enquiry does, or some of them.
    `order_status`: Nimbbl's word for the order. `refunded`: what the order itself says went back.
    """

    teller: Teller
    at: datetime
    nimbbl_order_id: str
    transactions: tuple[TransactionSaid, ...] = ()
    lists_all: bool = False
    order_status: str = ""
    invoice_id: str = ""
    currency: str = ""
    total_amount: Decimal | None = None
    refunded: Decimal | None = None


def of_enquiry(told: Enquiry, *, nimbbl_order_id: str, at: datetime) -> Statement:
    """The answer to an enquiry that was asked then. One without a list says nothing of what it might have listed."""
    return Statement(
        teller=Teller.ENQUIRY,
        at=at,
        nimbbl_order_id=nimbbl_order_id,
        transactions=tuple(TransactionSaid(**asdict(one)) for one in told.transactions or ()),
        lists_all=told.transactions is not None,
        order_status=told.status,
        invoice_id=told.invoice_id,
        currency=told.currency,
        total_amount=told.total_amount,
        refunded=told.refunded,
    )
