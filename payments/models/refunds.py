"""Paying money back: what is to be paid, and what 1mg asked for in its own bytes.

`payments.refunds.services` is the one door for a refund, `payments.refunds.requests` for what 1mg asks.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import OrderGroup
from payments.choices import BOUND, Asker, Hold, Judged, RefundState

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from payments.models.calls import PartnerCall


def new_request_id() -> str:
    """An id of ours that Nimbbl tells a repetition by: the same for every sending of one refund."""
    return f"refund_{secrets.token_hex(10)}"


class Refund(models.Model):
    """One amount to pay back of a purchase, in rupees: who asked for it, who said so, and where it stands.

    Those that claim money never come to more than was captured less what went back: decided under the purchase's lock
    (`payments.refunds.rules.room`), when it is asked for, when it is approved and right before it is sent.
    `order_id`: the id that 1mg named, of the purchase or of one of its orders; empty where a person asked.
    """

    group = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="refunds")
    amount = models.DecimalField(max_digits=14, decimal_places=2)
    state = models.CharField(max_length=10, choices=RefundState.choices, default=RefundState.WAITING)
    order_id = models.CharField(max_length=64, blank=True)
    asker = models.CharField(max_length=8, choices=Asker.choices)
    hold = models.CharField(max_length=16, choices=Hold.choices, blank=True)
    reason = models.TextField(blank=True, help_text=_("Why it is paid back, or is not; staff's own words."))
    said = models.TextField(blank=True, help_text=_("What came of it, in a sentence for staff."))
    asked_by = models.CharField(max_length=150)
    asked_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    approved_by = models.CharField(max_length=150, blank=True)
    approved_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    second_by = models.CharField(max_length=150, blank=True)
    declined_by = models.CharField(max_length=150, blank=True)
    refund_request_id = models.CharField(max_length=64, unique=True, default=new_request_id, editable=False)
    transaction_id = models.CharField(max_length=64, blank=True, help_text=_("Nimbbl's id of the refund."))
    created_at = models.DateTimeField(default=timezone.now)
    stands_since = models.DateTimeField(
        default=timezone.now,
        db_default=Now(),  # for rows of the code before
        help_text=_("Since when it stands as it does (UTC)."),
    )
    heard_at = models.DateTimeField(
        default=timezone.now, help_text=_("When it was last asked for, or last changed (UTC).")
    )

    group_id: str
    asked_user_id: int | None
    approved_user_id: int | None
    requests: RelatedManager[RefundRequest]
    calls: RelatedManager[PartnerCall]
    objects: ClassVar[models.Manager[Refund]] = models.Manager()

    class Meta:
        ordering = ("-id",)
        permissions = (("refund_payment", "May pay money back: approve, decline and start refunds"),)
        indexes = (models.Index(fields=("state", "created_at"), name="refund_by_state"),)
        constraints = (
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="refund_of_something"),
            models.UniqueConstraint(
                fields=("transaction_id",), condition=~models.Q(transaction_id=""), name="refund_once_at_nimbbl"
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.group_id}: {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("payments:refund", args=[self.pk])


class RefundRequestQuerySet(models.QuerySet["RefundRequest"]):
    """What is asked of every request."""

    def pending(self) -> RefundRequestQuerySet:
        """Kept, and not judged yet."""
        return self.filter(judged="")


class RefundRequest(models.Model):
    """One POST of 1mg's that asks for a refund: its bytes, what was read of them, what it was judged to be.

    Kept before it is judged, and whatever it is. `judged` is empty until then; what a crash leaves so the sweep judges.
    `order_id` and `unique_id` as 1mg wrote them. `answer`: what it was told, `{"code", "status", "message"}`.
    """

    body = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    token_fingerprint = models.CharField(max_length=12)
    remote_address = models.CharField(max_length=45, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    unique_id = models.CharField(max_length=200, blank=True)
    order_id = models.CharField(max_length=64, blank=True)
    other_ids = models.JSONField(default=list, blank=True, help_text=_("Further ids of the purchase that it names."))
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    judged = models.CharField(max_length=10, choices=Judged.choices, blank=True)
    problem = models.CharField(max_length=200, blank=True, help_text=_("Why it could not be read."))
    group = models.ForeignKey(
        OrderGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_requests"
    )
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="requests")
    answer = models.JSONField(default=dict, blank=True)

    group_id: str | None
    refund_id: int | None
    objects: ClassVar[models.Manager[RefundRequest]] = models.Manager.from_queryset(RefundRequestQuerySet)()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("unique_id", "-id"), name="refund_request_by_id"),
            models.Index(fields=("judged", "-id"), name="refund_request_by_judged"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("unique_id",), condition=models.Q(judged__in=sorted(BOUND)), name="one_refund_a_unique_id"
            ),
        )

    def __str__(self) -> str:
        return self.unique_id
