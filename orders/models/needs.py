"""What needs somebody, and the limits that say when it is overdue."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.desk.causes import LIMITS, Cause


class Need(models.Model):
    """One cause why a purchase needs somebody, for as long as it holds. Written by `orders.desk.needing`.

    The fold of what is known: `orders.desk.needs.of` says what stands, `rebuild_orders --compare` watches it. `since`
    may lie ahead, as of a promise that has not passed. Limits are no part of it; they are applied when rows are read.

    `hidden_until` and `asked_at` are our own acts (`orders.care.snooze`, `orders.asks`), which end with 1mg's news.
    """

    # Without a constraint: it is worked out and compared, and checking it would cost each update of 1mg's a look.
    group = models.ForeignKey(
        "orders.OrderGroup", on_delete=models.CASCADE, related_name="needs", db_index=False, db_constraint=False
    )
    clock = models.CharField(max_length=16, help_text=_("Which limit it runs against."))
    cause = models.PositiveSmallIntegerField(choices=Cause.choices)
    since = models.DateTimeField()
    order_id = models.CharField(max_length=64, blank=True, help_text=_("1mg's order that has been waiting longest."))
    many = models.PositiveSmallIntegerField(
        help_text=_("How many of the purchase's orders it is about; 0: it as a whole.")
    )
    hidden_until = models.DateTimeField(null=True, blank=True, help_text=_("Snoozed until then (UTC)."))
    asked_at = models.DateTimeField(null=True, blank=True, help_text=_("When 1mg was last asked about it (UTC)."))
    asked_by = models.CharField(
        max_length=150, blank=True, default="", db_default="", help_text=_("Who asked, as named then.")
    )

    group_id: str

    class Meta:
        ordering = ("cause", "clock")
        constraints = (models.UniqueConstraint(fields=("group", "clock"), name="need_once_a_purchase"),)
        indexes = (models.Index(fields=("clock", "since", "group"), name="need_oldest"),)

    def __str__(self) -> str:
        return f"{self.group_id} {self.clock}"


class ClockLimit(models.Model):
    """A limit that an administrator has set, instead of the one of `orders.desk.causes`; it counts from then on."""

    clock = models.CharField(max_length=16, primary_key=True, choices=[(name, name) for name in LIMITS])
    after = models.DurationField(help_text=_("How long it may take."))
    why = models.CharField(max_length=200, blank=True, help_text=_("Who says so, shown beside the limit."))
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    set_by_id: int | None

    class Meta:
        ordering = ("clock",)
        constraints = (
            models.CheckConstraint(condition=models.Q(after__gte=timedelta(0)), name="limit_is_not_negative"),
        )

    def __str__(self) -> str:
        return self.clock
