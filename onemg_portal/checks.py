"""What must be right of the portal as a whole before it serves anybody."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def hosts(**kwargs: Any) -> list[CheckMessage]:
    """E001: a portal that answers for no host answers 400 to everybody, 1mg first. Commands need none, `serve` does."""
    if settings.ALLOWED_HOSTS or settings.DEBUG:
        return []
    return [
        Error(
            "ALLOWED_HOSTS names no host: whoever asks is answered 400.",
            hint="Name the hosts that browsers and 1mg call, for example ALLOWED_HOSTS=portal.example",
            id="portal.E001",
        )
    ]
