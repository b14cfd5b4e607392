"""Who may come to the doors that 1mg uses: whoever shows a token that we gave to 1mg, once, in the agreed header.

Each door has tokens of its own. What is wrong is counted by minute, address and reason.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Collection
from typing import Final

from django.conf import settings
from django.http.request import HttpHeaders, HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request

from webhooks import services

REALM: Final = "Token"


class Sender:
    """The `request.user` of a door: a caller without a single right elsewhere."""

    is_authenticated = True


class TokenAuthentication(BaseAuthentication):
    """Compare the header's token with each valid one.

    Accepted are `Token x`, `Bearer x` and a bare `x`; the token may not come twice (servers join repeated headers
    with a comma, which no token holds). `request.auth` is the token's fingerprint. Every failure looks the same.
    """

    def header(self) -> str:
        """The name of the header that carries the token."""
        raise NotImplementedError

    def digests(self) -> Collection[str]:
        """SHA-256 of each token that is valid now."""
        raise NotImplementedError

    def authenticate(self, request: Request | HttpRequest) -> tuple[Sender, str]:
        """Raises `PermissionDenied`, `AuthenticationFailed` or `Throttled`."""
        address = request.META.get("REMOTE_ADDR", "")
        allowed = settings.ONEMG_WEBHOOK_ALLOWED_ADDRESSES
        if allowed and address not in allowed:
            refuse(address, "address")
            raise PermissionDenied("This address may not post here.")
        header = request.META.get(HttpHeaders.to_wsgi_name(self.header()), "")
        fingerprint = fingerprint_of(header, self.digests())
        if fingerprint is None:
            refuse(address, "token" if header else "no_token")
            raise AuthenticationFailed("A valid token is required.")
        return Sender(), fingerprint

    def authenticate_header(self, request: Request) -> str:
        """The `WWW-Authenticate` of a 401."""
        return REALM


class WebhookTokenAuthentication(TokenAuthentication):
    """Of order updates."""

    def header(self) -> str:
        return settings.ONEMG_WEBHOOK_HEADER

    def digests(self) -> Collection[str]:
        return settings.ONEMG_WEBHOOK_TOKEN_DIGESTS


class PaymentTokenAuthentication(TokenAuthentication):
    """Of what 1mg asks about payments and refunds."""

    def header(self) -> str:
        return settings.ONEMG_PAYMENT_HEADER

    def digests(self) -> Collection[str]:
        return settings.ONEMG_PAYMENT_TOKEN_DIGESTS


def fingerprint_of(header: str, digests: Collection[str]) -> str | None:
    """The fingerprint of the valid token in a header's value, or `None`."""
    scheme, _, rest = header.strip().partition(" ")
    token = rest.strip() if scheme.lower() in ("token", "bearer") else header.strip()
    digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
    found = None
    for valid in digests:  # all of them, whichever matches
        if constant_time_compare(digest, valid):
            found = digest[:12]
    return found


#: What was wrong by address in the running minute, in this process; the oldest addresses are forgotten first.
_failures: OrderedDict[tuple[str, int], int] = OrderedDict()
_REMEMBERED: Final = 10_000


def refuse(address: str, reason: str) -> None:
    """Count a failure; past the limit answer 429 without any further work, so that a flood costs us nothing."""
    key = (address, int(time.time()) // 60)
    _failures[key] = _failures.get(key, 0) + 1
    while len(_failures) > _REMEMBERED:
        _failures.popitem(last=False)
    if _failures[key] > settings.ONEMG_WEBHOOK_WRONG_TOKENS_A_MINUTE:
        raise Throttled(wait=60 - int(time.time()) % 60)
    services.reject(address, reason)
