"""The money side of a purchase: its order at Nimbbl, and each payment and refund there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import OrderGroup
from payments.choices import Teller, Way
from payments.reconciliation.rules import STEPS

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


def first_ask() -> datetime:
    """When Nimbbl is asked about an order that it has only just been named."""
    return timezone.now() + STEPS[0]


class Payment(models.Model):
    """The Nimbbl side of a purchase: which order it is there, and what we last knew of it.

    Amounts in rupees. `known` is what Nimbbl last echoed of address and attributes, `wanted` what an update under way
    asks for (both personal); `wanted` is empty when nothing is under way. What is known of the money is worked out of
    `book`, all that Nimbbl has said of it: `answer` for the checks, and the amounts. `payments.ledger.services.take`
    alone writes them; `asked_at`, `answered_at` and `trouble` are the enquiry's, `next_ask_at` is the reconciliation's
    (`payments.reconciliation.planning`).
    """

    nimbbl_order_id = models.CharField(max_length=64, primary_key=True)
    group = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="payments")
    invoice_id = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=20, blank=True, help_text=_("Nimbbl's word for the order, as last heard."))
    payment_status = models.CharField(max_length=20, blank=True, help_text=_("The same of the payment itself."))
    currency = models.CharField(max_length=3, blank=True)
    total_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    captured_amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    taken_back_amount = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_("Paid back or on its way back, at most; rupees."),
    )
    refunded_amount = models.DecimalField(
        max_digits=14, decimal_places=2, null=True, blank=True, help_text=_("Paid back for good; rupees.")
    )
    said_by = models.CharField(max_length=8, choices=Teller.choices, blank=True, default="", db_default="")
    said_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When the last news of its money was said; `said_by`: by which way (UTC).")
    )
    heard_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Nimbbl was last asked about it (UTC)."))
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("When it had last answered, or failed to."))
    answer = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("What the checks before a confirmation go by.")
    )
    trouble = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("Why the last enquiry told nothing, where nothing was heard since."),
    )
    book = models.JSONField(null=True, blank=True, editable=False, help_text=_("What Nimbbl has said of its money."))
    known = models.JSONField(default=dict, blank=True, editable=False)
    wanted = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    moved_at = models.DateTimeField(null=True, blank=True, help_text=_("When its amounts last changed (UTC)."))
    next_ask_at = models.DateTimeField(
        null=True,
        blank=True,
        default=first_ask,
        db_default=Now(),  # for rows of the code before
        help_text=_("When Nimbbl is to be asked about it next (UTC)."),
    )

    group_id: str
    transactions: RelatedManager[Transaction]

    class Meta:
        ordering = ("created_at",)
        indexes = (
            models.Index(
                fields=("next_ask_at",), condition=models.Q(next_ask_at__isnull=False), name="payment_to_ask_about"
            ),
        )
        permissions = (("register_purchase", "May register purchases before 1mg speaks of them"),)

    def __str__(self) -> str:
        return self.nimbbl_order_id

    @property
    def net_amount(self) -> Decimal | None:
        """Captured, less what was paid back or is on its way back; rupees, `None` where either is not known."""
        if self.captured_amount is None or self.taken_back_amount is None:
            return None
        return self.captured_amount - self.taken_back_amount

    @property
    def open_refunds(self) -> Decimal | None:
        """What is on its way back; rupees, `None` where it is not known."""
        if self.taken_back_amount is None or self.refunded_amount is None:
            return None
        return self.taken_back_amount - self.refunded_amount


class Transaction(models.Model):
    """A payment attempt or a refund at Nimbbl: what is known of it by all that was said, in Nimbbl's own words.

    Holds nothing personal: a statement has no field for it. An amount in its own `currency`, unknown where two who say
    the same differ on it. Written by `payments.ledger.services.take`, as `Payment` is.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transactions", db_index=False)
    transaction_id = models.CharField(max_length=100, help_text=_("Nimbbl's."))
    way = models.CharField(max_length=8, choices=Way.choices)
    kind = models.CharField(max_length=40, blank=True)
    word = models.CharField(max_length=40, blank=True, help_text=_("Nimbbl's word for where it stands."))
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=8, blank=True)
    mode = models.CharField(max_length=40, blank=True)
    bank_reference = models.CharField(max_length=100, blank=True)
    refund_request_id = models.CharField(max_length=100, blank=True, help_text=_("Ours, of a refund."))
    pays_back = models.CharField(max_length=100, blank=True, help_text=_("Of a refund: the payment that it is of."))
    said_by = models.CharField(max_length=8, choices=Teller.choices)
    said_at = models.DateTimeField(help_text=_("When its word was first said; by an enquiry, last (UTC)."))
    first_heard_at = models.DateTimeField()
    is_listed = models.BooleanField(
        null=True,
        blank=True,
        help_text=_("Whether Nimbbl's last list names it; unknown where there is none since."),
    )

    payment_id: str

    class Meta:
        ordering = ("first_heard_at", "transaction_id")
        constraints = (
            models.UniqueConstraint(fields=("payment", "transaction_id", "way"), name="one_row_a_transaction"),
        )

    def __str__(self) -> str:
        return f"{self.transaction_id}: {self.word}"
