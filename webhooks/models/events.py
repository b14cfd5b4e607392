"""What Nimbbl posted to us of its own accord."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from payments.choices import Proof


class EventOutcome(models.TextChoices):
    """What became of an event."""

    PENDING = "pending", _("Pending: kept, not taken in yet")
    WAITING = "waiting", _("Waiting: its order is of no purchase here")
    TAKEN = "taken", _("Taken in: it counts for the payment")
    SHOWN = "shown", _("Shown: it moves no money")


class NimbblEventQuerySet(models.QuerySet["NimbblEvent"]):
    """What is asked of every event."""

    def pending(self) -> NimbblEventQuerySet:
        """Acknowledged, and not taken in yet."""
        return self.filter(outcome=EventOutcome.PENDING)

    def waiting(self) -> NimbblEventQuerySet:
        """About an order that is of no purchase here."""
        return self.filter(outcome=EventOutcome.WAITING)

    def unsettled(self) -> NimbblEventQuerySet:
        """Of which something is still to come."""
        return self.filter(outcome__in=(EventOutcome.PENDING, EventOutcome.WAITING))

    def unproved_since(self, moment: datetime) -> NimbblEventQuerySet:
        """Of which nothing proves that they are Nimbbl's."""
        return self.filter(~Q(proof=Proof.GENUINE), received_at__gte=moment)

    def for_list(self) -> NimbblEventQuerySet:
        """Without bodies."""
        return self.defer("body")


class NimbblEvent(models.Model):
    """One thing that Nimbbl posted, kept as the exact bytes, and what of it is proved. Written by `webhooks.events`.

    `identity` is one for all posts that say the same (`payments.partners.nimbbl_events`): a repetition is counted on
    the row of the first. `said` is the payment or refund that it speaks of, as signed: `TransactionSaid`, with its
    amount as text. What is not proved says nothing, and its ids are claims. `proof` is empty until it was judged.
    """

    received_at = models.DateTimeField(default=timezone.now)
    times_seen = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField(default=timezone.now)
    body = models.BinaryField()
    identity = models.CharField(max_length=64, unique=True)
    size = models.PositiveIntegerField(help_text=_("Bytes."))
    headers = models.JSONField(default=dict, help_text=_("Those that describe the body and the sender's software."))
    remote_address = models.CharField(max_length=45, blank=True)
    proof = models.CharField(max_length=10, choices=Proof.choices, blank=True)
    version = models.CharField(max_length=64, blank=True, help_text=_("What it calls its signature."))
    event_type = models.CharField(max_length=64, blank=True)
    nimbbl_order_id = models.CharField(max_length=100, blank=True)
    invoice_id = models.CharField(max_length=100, blank=True)
    said = models.JSONField(null=True)
    outcome = models.CharField(max_length=8, choices=EventOutcome.choices, default=EventOutcome.PENDING)
    problem = models.CharField(max_length=100, blank=True, help_text=_("What stood in the way last."))
    settled_at = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True, help_text=_("Not to be tried again before (UTC)."))

    objects: ClassVar[models.Manager[NimbblEvent]] = models.Manager.from_queryset(NimbblEventQuerySet)()

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("nimbbl_order_id",), name="event_of_order"),
            models.Index(
                fields=("received_at",),
                name="event_unsettled",
                condition=Q(outcome__in=("pending", "waiting")),
            ),
            models.Index(fields=("received_at",), name="event_unproved", condition=~Q(proof="genuine")),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"
