"""What staff put beside a purchase: who looks after it, what it is tagged with, who has its page open."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from orders.models.purchases import OrderGroup


class Care(models.Model):
    """Who looks after a purchase; of one that nobody ever took there is no row. Written by `orders.care.services`.

    A row of its own, so that taking a purchase never waits for 1mg's updates, nor they for it. Its lock covers the
    tags as well.
    """

    group = models.OneToOneField(OrderGroup, on_delete=models.CASCADE, primary_key=True, related_name="care")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    since = models.DateTimeField(null=True, blank=True)

    group_id: str
    owner_id: int | None
    objects: ClassVar[models.Manager[Care]] = models.Manager()

    class Meta:
        verbose_name_plural = "care"

    def __str__(self) -> str:
        return self.group_id


class Tag(models.Model):
    """A word that staff have put on a purchase: personal as all their free text. Written by `orders.care.services`.

    `word` is the tag as it is compared, `text` as it is shown.
    """

    group = models.ForeignKey(OrderGroup, on_delete=models.CASCADE, related_name="tags", db_index=False)
    word = models.CharField(max_length=60)
    text = models.CharField(max_length=30)

    group_id: str
    objects: ClassVar[models.Manager[Tag]] = models.Manager()

    class Meta:
        ordering = ("group_id", "pk")
        constraints = (models.UniqueConstraint(fields=("group", "word"), name="tag_once_a_purchase"),)
        indexes = (models.Index(fields=("word", "group"), name="tag_word"),)

    def __str__(self) -> str:
        return f"{self.group_id} #{self.pk}"  # not the text, which may name people


class Presence(models.Model):
    """Somebody has a purchase's page open: since when, and when they last gave a sign.

    No evidence: rows go within minutes. Written by `orders.care.presence`.
    """

    group = models.ForeignKey(OrderGroup, on_delete=models.CASCADE, related_name="+", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()
    at = models.DateTimeField(db_index=True)

    group_id: str
    objects: ClassVar[models.Manager[Presence]] = models.Manager()

    class Meta:
        verbose_name_plural = "presence"
        constraints = (models.UniqueConstraint(fields=("group", "user"), name="present_once_a_purchase"),)

    def __str__(self) -> str:
        return f"{self.group_id} #{self.pk}"
