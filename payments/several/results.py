"""What came of one press for several purchases, row by row, as it is now.

of(groups, after, otherwise, ...)      the rows
again(rows)                            the purchases that may be tried again

Nothing of a press is kept but its calls, so the rows are worked out from those: a page that is opened again, by
whomever and after whatever crash, says the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final

from orders.desk.verbs import Link
from orders.models import OrderGroup
from payments import links, services
from payments.choices import UNDER_WAY, Operation, State
from payments.models import PartnerCall
from payments.preflight.ticks import Tick

#: A call that came to this may be asked for once more: nothing was confirmed, as far as anybody can know.
_AGAIN: Final = frozenset({State.REJECTED, State.ABANDONED})


@dataclass(frozen=True, slots=True)
class Row:
    """A purchase and its call; `None` where nothing was sent: for the ticks that stop it, or since it is `otherwise`
    than it had been read.
    """

    group: OrderGroup
    call: PartnerCall | None
    stopped: Sequence[Tick] = ()
    otherwise: bool = False

    @property
    def link(self) -> Link | None:
        """What a refusal asks for."""
        refused = self.call is not None and self.call.state == State.REJECTED and not self.call.settled_by
        return links.after_refusal(self.group, self.call) if self.call and refused else None

    @property
    def under_way(self) -> bool:
        """Whether more will come of it by itself."""
        return self.call is not None and self.call.state in UNDER_WAY

    @property
    def may_be_tried_again(self) -> bool:
        """Whether somebody may ask for it again; never while nobody knows what came of it."""
        return self.call.state in _AGAIN if self.call else not self.stopped


def of(
    groups: Collection[OrderGroup],
    *,
    after: int,
    otherwise: Collection[str],
    readable: Callable[[Sequence[PartnerCall]], Sequence[PartnerCall]],
) -> list[Row]:
    """The rows. `after`: the last call before the press; `readable`: the calls as the reader may read them."""
    keys = [group.pk for group in groups]
    asked = PartnerCall.objects.filter(group__in=keys, operation=Operation.CONFIRM, pk__gt=after).order_by("pk")
    calls = {call.group_id: call for call in readable(list(asked.defer("answer_body", "request_body")))}
    return [_row(group, calls.get(group.pk), group.pk in otherwise) for group in groups]


def again(rows: Sequence[Row]) -> list[str]:
    """The ids of the purchases that may be tried again."""
    return [row.group.pk for row in rows if row.may_be_tried_again]


def _row(group: OrderGroup, call: PartnerCall | None, otherwise: bool) -> Row:
    if call:
        return Row(group, call)
    return Row(group, None, services.look(group, anew=False).stopped(), otherwise)
