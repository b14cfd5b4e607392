"""Keys of the merchant's own systems."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.db import models
from django.utils import timezone


class ApiKey(models.Model):
    """A key of one of the merchant's own systems. Only its SHA-256 is kept: 256 random bits need no slow hash."""

    name = models.CharField(max_length=100, unique=True)
    prefix = models.CharField(max_length=8, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    may_see_personal_data = models.BooleanField(default=False)
    may_write = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    # What DRF and Django ask of `request.user`: a key is a caller, never a member of staff.
    is_authenticated = True
    is_anonymous = False
    is_staff = False
    is_active = True

    @classmethod
    def issue(cls, name: str, **rights: Any) -> tuple[ApiKey, str]:
        """Make a key; the second value is the secret, which exists nowhere else and is shown once."""
        secret = secrets.token_urlsafe(32)
        return cls.objects.create(name=name, prefix=secret[:6], digest=cls.digest_of(secret), **rights), secret

    @staticmethod
    def digest_of(secret: str) -> str:
        """What is stored of a secret."""
        return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
