"""What was ticked, and what stands against confirming each of it.

chosen(ids)          the purchases, and the ids that are nobody's
candidates(groups)   each with what the pre-flight finds
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from orders.desk.verbs import Link
from orders.models import OrderGroup
from payments import glance, links, services
from payments.choices import Verdict
from payments.glance import Glance
from payments.preflight.ticks import Look, Tick

#: What is not as it should be stands first.
_FIRST: Final = (Verdict.FAIL, Verdict.UNKNOWN, Verdict.WARN, Verdict.PASS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """`groups`: in the order in which they were ticked; `unknown`: ids of no purchase."""

    groups: Sequence[OrderGroup]
    unknown: Sequence[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A purchase, and what stands against its confirmation: where anything does, it is left out."""

    glance: Glance
    look: Look

    @property
    def group(self) -> OrderGroup:
        """The purchase."""
        return self.glance.group

    @property
    def ticks(self) -> list[Tick]:
        """All of them, what is not as it should be before the rest: there are many on the page."""
        return sorted(self.look.ticks, key=lambda tick: _FIRST.index(tick.verdict))

    @property
    def is_warned(self) -> bool:
        """Whether something speaks against it without stopping it: then somebody ticks it anew."""
        return any(tick.verdict is Verdict.WARN for tick in self.look.ticks)

    @property
    def refused(self) -> Link | None:
        """What 1mg's refusal of its last confirmation asks for."""
        return links.of_refusal(self.group)

    @property
    def stopped(self) -> list[Tick]:
        """The ticks that leave it out."""
        return self.look.stopped()


def ids_of(said: Iterable[str]) -> list[str]:
    """The ids that a form or an address names, each once."""
    return list(dict.fromkeys(one.strip() for one in said if one.strip()))


def chosen(ids: Collection[str]) -> Chosen:
    """The purchases with these ids. Three queries."""
    usable = [one for one in ids if len(one) <= 64 and "\x00" not in one and one.isprintable()]
    found = OrderGroup.objects.filter(pk__in=usable).prefetch_related("orders").in_bulk()
    return Chosen([found[one] for one in ids if one in found], [one for one in ids if one not in found])


def candidates(groups: Collection[OrderGroup]) -> list[Candidate]:
    """What the pre-flight finds of each now; threads ask Nimbbl meanwhile, and the page looks again."""
    looks = {group.pk: services.look(group, patience=0) for group in groups}
    seen = glance.of(groups)
    return [Candidate(seen[group.pk], looks[group.pk]) for group in groups]
