"""When the worker last came to the end of what it does by the clock."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ReconciliationRun(models.Model):
    """The last run of `payments.reconciliation.services.sweep` that came to its end: one row, none before the first.

    What was due and was not asked about in it is due still, and stands in `Payment.next_ask_at`.
    """

    finished_at = models.DateTimeField(default=timezone.now)
    asked = models.PositiveIntegerField(help_text=_("So many payments were asked about."))

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M}"

    @classmethod
    def note(cls, asked: int) -> None:
        """Say that a run has ended now."""
        cls.objects.update_or_create(pk=1, defaults={"finished_at": timezone.now(), "asked": asked})

    @classmethod
    def last(cls) -> datetime | None:
        """When the last one ended; `None` where none has."""
        return cls.objects.values_list("finished_at", flat=True).first()
