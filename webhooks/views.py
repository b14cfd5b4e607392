"""The receiver of 1mg's order updates, and the inbox that staff read.

What each answer makes 1mg do (its page: a code below 200 or above 300 is a failure and is sent again):

| code | `status` | when | 1mg |
|---|---|---|---|
| 200 | SUCCESS | kept and applied; received again; older than what we know | stops |
| 200 | PENDING | kept; applied later, or not understood in full | stops, we go on |
| 400 | FAILED | not JSON: empty, damaged, too deep, a key twice | sends again |
| 401, 403, 429 | FAILED | no valid token; address not allowed; too many wrong tokens | sends again |
| 404, 405 | FAILED | the address misspelt; not POST | |
| 411, 413, 415 | FAILED | no length; too large; compressed | sends again |
| 503 | FAILED | the bytes could not be kept | sends again |
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.request import HttpHeaders
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import APIException
from rest_framework.views import APIView

from webhooks import bodies, schema, services
from webhooks.answering import as_json
from webhooks.authentication import REALM, WebhookTokenAuthentication
from webhooks.bodies import Refused
from webhooks.services import Answer, Post

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS: Final = "30"
#: What describes a body and the software that sent it; the rest of the headers is not kept.
KEPT_HEADERS: Final = {name: HttpHeaders.to_wsgi_name(name) for name in ("Content-Type", "User-Agent", "X-Request-Id")}


class OrderUpdateView(APIView):
    """`POST /update-status/`: 1mg reports the state of grouped orders."""

    authentication_classes = (WebhookTokenAuthentication,)
    permission_classes = ()
    http_method_names = ("post",)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """DRF's, without what serves nothing here.

        Its own reading of a body, above all, guesses encodings and takes a chunked one for empty.
        """
        self.request = request  # type: ignore[assignment]
        if request.method != "POST":
            return method_not_allowed()  # before any look at a token
        try:
            if settings.SECURE_SSL_REDIRECT and not request.is_secure():
                raise Refused(403, "Use https.")
            _sender, fingerprint = WebhookTokenAuthentication().authenticate(request)
            return self.post(request, fingerprint)
        except Exception as error:  # noqa: BLE001 - the agreed JSON whatever happens
            return self.handle_exception(error)

    @extend_schema(**schema.RECEIVER)
    def post(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        """Keep the body, apply it, answer. `fingerprint`: that of the token that was shown."""
        address = request.META.get("REMOTE_ADDR", "")[:45]
        try:
            body = bodies.whole(request, settings.ONEMG_WEBHOOK_MAX_BYTES)
        except Refused as refused:
            services.reject(address, f"body_{refused.status_code}")
            raise
        post = Post(
            body=body,
            token_fingerprint=fingerprint,
            remote_address=address,
            headers={name: request.META[key][:200] for name, key in KEPT_HEADERS.items() if key in request.META},
        )
        return _told(services.receive(post))

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Always the agreed JSON; a fault of ours is 503, since only a retry can bring the update back."""
        if isinstance(exc, APIException):
            response = _told(Answer(exc.status_code, "FAILED", str(exc.detail)))
            if exc.status_code == 401:
                response["WWW-Authenticate"] = REALM
            if wait := getattr(exc, "wait", None):
                response["Retry-After"] = str(int(wait))
            return response
        kind = "database" if isinstance(exc, DatabaseError) else "fault"
        log.error("an update could not be kept (%s): %s", kind, type(exc).__name__, exc_info=exc)
        return unavailable()


def unavailable() -> HttpResponse:
    """The answer of last resort: nothing was kept, send it again."""
    response = _told(Answer(503, "FAILED", "Temporarily unavailable, please send again."))
    response["Retry-After"] = RETRY_AFTER_SECONDS
    return response


def method_not_allowed(allowed: str = "POST") -> HttpResponse:
    """405 for whatever is not POST."""
    response = _told(Answer(405, "FAILED", f"Only {allowed} is accepted."))
    response["Allow"] = allowed
    return response


def not_found() -> HttpResponse:
    """404 for a misspelt address: upper case, a slash too many."""
    return _told(Answer(404, "FAILED", "No such address."))


def bad_request() -> HttpResponse:
    """400 for a request that names a host we do not answer for."""
    return _told(Answer(400, "FAILED", "The request cannot be read."))


def _told(answer: Answer) -> HttpResponse:
    return as_json(answer.code, answer.body())
