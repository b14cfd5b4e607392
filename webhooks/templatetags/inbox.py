"""What the inbox shows of deliveries."""

from __future__ import annotations

from typing import Any

from django import template

from orders.chips import Chip
from webhooks import chips

register = template.Library()


@register.inclusion_tag("includes/_chip.html")
def outcome_chip(row: Any) -> dict[str, Chip]:
    """The chip of a delivery or an update."""
    return {"chip": chips.outcome_chip(row.outcome, str(row.get_outcome_display()).partition(":")[0])}
