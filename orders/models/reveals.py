"""Who was shown whose purchase it is."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orders import choices


class Reveal(models.Model):
    """Somebody had a purchase's contact, address and papers shown. Append-only; written by `orders.revealing.services`.

    It outlives what it tells of: the purchase's id and the account's name stand in it as text.
    """

    purchase = models.CharField(max_length=64, db_index=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=150)
    at = models.DateTimeField(db_index=True)
    opened_from = models.CharField(max_length=8, choices=choices.OpenedFrom.choices)

    objects: ClassVar[models.Manager[Reveal]] = models.Manager()

    class Meta:
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.purchase} #{self.pk}"
