"""The table of the bare server; only `tests.bench.settings` knows it."""

from django.db import models


class Body(models.Model):
    """What was posted."""

    body = models.BinaryField()

    def __str__(self) -> str:
        return f"#{self.pk}"
