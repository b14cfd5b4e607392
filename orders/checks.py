"""What must be right of our models before updates are taken in."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register

from orders import rows
from orders.store import WRITTEN


@register(Tags.models)
def columns_written_by_hand(**kwargs: Any) -> list[CheckMessage]:
    """E001: what the receiver writes by hand has columns only whose values `orders.rows` can make."""
    return [
        Error(
            f"{model.__name__}.{name} cannot be written by hand.",
            hint="Give the model a column of another kind, or let the receiver write this one by the ORM.",
            obj=model,
            id="orders.E001",
        )
        for model in WRITTEN
        for name in rows.unfit(model)
    ]
