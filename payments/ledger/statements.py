"""One thing that Nimbbl said of one of its orders, by whichever way we heard it. Pure.

Rests on Nimbbl's pages of Transaction enquiry, Refund and webhooks. Amounts are rupees unless `currency` names another;
what was not said, or cannot be read, is empty or `None`. Nothing here is personal: no name, no UPI id, no card.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Teller(models.TextChoices):
    """By which way Nimbbl said it."""

    WEBHOOK = "webhook", _("Nimbbl's webhook")
    ENQUIRY = "enquiry", _("Nimbbl, asked")
    UPDATE = "update", _("Nimbbl's answer to an update")
    REFUND = "refund", _("Nimbbl's answer to a refund")


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


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said of one order and its transactions. `at`: when we heard it (UTC).

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
