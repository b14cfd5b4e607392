"""What the inbox shows of deliveries."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from orders.chips import Chip
from webhooks import chips, refused
from webhooks.models import Delivery

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def outcome_chip(row: Any) -> dict[str, Chip]:
    """The chip of a delivery or an update."""
    return {"chip": chips.outcome_chip(row.outcome, str(row.get_outcome_display()).partition(":")[0])}


@register.inclusion_tag("webhooks/_received.html", takes_context=True)
def received(context: template.Context) -> dict[str, Any]:
    """Whether all that came was applied, or what was not."""
    return {
        "pending": Delivery.objects.pending().many(),
        "set_aside": Delivery.objects.set_aside().many(),
        "refused": Delivery.objects.refused_since(timezone.now() - refused.TOLD).many(),
        "perms": context["perms"],
    }
