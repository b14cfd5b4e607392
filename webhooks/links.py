"""Where a line of a purchase's story, and what is typed into the search box, lead to in the inbox."""

from __future__ import annotations

import re
from typing import Final

from django.urls import reverse

from orders.slots import Link
from orders.story import Line
from orders.words import in_one_form
from webhooks.models import Delivery

#: The reference that 1mg was told, as people say it.
_REFERENCE: Final = re.compile(r"(?:ref(?:erence)?[.:\s]*#?\s*|#)([0-9]{1,18})\.?")


def to_delivery(line: Line) -> Link | None:
    """The delivery that brought what the line tells."""
    if line.update is None:
        return None
    delivery_id = line.update.position.delivery_id
    return f"#{delivery_id}", reverse("webhooks:delivery", args=[delivery_id])


def by_reference(typed: str) -> str | None:
    """The delivery that `ref 731` names."""
    named = _REFERENCE.fullmatch(in_one_form(typed).strip())
    if not named or not Delivery.objects.filter(pk=named[1]).exists():
        return None
    return reverse("webhooks:delivery", args=[named[1]])
