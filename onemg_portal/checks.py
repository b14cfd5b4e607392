"""What must be right of the portal as a whole before it serves anybody.

E001 no host is named            W001 no form is accepted behind a proxy that does not say how it was asked
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004


@register(Tags.security)
def hosts(**kwargs: Any) -> list[CheckMessage]:
    """E001: a portal that answers for no host answers 400 to everybody, 1mg first."""
    if settings.ALLOWED_HOSTS or settings.DEBUG:
        return []
    return [
        Error(
            "ALLOWED_HOSTS names no host: whoever asks is answered 400.",
            hint="Name the hosts that browsers and 1mg call, for example ALLOWED_HOSTS=portal.example",
            id="portal.E001",
        )
    ]


@register(Tags.security)
def origins(**kwargs: Any) -> list[CheckMessage]:
    """W001: where nobody says that browsers use https, their forms are known by the portal's own hosts; `*` is none."""
    silent = not settings.DEBUG and not settings.SECURE_SSL_REDIRECT
    if not silent or settings.CSRF_TRUSTED_ORIGINS or "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "SECURE_SSL_REDIRECT is false and ALLOWED_HOSTS is *: behind a proxy that does not say "
            "X-Forwarded-Proto: https nobody can sign in.",
            hint="Name the hosts in ALLOWED_HOSTS, or their origins in CSRF_TRUSTED_ORIGINS.",
            id="portal.W001",
        )
    ]
