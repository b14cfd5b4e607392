"""What 1mg has said since a confirmation or a cancellation was asked for, and what that shows of its outcome.

    known(orders)            how far 1mg's news of each order has come; kept with the first call of a chain
    of(call)                 the status that shows what became of a confirmation, if one does
    of_cancellation(call)    the same of a cancellation
    proves(status)           whether a status shows anything of a confirmation at all

Only news later than what was known counts, later by the fold's order and not by arrival, and wherever the order is
filed by now. So the same news shows the same, in whatever order it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db.models import Q

from orders.choices import Stage
from orders.fold import Position
from orders.models import GroupedOrder, OrderUpdate
from orders.statuses import CANCELLED, status_of
from payments.cancelling.checks import TOO_LATE
from payments.models import PartnerCall

#: 1mg packs, sends or has delivered: it took the order for confirmed.
PROOF: Final = frozenset({Stage.FULFIL, Stage.SHIP, Stage.DONE, Stage.RETURN})
#: Before everything that 1mg may say.
_NOTHING: Final[list[int]] = []


def known(orders: Iterable[GroupedOrder]) -> dict[str, list[int]]:
    """Order id -> position of the latest thing that 1mg has said of it."""
    return {order.pk: max(order.heard.values()) for order in orders if order.heard}


def proves(status_id: int | None) -> bool:
    """Whether a status shows what became of a confirmation."""
    return status_id in CANCELLED or _packed(status_id)


def of(call: PartnerCall) -> int | None:
    """The first status after the asking by which 1mg took the order for confirmed; else the first cancellation."""
    ids = [about.onemg_id for about in call.about.all()]
    here = Q(order__group=call.group_id) | Q(order__in=ids) | Q(order__group__group_order_id__in=ids)
    later = _later(call, here)
    packed = [status for status in later if _packed(status)]
    return next((status for status in packed or later if proves(status)), None)


def of_cancellation(call: PartnerCall) -> int | None:
    """The first status after the asking by which 1mg cancels the order; else the last by which it packs it or later.

    Of the order that was named alone: 1mg does not say what cancelling one means for the others of its purchase.
    """
    later = _later(call, Q(order=call.onemg_order_id))
    cancelled = (status for status in later if status in CANCELLED)
    return next(cancelled, None) or next((status for status in reversed(later) if status in TOO_LATE), None)


def _later(call: PartnerCall, here: Q) -> list[int | None]:
    """The statuses that 1mg has said after the asking, in the order in which they happened."""
    then = call.known or {}
    told = [(_position(row), row) for row in OrderUpdate.objects.filter(here).defer("changes")]
    return [row.status_id for at, row in sorted(told, key=_place) if list(at) > then.get(row.order_id, _NOTHING)]


def _place(told: tuple[Position, OrderUpdate]) -> Position:
    return told[0]


def _position(row: OrderUpdate) -> Position:
    return Position(row.at_ms, row.status.rank, row.delivery_id, row.entry)


def _packed(status_id: int | None) -> bool:
    status = status_of(status_id)
    return status.known and status.stage in PROOF
