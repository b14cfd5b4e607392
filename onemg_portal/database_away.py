"""The database is away, busy or full: whoever asks is told 503, and when to ask again.

DEBUG shows a page of its own for whatever failed, and would tell a shop 500 while the database is away. So that it was
the database is noted as Django hears of the failure, wherever that was, and answered by a middleware around all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Final

from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.db.transaction import TransactionManagementError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

_NOTE: Final = "onemg_portal.database_is_away"


class DatabaseAwayMiddleware:
    """Answer 503 where a request failed for the database's sake: in authentication, a view, a page, a middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        got_request_exception.connect(_note)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        return unavailable(request) if _NOTE in request.META else response


def _note(request: HttpRequest, **kwargs: Any) -> None:
    """Write down on the request that it was the database."""
    if is_the_database(sys.exc_info()[1]):
        request.META[_NOTE] = True


def is_the_database(error: BaseException | None) -> bool:
    """Whether the database was away, busy or full. SQLite gives a missing table the same name; that is our fault."""
    if isinstance(error, TransactionManagementError):  # asked again after it had failed
        return is_the_database(error.__cause__)
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    return getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR"


def unavailable(request: HttpRequest) -> HttpResponse:
    """503, for all who ask: trying again is right, and when."""
    response: HttpResponse
    if request.path_info.startswith("/api/"):
        response = JsonResponse({"detail": "The database does not answer. Please try again."}, status=503)
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "30"
    response["Content-Length"] = str(len(response.content))  # it may leave from above what sets it
    return response
