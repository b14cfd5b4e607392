"""Needs as staff read them: whose turn it is, why, since when and until when, and the one thing to do.

hidden_from(may)             the causes that are not for somebody
in_words(asked, look, may)   some needs in words
of_purchase(group, look, …)  all that a purchase needs, what *Now* shows first
first_of(groups, look, may)  the first thing that each of some purchases needs

*Now*, the purchase's banner and the API say the same, since all of it is made here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.choices import Tone
from orders.desk import sentences, verbs
from orders.desk.attention import Attention
from orders.desk.causes import ABOUT, ASKED, OURS, Cause, Turn, Verb
from orders.desk.verbs import Asked, Link
from orders.masking import people, privacy
from orders.models import Need, OrderGroup

#: Put off until 1mg speaks.
UNTIL_1MG_SPEAKS: Final = datetime(9999, 1, 1, tzinfo=UTC)
#: Whether somebody has a permission.
May = Callable[[str], bool]
PERSONAL = "orders.view_personal_data"


@dataclass(frozen=True, slots=True)
class Work:
    """A need in words. `until`: when it is or was overdue; `limit`: how long that may take, and `source`: who says so.

    `is_asked`: 1mg was asked about it, so that it is its turn since then. `link`: its button; `None` where the reader
    may not do it.
    """

    need: Need
    cause: Cause
    turn: Turn
    asked_of: str | Promise
    sentence: str
    since: datetime
    until: datetime
    limit: timedelta
    source: str | Promise
    is_ours: bool
    is_overdue: bool
    is_snoozed: bool
    is_asked: bool
    link: Link | None

    @property
    def until_1mg_speaks(self) -> bool:
        """Whether it is put off without a time."""
        return self.is_snoozed and self.need.hidden_until == UNTIL_1MG_SPEAKS

    @property
    def tone(self) -> Tone:
        """Red only where it is our turn and past the limit."""
        if self.is_overdue:
            return Tone.CRITICAL if self.is_ours else Tone.ATTENTION
        return Tone.ATTENTION if self.is_ours else Tone.NEUTRAL


def hidden_from(may: May) -> frozenset[Cause]:
    """What is for an engineer is not for who may not do what an engineer does about it."""
    engineers = {cause: about.verb for cause, about in ABOUT.items() if about.turn is Turn.ENGINEER}
    return frozenset(cause for cause, verb in engineers.items() if not may(verbs.permission_of(verb)))


def in_words(asked: Sequence[Asked], look: Attention, may: May) -> list[Work]:
    """Some needs in words, without people for who may not see personal data. Their purchases' orders are at hand."""
    by_verb: dict[Verb, list[Asked]] = defaultdict(list)
    for one in asked:
        by_verb[ABOUT[Cause(one[0].cause)].verb].append(one)
    links = {verb: verbs.links(verb, some) for verb, some in by_verb.items() if may(verbs.permission_of(verb))}
    return [_in_words(need, group, look, may, links) for need, group in asked]


def of_purchase(group: OrderGroup, look: Attention, may: May) -> list[Work]:
    """All that a purchase needs, what *Now* shows first."""
    return in_words([(need, group) for need in look.of(group)], look, may)


def first_of(groups: Collection[OrderGroup], look: Attention, may: May) -> dict[str, Work]:
    """Purchase -> the first thing that it needs, of those that need anything. Their needs and orders are at hand."""
    first = [(needs[0], group) for group in groups if (needs := look.of(group))]
    return {group.pk: one for (_need, group), one in zip(first, in_words(first, look, may), strict=True)}


def _in_words(need: Need, group: OrderGroup, look: Attention, may: May, links: dict[Verb, dict[str, Link]]) -> Work:
    cause = Cause(need.cause)
    about, is_asked = ABOUT[cause], look.is_asked(need)
    limit = look.limits[ASKED if is_asked else need.clock]
    turn = Turn.ONEMG if is_asked else about.turn
    sentence = sentences.of(need, group, look.at)
    return Work(
        need=need,
        cause=cause,
        turn=turn,
        asked_of="" if is_asked else about.asked_of,
        sentence=sentence if may(PERSONAL) else _without_people(sentence, cause, group),
        since=(is_asked and need.asked_at) or need.since,
        until=look.until(need),
        limit=limit.after,
        source=limit.source,
        is_ours=turn in OURS,
        is_overdue=look.until(need) <= look.at,
        is_snoozed=look.is_snoozed(need),
        is_asked=is_asked,
        link=_to_answer(group, may) if is_asked else links.get(about.verb, {}).get(group.pk),
    )


def _to_answer(group: OrderGroup, may: May) -> Link | None:
    """Where the answer of 1mg's is noted, for who may write what is personal."""
    if not (may(PERSONAL) and may("orders.change_groupedorder")):
        return None
    return Link(_("Note the answer"), reverse("orders:answer", args=[group.pk]), main=False)


def _without_people(sentence: str, cause: Cause, group: OrderGroup) -> str:
    """Only of a rejection 1mg's own words stand in a sentence, and they are quoted."""
    if cause is not Cause.RX_REJECTED:
        return sentence
    return privacy.sentence(sentence, people.private(group, group.orders.all()))
