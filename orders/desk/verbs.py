"""Where the buttons of needs lead. The apps above say so for what they do, as they start (`AppConfig.ready`).

    lead(Verb.CONFIRM, "payments.send_partnercall", links_of)
    links(verb, rows)
    lead_several(Verb.CONFIRM, Several(...))      several_of(verb, may)

What leads where is asked for many purchases at once, so that a list asks as often for fifty as for one. A verb that
nobody leads anywhere else leads to a part of the purchase's page.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from django.utils.functional import Promise

from orders.desk.causes import Verb
from orders.models import Need, OrderGroup

#: A need with its purchase, whose orders are at hand.
Asked = tuple[Need, OrderGroup]


class Link(NamedTuple):
    """A button: its words, where it leads, whether it may be the main one, and how: by going there, or by a press."""

    words: str | Promise
    address: str
    main: bool = True
    method: str = "get"


class Several(NamedTuple):
    """Where a verb is done to several ticked purchases at once: a page that takes their ids, as `id`, by GET.

    `permission`: what it takes; `most`: how many may be ticked.
    """

    words: str | Promise
    address: str | Promise
    permission: str
    most: int


LinksOf = Callable[[Collection[Asked]], dict[str, Link]]


class Lead(NamedTuple):
    """The permission that it takes to do what is done there, and the links, by purchase."""

    permission: str
    links_of: LinksOf


#: The part of the purchase's page that a verb is about, where nobody leads it elsewhere.
_PARTS: Final = {
    Verb.LOOK_AT_MONEY: "#money",
    Verb.ASK_1MG: "#ask",
    Verb.CALL: "#customer",
    Verb.LOOK: "#reviewed",
    Verb.FIND_OUT: "#needs",
    Verb.CONFIRM: "#needs",
    Verb.DECIDE: "#needs",
    Verb.READ: "#needs",
}
_leads: dict[Verb, Lead] = {}
_several: dict[Verb, Several] = {}


def lead(verb: Verb, permission: str, links_of: LinksOf) -> None:
    """Say where a verb leads, for who has the permission."""
    _leads[verb] = Lead(permission, links_of)


def lead_several(verb: Verb, several: Several) -> None:
    """Say where a verb is done to several at once."""
    _several[verb] = several


def several_of(verb: Verb, may: Callable[[str], bool]) -> Several | None:
    """Where somebody may do it to several at once."""
    several = _several.get(verb)
    return several if several and may(several.permission) else None


def permission_of(verb: Verb) -> str:
    """What it takes to do it."""
    return _leads[verb].permission if verb in _leads else "orders.view_ordergroup"


def links(verb: Verb, asked: Collection[Asked]) -> dict[str, Link]:
    """Purchase -> the button."""
    if verb in _leads:
        return _leads[verb].links_of(asked)
    return {group.pk: Link(verb.label, group.get_absolute_url() + _PARTS[verb]) for _need, group in asked}
