"""Places on the pages of orders that the apps above fill, of which the pages know nothing.

An app names its templates as it starts (`AppConfig.ready`); each is drawn with the variables of the page around it:

    slots.fill(Slot.ASIDE, "payments/slots/aside.html")       {% slot "aside" %}

A line of the story leads to where it comes from: an app gives a function, since there may be hundreds of lines.

    slots.link("payments.view_partnercall", links.to_call)    {% notes line links %}

And the search box leads to what is no purchase, where an app knows what was typed:

    slots.door_to("webhooks.view_delivery", links.by_reference)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from enum import StrEnum

from orders.stories.story import Line

#: Words and address.
Link = tuple[str, str]
LinkOf = Callable[[Line], Link | None]
#: The address that what was typed names, if it does.
Door = Callable[[str], str | None]

_links: dict[str, LinkOf] = {}
_doors: dict[str, Door] = {}
_templates: defaultdict[Slot, list[str]] = defaultdict(list)


class Slot(StrEnum):
    """A place, and what is at hand there."""

    BANNERS = "banners"  # above a purchase: `group`, `orders`, `poll`
    ASIDE = "aside"  # beside a purchase: the same
    EVIDENCE = "evidence"  # in the list of how we know: `evidence`
    LIST_HEAD = "list_head"  # beside the heading of the list
    RECEIVED = "received"  # below what needs somebody: whether all that came was applied
    REFUNDS = "refunds"  # above the refunds that are due
    SEARCHABLE = "searchable"  # in the list of what can be searched


def fill(slot: Slot, template: str) -> None:
    """Draw a template there, after those of the apps that started before."""
    if template not in _templates[slot]:
        _templates[slot].append(template)


def filled(slot: Slot) -> list[str]:
    """The templates to draw there."""
    return _templates[slot]


def link(permission: str, link_of: LinkOf) -> None:
    """End lines of the story with that link, for who has the permission."""
    _links[permission] = link_of


def links_for(may: Callable[[str], bool]) -> list[LinkOf]:
    """The links that somebody is shown."""
    return [link_of for permission, link_of in _links.items() if may(permission)]


def door_to(permission: str, door: Door) -> None:
    """Lead who has the permission from the search box to what the door knows."""
    _doors[permission] = door


def behind_a_door(typed: str, may: Callable[[str], bool]) -> str | None:
    """The address that somebody is led to who typed that, where an app above knows one."""
    return next((address for permission, door in _doors.items() if may(permission) and (address := door(typed))), None)
