"""Where pages of orders lead to at what staff do beside them."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from orders.desk.causes import Verb
from orders.desk.verbs import Asked, Link


def to_call_sheet(asked: Collection[Asked]) -> dict[str, Link]:
    """Where customers are called from. Pressed, since the sheet then shows whom to call."""
    return {
        group.pk: Link(Verb.CALL.label, reverse("orders:reveal-to-call", args=[group.pk]), method="post")
        for _need, group in asked
    }
