"""Every address in the URLconf, with values that exist, so that a new page joins the suites by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from orders.models import OrderGroup, SavedView
from payments.models import PartnerCall, Refund
from webhooks.models import Delivery, NimbblEvent


def every() -> dict[str, str]:
    """Name (with its namespace) -> path; where rows exist, the path names one of them."""
    return dict(_walk(get_resolver().url_patterns, "", ""))


def ours() -> dict[str, str]:
    """The same without Django admin."""
    return {name: path for name, path in every().items() if not name.startswith("admin:")}


def _walk(patterns: list[Any], prefix: str, namespace: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name or route}"
            yield name, "/" + _filled(route, name)


def _filled(route: str, name: str) -> str:
    """`route` with a value for every parameter."""
    route = re.sub(r"\(\?P<app_label>[^)]*\)", "orders", route)
    route = re.sub(r"\(\?P<url>[^)]*\)", "nothing-here", route)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _value(found[1], name), route).replace("^", "").replace("$", "")


def _value(parameter: str, name: str) -> str:
    if parameter == "object_id":
        for model in admin.site._registry:
            if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
                first = model._default_manager.order_by("pk").first()
                return str(quote(first.pk)) if first else "1"
    if parameter == "pk":
        if name == "webhooks:event":
            model: type[Model] = NimbblEvent
        elif "refund" in name:
            model = Refund
        else:
            model = PartnerCall if name.startswith("payments:") else Delivery
        return str(model._default_manager.values_list("pk", flat=True).first() or 1)
    if parameter == "saved_id":
        return str(SavedView.objects.values_list("pk", flat=True).first() or 1)
    if parameter in ("merchant_order_id", "other_id"):
        return OrderGroup.objects.values_list("pk", flat=True).first() or "M1"
    return "late" if parameter == "clock" else "1"
