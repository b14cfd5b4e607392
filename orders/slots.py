"""Places on the pages of orders that the apps above fill, of which the pages know nothing.

An app names its templates as it starts (`AppConfig.ready`); each is drawn with the variables of the page around it:

    slots.fill(Slot.ASIDE, "payments/slots/aside.html")       {% slot "aside" %}
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum

_templates: defaultdict[Slot, list[str]] = defaultdict(list)


class Slot(StrEnum):
    """A place, and what is at hand there."""

    BANNERS = "banners"  # above a purchase: `group`, `orders`, `poll`
    ASIDE = "aside"  # beside a purchase: the same
    EVIDENCE = "evidence"  # in the list of how we know: `evidence`
    LIST_HEAD = "list_head"  # beside the heading of the list
    SOURCE = "source"  # at the end of a line of the story: `line`


def fill(slot: Slot, template: str) -> None:
    """Draw a template there, after those of the apps that started before."""
    if template not in _templates[slot]:
        _templates[slot].append(template)


def filled(slot: Slot) -> list[str]:
    """The templates to draw there."""
    return _templates[slot]
