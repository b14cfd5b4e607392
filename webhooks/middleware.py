"""The receiver's own short way in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from webhooks import views

log = logging.getLogger(__name__)

#: With the slash and without: a redirect would lose the body, and 1mg takes it for a failure.
PATHS: Final = frozenset({"/update-status/", "/update-status"})


class ReceiverMiddleware:
    """Answer 1mg's updates before the rest of the stack, and never in any other shape than the agreed JSON.

    Sessions, languages, CSRF and redirects are for browsers; here they would cost time and could only answer in ways
    that 1mg does not understand.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.receiver = views.OrderUpdateView.as_view()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass on what is not for the receiver."""
        if request.path_info not in PATHS:
            nearly = request.path_info.lower().lstrip("/").startswith("update-status")
            return views.not_found() if nearly else self.get_response(request)
        if request.method != "POST":
            return views.method_not_allowed()
        try:
            request.get_host()
            response: HttpResponse = self.receiver(request)
        except DisallowedHost:
            return views.bad_request()
        except Exception as error:  # noqa: BLE001 - the last door: HTML would break the agreed shape
            log.error("the receiver failed: %s", type(error).__name__, exc_info=True)
            return views.unavailable()
        return response
