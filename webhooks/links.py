"""Where pages of orders, and what is typed into the search box, lead to in the inbox."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from django.urls import reverse

from orders import slots
from orders.desk.causes import Verb
from orders.desk.verbs import Asked, Link
from orders.models import Need, OrderGroup
from orders.stories.story import Line
from orders.words import in_one_form
from webhooks.models import Delivery

#: The reference that 1mg was told, as people say it.
_REFERENCE: Final = re.compile(r"(?:ref(?:erence)?[.:\s]*#?\s*|#)([0-9]{1,18})\.?")


def to_delivery(line: Line) -> slots.Link | None:
    """The delivery that brought what the line tells."""
    if line.update is None:
        return None
    delivery_id = line.update.position.delivery_id
    return f"#{delivery_id}", reverse("webhooks:delivery", args=[delivery_id])


def to_odd(asked: Collection[Asked]) -> dict[str, Link]:
    """The deliveries that were not understood in full; else the purchases. Their orders are at hand."""
    return {group.pk: Link(Verb.READ.label, _address_of_odd(need, group)) for need, group in asked}


def _address_of_odd(need: Need, group: OrderGroup) -> str:
    odd = next((order.odd for order in group.orders.all() if order.pk == need.order_id and order.odd), None)
    return reverse("webhooks:delivery", args=[odd["delivery"]]) if odd else group.get_absolute_url()


def by_reference(typed: str) -> str | None:
    """The delivery that `ref 731` names."""
    named = _REFERENCE.fullmatch(in_one_form(typed).strip())
    if not named or not Delivery.objects.filter(pk=named[1]).exists():
        return None
    return reverse("webhooks:delivery", args=[named[1]])
