"""Browsers that have signed in before. They keep their way in while somebody else tries passwords from everywhere."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE: Final = "portal_browser"
KEPT: Final = timedelta(days=90)
_SALT: Final = "onemg_portal.browsers"


def known_name(request: HttpRequest) -> str | None:
    """The name that last signed in with this browser."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KEPT))
    except signing.BadSignature:
        return None


def remember(response: HttpResponse, user: User) -> None:
    """Give the browser its mark. It opens nothing: a password is asked for as ever."""
    response.set_cookie(
        COOKIE,
        signing.dumps(user.get_username(), salt=_SALT),
        max_age=KEPT,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
