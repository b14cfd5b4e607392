"""Every call that may change something at a partner, and what people have said of two purchases that name one order.

A call is committed before it is made and completed after; `payments.states` is the one door for its state.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models import OrderGroup
from payments.choices import LIVE, UNDER_WAY, UNDONE, Operation, Partner, SettledBy, State

if TYPE_CHECKING:
    from datetime import datetime

#: A call takes 15 seconds at most. Whatever is still being sent after this died with its process.
LEASE: Final = timedelta(seconds=60)


class PartnerCallManager(models.Manager["PartnerCall"]):
    """Questions asked of calls."""

    def overdue(self, now: datetime) -> models.QuerySet[PartnerCall]:
        """Calls whose process died while they were being sent."""
        return self.filter(state=State.SENDING, sent_at__lt=now - LEASE)

    def waiting(self, now: datetime) -> models.QuerySet[PartnerCall]:
        """Calls that were never sent and may be tried now."""
        return self.filter(state=State.INTENDED, not_before__lte=now)


class PartnerCall(models.Model):
    """One call that may change something at a partner: who asked for it, what was sent, what came back, what it means.

    Request and answer are kept redacted (`payments.partners.redact`). States move by `payments.states` alone, each
    move in one transaction with what it means for the purchase: intended -> sending -> succeeded, rejected or unknown;
    back to intended where nothing was sent; abandoned where it never will be. At most one live confirmation a purchase
    and a 1mg order (`ConfirmedOrder`), one live cancellation a 1mg order, and one call a refund of which nobody knows
    that it has ended.
    """

    group = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="calls", db_index=False)
    partner = models.CharField(max_length=8, choices=Partner.choices)
    operation = models.CharField(max_length=16, choices=Operation.choices)
    state = models.CharField(max_length=12, choices=State.choices, default=State.INTENDED)
    said = models.TextField(blank=True, help_text=_("What came of it, in a sentence for staff."))

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    by = models.CharField(max_length=150, help_text=_("Who asked for it, as named then."))
    why = models.TextField(blank=True, help_text=_("The reason given, where one was needed."))
    overridden = models.JSONField(default=list, blank=True, help_text=_("Ticks that were overridden, by code."))
    ticks = models.JSONField(default=list, blank=True, help_text=_("The pre-flight as it was when the call was sent."))
    onemg_order_id = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of a confirmation or cancellation: 1mg's id of the order."),
    )
    known = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Of those: how far 1mg's news of each order had come when it was first asked for."),
    )
    refund = models.ForeignKey(
        "payments.Refund", on_delete=models.PROTECT, null=True, blank=True, related_name="calls", db_index=False
    )
    resend_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="resends", db_index=False
    )

    method = models.CharField(max_length=8, blank=True)
    url = models.TextField(blank=True)
    request_headers = models.JSONField(default=dict, blank=True)
    request_body = models.TextField(blank=True)
    answer_code = models.PositiveIntegerField(null=True, blank=True)
    answer_headers = models.JSONField(default=dict, blank=True)
    answer_body = models.TextField(blank=True)

    findings = models.JSONField(
        default=dict, blank=True, help_text=_("Of an update: names of fields that came back otherwise, or not at all.")
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    not_before = models.DateTimeField(default=timezone.now, help_text=_("Not sent before this (UTC)."))
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    took_ms = models.PositiveIntegerField(null=True, blank=True)

    settled_by = models.CharField(max_length=8, choices=SettledBy.choices, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_reason = models.TextField(blank=True)

    group_id: str
    resend_of_id: int | None
    refund_id: int | None
    actor_id: int | None
    objects: ClassVar[PartnerCallManager] = PartnerCallManager()

    class Meta:
        ordering = ("-id",)
        permissions = (
            ("send_partnercall", "May confirm orders at 1mg and update them at Nimbbl"),
            ("settle_partnercall", "May say what became of a call whose outcome is not known"),
            ("override_preflight", "May confirm although a check fails, with a reason"),
            ("cancel_order", "May ask 1mg to cancel an order"),
            ("check_partners", "May try whether the partners can be called as configured"),
        )
        indexes = (
            models.Index(fields=("group", "-id"), name="call_by_purchase"),
            models.Index(fields=("state", "-id"), name="call_by_state"),
            models.Index(
                fields=("onemg_order_id",),
                condition=models.Q(operation=Operation.CANCEL),
                name="cancellation_by_order",
            ),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("group",),
                condition=models.Q(operation=Operation.CONFIRM, state__in=sorted(LIVE)),
                name="one_live_confirmation",
            ),
            models.UniqueConstraint(
                fields=("group",),
                condition=models.Q(operation=Operation.UPDATE_ORDER, state__in=sorted(UNDER_WAY)),
                name="one_update_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("refund",),
                condition=models.Q(operation=Operation.REFUND, state__in=sorted(UNDONE)),
                name="one_live_call_a_refund",
            ),
            models.UniqueConstraint(
                fields=("onemg_order_id",),
                condition=models.Q(operation=Operation.CANCEL, state__in=sorted(LIVE)),
                name="one_live_cancellation",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} {self.operation} {self.group_id}: {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("payments:call", args=[self.pk])

    @property
    def under_way(self) -> bool:
        """Whether it goes on by itself."""
        return self.state in UNDER_WAY

    @property
    def is_overdue(self) -> bool:
        """Whether its process died while it was being sent; the next sweep will call it unknown."""
        return self.state == State.SENDING and self.sent_at is not None and self.sent_at < timezone.now() - LEASE


class ConfirmedOrder(models.Model):
    """One of 1mg's ids that a confirmation is about: the order's that is named, its group's and its parts'.

    While the confirmation is live, no other may be about the same id, whatever purchase asks for it. `group` is the
    purchase that 1mg has filed the order under since, where that is another one; how the confirmation stands is told
    there as well.
    """

    call = models.ForeignKey(PartnerCall, on_delete=models.CASCADE, related_name="about")
    onemg_id = models.CharField(max_length=64)
    live = models.BooleanField(default=True, db_default=True)
    group = models.ForeignKey(OrderGroup, on_delete=models.SET_NULL, null=True, related_name="confirmed_elsewhere")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("onemg_id",), condition=models.Q(live=True), name="confirmed_once"),
        )
        indexes = (models.Index(fields=("onemg_id",), name="confirmed_by_onemg_id"),)

    def __str__(self) -> str:
        return self.onemg_id


class RulingManager(models.Manager["Ruling"]):
    """Adds the one question."""

    def between(self, one: OrderGroup, other: OrderGroup) -> Ruling | None:
        """The last word on two purchases."""
        return self.filter(kept__in=(one, other), dropped__in=(one, other)).order_by("-pk").first()


class Ruling(models.Model):
    """A person's word on two purchases that name one 1mg order: which of the two it belongs to. The last one counts.

    `onemg_ids` are the ids that both named when it was given; it covers no others.
    """

    kept = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="+")
    dropped = models.ForeignKey(OrderGroup, on_delete=models.PROTECT, related_name="+")
    onemg_ids = models.JSONField(default=list)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    by = models.CharField(max_length=150)
    why = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    kept_id: str
    dropped_id: str
    objects: ClassVar[RulingManager] = RulingManager()

    def __str__(self) -> str:
        return f"{self.kept_id}, not {self.dropped_id}"
