"""Answers to what no view answers: JSON below /api/, a page elsewhere; never a word about the cause."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.views import defaults


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404."""
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Not found."}, status=404)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """500, or 503 where it was the database that did not answer; the log has the rest."""
    if _is_the_database(sys.exc_info()[1]):
        return _unavailable(request)
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": "Something failed here. It has been logged."}, status=500)
    return defaults.server_error(request)


def _is_the_database(error: BaseException | None) -> bool:
    """Whether the database was away, busy or full. SQLite gives a missing table the same name; that is our fault."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"


def _unavailable(request: HttpRequest) -> HttpResponse:
    """503, for all who ask: trying again is right, and when."""
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse({"detail": "The database does not answer. Please try again."}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "30"
    return response
