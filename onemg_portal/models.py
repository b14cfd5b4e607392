"""What the wiring remembers: which permissions the roles were offered."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import Permission
from django.db import models


class OfferedPermission(models.Model):
    """A permission that the roles have been given their share of, once. Written by `onemg_portal.roles` alone.

    What an owner has taken from a role since is not given again; a permission without a row came with an upgrade.
    """

    permission = models.OneToOneField(Permission, on_delete=models.CASCADE, primary_key=True, related_name="+")

    objects: ClassVar[models.Manager[OfferedPermission]] = models.Manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.permission_id)
