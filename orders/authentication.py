"""Who may use the API: whoever shows a key that `createapikey` made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from orders.models import ApiKey

if TYPE_CHECKING:  # rest_framework.views itself imports the default classes, which stand here
    from rest_framework.views import APIView


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Token <key>`; looked up by its SHA-256, so a stolen database opens nothing."""

    def authenticate(self, request: Request) -> tuple[ApiKey, str] | None:
        """The key as the caller; `None` without a header, so that the answer is a plain 401."""
        scheme, _space, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "token":
            return None
        key = ApiKey.objects.filter(digest=ApiKey.digest_of(secret.strip()), revoked_at=None).first()
        if key is None:
            raise AuthenticationFailed(_("The key is not valid."))
        return key, key.prefix

    def authenticate_header(self, request: Request) -> str:
        """The `WWW-Authenticate` of a 401."""
        return "Token"


class MayRead(BasePermission):
    """Reading needs a key; anything else one that was made with `--write`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Ask the key."""
        if not isinstance(request.user, ApiKey):
            return False
        return request.method in ("GET", "HEAD", "OPTIONS") or request.user.may_write
