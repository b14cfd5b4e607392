"""Time that passes for what is pending, without anybody waiting for it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F

from webhooks.models import Delivery


def let_pass(time: timedelta) -> None:
    """Whatever is pending came that much earlier, and was last tried that much earlier."""
    columns = ("received_at", "next_try_at", "claimed_until")
    Delivery.objects.pending().update(**{name: F(name) - time for name in columns})
