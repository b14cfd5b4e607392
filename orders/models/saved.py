"""Views of the list that staff have named."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class SavedView(models.Model):
    """The filters of a list under a name: its owner's, or everybody's. Written by `orders.saved.services`.

    `query` is a query string of filters that can be read, without what was searched for and without a place in the
    list (`orders.saved.queries`). The name is free text of staff's. It goes when its owner's account goes.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.TextField()
    is_shared = models.BooleanField(default=False)
    saved_at = models.DateTimeField(default=timezone.now)

    owner_id: int
    objects: ClassVar[models.Manager[SavedView]] = models.Manager()

    class Meta:
        ordering = ("is_shared", "name", "pk")
        permissions = (("share_savedview", "May share views of the list with everybody"),)
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="saved_once_a_name"),)

    def __str__(self) -> str:
        return f"#{self.pk}"  # not the name, which may name people
