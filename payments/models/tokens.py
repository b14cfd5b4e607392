"""Nimbbl's token, which all processes share."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class PartnerToken(models.Model):
    """Nimbbl's token, shared by all processes; written by `payments.token_store` alone.

    `sealed` is encrypted with a key made from SECRET_KEY. Whoever holds the lease fetches the next token; everybody
    else waits for it.
    """

    key = models.CharField(max_length=64, primary_key=True, help_text=_("Which account the token is for (a digest)."))
    sealed = models.TextField(blank=True, editable=False)
    good_until = models.DateTimeField(null=True, blank=True)
    lease = models.CharField(max_length=36, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    refused = models.BooleanField(default=False, help_text=_("Nimbbl said no, rather than nothing."))
    problem = models.TextField(blank=True)

    def __str__(self) -> str:
        return self.key[:8]
