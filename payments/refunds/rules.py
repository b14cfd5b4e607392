"""What a request of 1mg's for a refund is, beside the refunds that the purchase has already. Pure.

    judge(asked, purchase)     the same as one that stands, a new one, one for a person, or more than there is
    room(...), claimed(...)    how many rupees may still be promised, and how many are

1mg repeats a request that was not answered with success: the same order and amount, under *another* unique id. Nothing
in it tells such a repetition from a second refund of the same amount. So an equal amount for the same order is the same
refund, unless more of the purchase's orders have come to an end than refunds of that amount stand: then one of them may
be meant, and a person decides. Money goes back a second time by nobody's guess.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from payments.choices import CLAIMING, MAY_BE_AT_NIMBBL, Hold, Judged, RefundState

#: So long after the last word on a refund that is over, an equal request is taken for a repetition.
JUST_NOW: Final = timedelta(hours=48)
_ENDED: Final = frozenset({RefundState.PAID, RefundState.DECLINED})


@dataclass(frozen=True, slots=True)
class Asked:
    """`order_id`: of the purchase's ids the one that 1mg named. `amount`: rupees. `at`: when it was asked (UTC)."""

    order_id: str
    amount: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """A refund of the purchase. `heard_at`: when it was last asked for or last changed (UTC). `counted`: whether it is
    in what Nimbbl says went back."""

    refund_id: int
    order_id: str
    amount: Decimal
    state: str
    heard_at: datetime
    counted: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """Rupees that may still be promised: surely so many, and so many at most."""

    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class Purchase:
    """`whole`: the ids that mean all of it; `ended`: its orders that are cancelled or returned.

    `room`: what may still be promised, `None` where nobody knows. `here`: it belongs to this environment.
    """

    whole: Collection[str]
    ended: Collection[str]
    refunds: Sequence[Standing]
    room: Room | None
    here: bool = True


@dataclass(frozen=True, slots=True)
class Verdict:
    """`refund_id`: of the same refund. `hold`: why a person decides."""

    judged: Judged
    refund_id: int | None = None
    hold: Hold | None = None


def judge(asked: Asked, purchase: Purchase) -> Verdict:
    """What is asked. A repetition is found before the money is looked at, which it takes none of."""
    equal = [one for one in purchase.refunds if one.amount == asked.amount]
    same = [one for one in equal if _one_order(one.order_id, asked.order_id, purchase.whole)]
    hold = _hold(asked, purchase, same, equal)
    if same and hold is None:
        return Verdict(Judged.SAME, _latest(same).refund_id)
    if purchase.room is None:
        return Verdict(Judged.HELD, hold=hold or Hold.MONEY_UNKNOWN)
    if asked.amount > purchase.room.most:
        return Verdict(Judged.TOO_MUCH)
    if hold is None and asked.amount > purchase.room.least:
        hold = Hold.MONEY_UNKNOWN
    if hold is None and not purchase.here:
        hold = Hold.ELSEWHERE
    return Verdict(Judged.HELD, hold=hold) if hold else Verdict(Judged.NEW)


def room(captured: Decimal | None, back: Decimal | None, refunds: Collection[Standing]) -> Room | None:
    """What may still be promised; `None` where Nimbbl has not said, or it cannot be read.

    `captured` and `back` are what Nimbbl says came, and what went back or is on its way back. A refund that is in there
    by its id is not counted twice. One that was sent may be in there as well, before we know its id: so far as what
    went back leaves that open, the room is not known to the paisa.
    """
    if captured is None or back is None:
        return None
    least = captured - back - claimed(refunds)
    sent = _sum(one for one in refunds if one.state in MAY_BE_AT_NIMBBL and not one.counted)
    unexplained = max(back - _sum(one for one in refunds if one.counted), Decimal(0))
    return Room(least, least + min(sent, unexplained))


def claimed(refunds: Iterable[Standing]) -> Decimal:
    """Rupees that refunds claim besides those that are, by their ids, in what Nimbbl says went back."""
    return _sum(one for one in refunds if one.state in CLAIMING and not one.counted)


def _sum(refunds: Iterable[Standing]) -> Decimal:
    return sum((one.amount for one in refunds), Decimal(0))


def _one_order(one: str, other: str, whole: Collection[str]) -> bool:
    """Whether two ids of a purchase mean the same: each the very same order, or each all of it."""
    return one == other or (one in whole and other in whole)


def _hold(asked: Asked, purchase: Purchase, same: Collection[Standing], equal: Collection[Standing]) -> Hold | None:
    """Why an equal amount that was asked for before does not settle what this request is."""
    if not same:
        return Hold.OTHER_PART if equal and not _own_end(asked, purchase) else None
    whole = asked.order_id in purchase.whole
    if whole and len(purchase.ended) > len(equal):
        return Hold.SECOND_CHILD
    latest = _latest(same)
    if latest.state in _ENDED and asked.at - latest.heard_at > JUST_NOW:
        return Hold.LONG_AGO
    return None


def _own_end(asked: Asked, purchase: Purchase) -> bool:
    """Whether the request names an order that has come to an end, which explains it by itself."""
    return asked.order_id in purchase.ended and asked.order_id not in purchase.whole


def _latest(refunds: Collection[Standing]) -> Standing:
    """The one that an equal request is about: one that is not over, else the last one."""
    return max(refunds, key=lambda one: (one.state not in _ENDED, one.refund_id))
