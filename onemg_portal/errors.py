"""Answers to what no view answers: JSON below /api/, a page elsewhere; never a word about the cause."""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import defaults

from onemg_portal import destinations, signed_out
from onemg_portal.database_away import is_the_database, unavailable


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return defaults.page_not_found(request, exception)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the account is known, and its role does not open this."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": _("Your role does not open this.")}, status=403)
    here = destinations.page_of(request.get_full_path())
    came_from = signed_out.page_of(request)
    back = "" if came_from in (here, destinations.DESK) else came_from
    return render(request, "403.html", {"back": back, **signed_out.typed(request)}, status=403)


def not_from_this_session(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is not the session's: it was opened before a new sign-in, or another site has sent it."""
    at_sign_in = _is_sign_in(request)
    if not request.user.is_authenticated and not at_sign_in:
        return signed_out.answer(request)
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": _("The form is not of this session; nothing was sent.")}, status=403)
    page = destinations.page_of(request.POST.get("next", "")) if at_sign_in else signed_out.page_of(request)
    if signed_out.by_script(request):
        return render(request, "includes/_opened_before.html", {"page": page}, status=403)
    if at_sign_in:
        return render(request, "sign_in_again.html", {"page": page or "/"}, status=403)
    return render(request, "opened_before.html", {"page": page, **signed_out.typed(request)}, status=403)


def _is_sign_in(request: HttpRequest) -> bool:
    return request.path_info in (reverse("login"), reverse("admin:login"))


def failed(request: HttpRequest) -> HttpResponse:
    """500, or 503 where it was the database that did not answer; the log has the rest."""
    if is_the_database(sys.exc_info()[1]):
        return unavailable(request)
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Something failed here. It has been logged."}, status=500)
    return defaults.server_error(request)
