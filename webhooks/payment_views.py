"""What the addresses have in common at which 1mg asks about money: https, its token, and `{"error"}` for whatever else.

Only a 200 has a `status`: by that word 1mg fulfils an order, pays back, or tells a customer that money is on its way.
So no refusal holds one.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from webhooks.answering import as_json
from webhooks.authentication import REALM, PaymentTokenAuthentication
from webhooks.bodies import Refused

log = logging.getLogger(__name__)


class PaymentView(APIView):
    """An address that takes one method, which the door has looked at before (`webhooks.doors`)."""

    authentication_classes = (PaymentTokenAuthentication,)
    permission_classes = ()
    #: The answer where the fault is ours.
    unavailable: Callable[[], HttpResponse]
    #: That of the token that was shown.
    fingerprint = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's, without its reading of a body and its choice of a format."""
        self.request = request  # type: ignore[assignment]
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                raise Refused(403, "Use https.")
            _sender, self.fingerprint = PaymentTokenAuthentication().authenticate(request)
            answer: Callable[..., HttpResponse] = getattr(self, self.http_method_names[0])
            return answer(request, **kwargs)
        except Exception as error:  # noqa: BLE001 - the agreed JSON whatever happens
            return self.handle_exception(error)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """A fault of ours is 503: 1mg is to come again."""
        if isinstance(exc, APIException):
            response = refused(exc.status_code, str(exc.detail))
            if exc.status_code == 401:
                response["WWW-Authenticate"] = REALM
            if wait := getattr(exc, "wait", None):
                response["Retry-After"] = str(int(wait))
            return response
        kind = "database" if isinstance(exc, DatabaseError) else "fault"
        log.error("%s did not answer 1mg (%s): %s", type(self).__name__, kind, type(exc).__name__, exc_info=exc)
        return self.unavailable()


def refused(code: int, words: str) -> HttpResponse:
    """An answer that says nothing of money."""
    return as_json(code, {"error": words})


def away(words: str, *, seconds: int) -> HttpResponse:
    """503: come again after so many seconds."""
    response = refused(503, f"Temporarily unavailable, please {words}.")
    response["Retry-After"] = str(seconds)
    return response


def method_not_allowed(allowed: str) -> HttpResponse:
    """405 for any other method."""
    response = refused(405, f"Only {allowed} is accepted.")
    response["Allow"] = allowed
    return response


def not_found() -> HttpResponse:
    """404 for a misspelt address."""
    return refused(404, "No such address.")


def bad_request() -> HttpResponse:
    """400 for a request that names a host we do not answer for."""
    return refused(400, "The request cannot be read.")
