"""The page of the keys, and switching them off: for one person in one browser, kept there for a year."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from orders.access import FORM, staff_page

_YEAR: Final = 365 * 24 * 60 * 60  # seconds


def cookie_of(request: HttpRequest) -> str:
    """The cookie that says that she has no keys here; another person in the same browser has one of their own."""
    return f"keys-off-{request.user.pk}"


def are_off(request: HttpRequest) -> bool:
    """Whether single keys do nothing."""
    return cookie_of(request) in request.COOKIES


@staff_page(methods=FORM)
def keys(request: HttpRequest) -> HttpResponse:
    """What each key does. A POST switches all of them off, or on again."""
    if request.method != "POST":
        return render(request, "keys.html")
    answer = redirect("keys")
    if "off" in request.POST:
        answer.set_cookie(
            cookie_of(request),
            "1",
            max_age=_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    else:
        answer.delete_cookie(cookie_of(request), samesite="Lax")
    return answer
