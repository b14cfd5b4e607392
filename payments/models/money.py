"""The money side of a purchase at Nimbbl."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import OrderGroup


class Payment(models.Model):
    """The Nimbbl side of a purchase: which order it is there, and what we last knew of it.

    Amounts in rupees. `known` is what Nimbbl last echoed of address and attributes, `wanted` what an update under way
    asks for (both personal); `wanted` is empty when nothing is under way. `answer` is what the last enquiry came to,
    written by `payments.enquiry` alone.
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
    taken_back_ids = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("Nimbbl's ids of what that amount is made of.")
    )
    heard_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("When Nimbbl was last asked about it (UTC)."))
    answered_at = models.DateTimeField(null=True, blank=True, help_text=_("When it had last answered, or failed to."))
    answer = models.JSONField(
        null=True, blank=True, editable=False, help_text=_("What the checks before a confirmation were told then.")
    )
    known = models.JSONField(default=dict, blank=True, editable=False)
    wanted = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    group_id: str

    class Meta:
        ordering = ("created_at",)
        permissions = (("register_purchase", "May register purchases before 1mg speaks of them"),)

    def __str__(self) -> str:
        return self.nimbbl_order_id
