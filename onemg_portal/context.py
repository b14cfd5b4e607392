"""What every page of the portal shows: the environment, and when 1mg last spoke."""

from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from onemg_portal import keys
from webhooks.models import Delivery


def portal(request: HttpRequest) -> dict[str, Any]:
    """Template variables of the frame; asked of the database only by a page that shows them."""
    return {
        "portal_environment": settings.PORTAL_ENVIRONMENT,
        "last_delivery_at": cache(_last_delivery),
        "keys_off": partial(keys.are_off, request),
    }


def _last_delivery() -> datetime | None:
    return Delivery.objects.order_by("-pk").values_list("received_at", flat=True).first()
