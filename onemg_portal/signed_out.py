"""What is answered when the session has ended: a page that is open must not lose what is on it.

    a link that is followed    302 to sign in, and from there to where it led (Django's own)
    a script                   401 with the strip that the page then shows; a redirect would be followed, and swapped in
    a form                     401, a page that says that nothing was sent, and shows what was typed
    somebody signed in whose account does not open it (the admin)   403

`static/js/session.js` asks before it sends a form, so where scripts run the page stays and the third is seldom met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from onemg_portal import destinations

_SAFE: Final = ("GET", "HEAD", "OPTIONS")
#: Fields that nobody typed.
_NOT_TYPED: Final = frozenset({"csrfmiddlewaretoken", "next", "seen"})


class SignedOutMiddleware:
    """Turns the way to sign in, which any view may name, into an answer that loses nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not _leads_to_sign_in(response):
            return response
        if request.user.is_authenticated:
            raise PermissionDenied
        if request.method in _SAFE and not by_script(request):
            return response
        return answer(request)


def _leads_to_sign_in(response: HttpResponse) -> bool:
    if response.status_code != 302:
        return False
    where = urlsplit(response["Location"])
    return where.path in (reverse("login"), reverse("admin:login")) and bool(where.query)


def answer(request: HttpRequest) -> HttpResponse:
    """401: signed out, nothing was sent."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": _("You were signed out; nothing was sent")}, status=401)
    page = page_of(request)
    context: dict[str, Any] = {"page": page, "sign_in": f"{reverse('login')}?{urlencode({'next': page})}"}
    if by_script(request):
        return render(request, "includes/_signed_out.html", context, status=401)
    return render(request, "signed_out.html", context | typed(request), status=401)


def by_script(request: HttpRequest) -> bool:
    """Whether a script asks, which would follow a redirect and take the sign-in page for what it asked for."""
    headers = request.headers
    if "HX-Request" in headers or headers.get("X-Requested-With") == "XMLHttpRequest":
        return True
    accepted = headers.get("Accept", "*/*")
    navigates = headers.get("Sec-Fetch-Mode", "navigate") == "navigate"
    return not navigates or not ("text/html" in accepted or "*/*" in accepted)


def page_of(request: HttpRequest) -> str:
    """The page on which the form or the script stands, as the browser says; otherwise what the address belongs to."""
    said = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(said, {request.get_host()}):
        said = ""
    return destinations.page_of(said) or destinations.page_of(request.get_full_path())


def typed(request: HttpRequest) -> dict[str, Any]:
    """What was typed into a form that is not taken, to be shown once more to who typed it; it is kept nowhere.

    Not what another site sent in the person's name: shown as hers, it would be sent by her.
    """
    origin = request.headers.get("Origin")
    ours = (None, f"{request.scheme}://{request.get_host()}", *settings.CSRF_TRUSTED_ORIGINS)
    if origin not in ours:
        return {}
    fields = [(name, text) for name, texts in request.POST.lists() if _is_shown(name) for text in texts if text]
    return {"typed": fields, "files": [file for name in request.FILES for file in request.FILES.getlist(name)]}


def _is_shown(name: str) -> bool:
    return name not in _NOT_TYPED and "password" not in name
