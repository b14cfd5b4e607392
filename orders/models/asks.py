"""What 1mg was asked about purchases, and what came of it."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.desk.causes import CLOCKS


class Ask(models.Model):
    """One thing that 1mg was asked about a purchase, until it answers in one way or another.

    Written by `orders.asks.services` alone. Whether it is 1mg's turn stands in `Need.asked_at`; this is who asked when,
    with which words, and how long it took. Asked again before an answer came it is the same question: `asked_at` stays.
    """

    class Ending(models.TextChoices):
        """How a question ends."""

        MOVED = "moved", _("1mg has moved it")
        ANSWERED = "answered", _("the answer was noted")
        WITHDRAWN = "withdrawn", _("it was not asked after all")

    group = models.ForeignKey("orders.OrderGroup", on_delete=models.CASCADE, related_name="asks", db_index=False)
    clock = models.CharField(max_length=16, choices=[(clock, clock) for clock in CLOCKS])
    asked_at = models.DateTimeField(help_text=_("First asked (UTC)."))
    last_at = models.DateTimeField(help_text=_("Last asked (UTC)."))
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )
    by = models.CharField(max_length=150, help_text=_("Who asked last, as named then."))
    batch = models.CharField(max_length=32, db_index=True, help_text=_("What was asked in one message has one."))
    facts = models.JSONField(help_text=_("What the message said of it: ids, statuses and times."))
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False
    )

    group_id: str
    objects: ClassVar[models.Manager[Ask]] = models.Manager()

    class Meta:
        ordering = ("asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("group", "clock"), condition=models.Q(ended_at=None), name="one_open_ask_a_need"
            ),
        )
        indexes = (
            models.Index(fields=("group", "clock"), name="ask_by_purchase"),
            models.Index(fields=("clock", "asked_at"), name="ask_by_clock"),
        )

    def __str__(self) -> str:
        return f"{self.group_id} {self.clock}"
