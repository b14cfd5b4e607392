"""Where a line of a purchase's story leads to in the inbox."""

from __future__ import annotations

from django.urls import reverse

from orders.slots import Link
from orders.story import Line


def to_delivery(line: Line) -> Link | None:
    """The delivery that brought what the line tells."""
    if line.update is None:
        return None
    delivery_id = line.update.position.delivery_id
    return f"#{delivery_id}", reverse("webhooks:delivery", args=[delivery_id])
