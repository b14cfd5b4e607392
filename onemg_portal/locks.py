"""Wrong passwords, counted by django-axes: of what was typed only a name that exists is kept."""

from __future__ import annotations

import ipaddress
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Sum
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from onemg_portal import browsers


class Locks(AxesDatabaseHandler):  # type: ignore[misc]
    """By name and address, as django-axes does, and by address alone, whatever names it tries."""

    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        """Whether this sign-in is refused unheard."""
        name = name_tried(request, credentials)
        return super().is_locked(request, credentials) or (
            browsers.known_name(request) != name and self._tries_too_many(address_of(request))
        )

    def _tries_too_many(self, address: str | None) -> bool:
        recent = AccessAttempt.objects.filter(ip_address=address, attempt_time__gt=now() - settings.AXES_COOLOFF_TIME)
        tried = recent.aggregate(times=Sum("failures_since_start"))["times"] or 0
        return bool(tried >= settings.SIGN_IN_FAILURES_BY_ADDRESS)


def name_tried(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The name, if it is an account's. Any other may be a password typed into the wrong box: only a hash is kept."""
    name = str((credentials or request.POST).get("username") or "")
    if "\0" not in name and User.objects.filter(username=name).exists():
        return name
    return "unknown-" + salted_hmac("onemg_portal.locks", name).hexdigest()[:16]


def address_of(request: HttpRequest) -> str | None:
    """Whom to count a sign-in for: the address or, of IPv6, the network of 2**64 that one customer is given."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((int(address) >> 64 << 64, 64)).network_address)
    return str(address)


def forget_what_was_typed(sender: Any, instance: AccessAttempt, **kwargs: Any) -> None:
    """Before a row of failures is saved: django-axes would add each form to it, a kilobyte a time."""
    instance.get_data = instance.post_data = ""
