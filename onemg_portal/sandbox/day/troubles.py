"""Purchases that somebody must see to: by cause, what led there, and what 1mg tells when it is over.

    opening(staffed)        those that stand when the play begins: each of them, and at least two of each cause
    round_of(n, staffed)    one of each cause, another one each time
    tell(trouble, ...)      a new purchase with its story so far
    ending(trouble, ...)    how it goes on

Whatever led there happened at life's own pace before it is told, days ago where it takes days to become trouble.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from onemg_portal.sandbox.day import effects, stories, waiting
from onemg_portal.sandbox.day.documents import Purchase
from onemg_portal.sandbox.day.stories import DELIVERED, START, Beat, Clock, Step
from onemg_portal.sandbox.day.waiting import Scene, Waiting
from onemg_portal.sandbox.day.work import Work

_HOUR: Final = 60
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True)
class Trouble:
    """What led there, and what ends it.

    `age`: so many minutes ago the last of `before` happened. `promised`: as of `Child`. A COD purchase needs no
    confirmation, so that nothing but its trouble keeps it waiting. With a `scene` the shop registers it. A colleague
    does `works` with it, one after the other, each as soon as it can be done, and `last` when it is over.
    """

    before: tuple[Beat, ...] = ()
    after: tuple[Beat, ...] = ()
    age: float = 0
    promised: int = 5 * _DAY
    mode: str = "ONLINE"
    scene: Scene | None = None
    works: tuple[Work, ...] = ()
    last: tuple[Work, ...] = ()


_PACKED: Final = (*START, Beat(35, 130, effects.accept_prescription), Beat(50, 25))
_SENT: Final = (*_PACKED, Beat(30, 30))
_CANCELLED: Final = (*START, Beat(30, 95, effects.refund_due), Beat(15, 99))
_TO_A_PAPER: Final = (Beat(0, 15, effects.owe_at_the_door), Beat(2, 160), Beat(6, 110))
_PAPER_COMES: Final = (Beat(1, 110, effects.new_prescription), Beat(20, 120, effects.accept_prescription), *DELIVERED)
_ARRIVES: Final = (Beat(1, 40),)
_PAID_BACK: Final = (Beat(1, 99, effects.refund_done),)
#: The partner does what was asked, says nothing for two seconds, and hangs up.
_UNANSWERED: Final = Scene("", "times-out-after-acting", times=1, options={"seconds": 2}, follows=())
_COLLECTED_LESS: Final = Scene("", follows=(Beat(0.2, 160, effects.collect_less), Beat(0.2, 120)))
_CONFIRM: Final = (Work.CONFIRM,)
#: The customer pays half a minute after 1mg has refused a confirmation for want of the money.
_PAYS_LATE: Final = Scene("", payment_status="pending", paid_after=30, follows=(Beat(0.2, 160), Beat(0.2, 120)))
_ACCEPTED: Final = (Beat(0.2, 160, effects.collect), Beat(0.2, 120))
_TO_PAY_BACK: Final = (*_ACCEPTED, Beat(0.2, 95, effects.refund_due), Beat(0.2, 99, refund=waiting.ALL))
_TO_TAKE_BACK: Final = (
    *_ACCEPTED,
    *(Beat(0.2, status) for status in (130, 25, 30, 40, 140, 141)),
    Beat(0.2, 142, effects.refund_due, refund=waiting.ALL),
)
#: Both orders of a purchase are cancelled, one after the other: 1mg asks twice for one and the same sum.
_HALF: Final = Decimal("0.4")
_TO_PAY_BACK_TWICE: Final = (
    *_ACCEPTED,
    Beat(0.2, 130, effects.split, on=(0, 1)),
    Beat(0.2, 99, effects.refund_due, refund=_HALF),
    Beat(30, 99, on=(1,), refund=_HALF),
)
_APPROVE: Final = (Work.APPROVE,)
_PAY_BACK: Final = (*_CONFIRM, *_APPROVE)
_RETURNED: Final = (Beat(1, 142, effects.refund_done),)

#: Cause -> the troubles that are told in turn.
TROUBLES: Final[dict[str, tuple[Trouble, ...]]] = {
    "money": (
        Trouble((*START, Beat(30, 95), Beat(15, 99)), (Beat(1, 99, effects.refund_due), *_PAID_BACK), age=3 * _HOUR),
        Trouble(
            (*START, Beat(25, 130, effects.split_and_disagree, on=(0, 1))),
            (Beat(1, 130, effects.agree, on=(0, 1)), Beat(30, 25, on=(0, 1)), Beat(60, 40, on=(0, 1))),
            age=2 * _HOUR,
        ),
        Trouble(scene=_COLLECTED_LESS, works=_CONFIRM, after=(Beat(1, 130, effects.collect), *DELIVERED[1:])),
    ),
    "unknown": (
        Trouble(scene=_UNANSWERED, works=_CONFIRM, after=(Beat(1, 160, effects.collect), Beat(5, 120), *DELIVERED)),
    ),
    "allocation": (
        Trouble((*START, Beat(40, 20)), (Beat(1, 120), Beat(10, 131), *DELIVERED), age=5 * _HOUR),
        Trouble((*START, Beat(40, 20)), (Beat(1, 95, effects.refund_due), Beat(5, 99), *_PAID_BACK), age=40),
    ),
    "rx_rejected": (
        Trouble((*_TO_A_PAPER, Beat(25, 100, effects.reject_prescription)), _PAPER_COMES, 6 * _HOUR, mode="COD"),
        Trouble((*_TO_A_PAPER, Beat(25, 100, effects.reject_prescription)), _PAPER_COMES, 50, mode="COD"),
    ),
    "late": (
        Trouble(
            (*_PACKED, Beat(60, 25, effects.postpone), Beat(90, 30, effects.postpone)),
            _ARRIVES,
            age=16 * _HOUR,
            promised=6 * _HOUR,
        ),
        Trouble((*_SENT, Beat(90, 45), Beat(9 * _HOUR, 30), Beat(70, 45)), (Beat(1, 30), Beat(40, 40)), age=3 * _HOUR),
        Trouble(
            (
                *START,
                Beat(25, 130, effects.split_in_three, on=(0, 1, 2)),
                Beat(30, 25, on=(0, 1), listed=(0, 1, 2)),
                Beat(30, 30),
                Beat(60, 40),
            ),
            (Beat(1, 30, on=(1,)), Beat(1, 25, on=(2,)), Beat(60, 30, on=(2,)), Beat(60, 40, on=(1, 2))),
            age=8 * _HOUR,
            promised=6 * _HOUR,
        ),
    ),
    "refund": (
        Trouble(_CANCELLED, _PAID_BACK, age=9 * _DAY),
        Trouble(
            (*_SENT, Beat(110, 40), Beat(90, 140, effects.refund_due)),
            (Beat(1, 141), Beat(60, 142, effects.refund_done)),
            age=1.2 * _DAY,
        ),
    ),
    "paid_late": (
        Trouble(scene=_PAYS_LATE, works=(Work.CONFIRM_IN_SPITE, Work.CONFIRM), after=DELIVERED),
        Trouble(
            scene=replace(_PAYS_LATE, manner="sealed"), works=(Work.CONFIRM_IN_SPITE, Work.CONFIRM), after=DELIVERED
        ),
    ),
    "refund_asked": (
        Trouble(scene=Scene("", follows=_TO_PAY_BACK, manner="twice"), works=_CONFIRM, last=_APPROVE, after=_PAID_BACK),
        Trouble(scene=Scene("", follows=_TO_TAKE_BACK, manner="late"), works=_CONFIRM, last=_APPROVE, after=_RETURNED),
    ),
    "refund_refused": (
        Trouble(
            scene=Scene("", "refund-refused", on="refund", times=1, follows=_TO_PAY_BACK),
            works=_PAY_BACK,
            last=(Work.SEND_AGAIN,),
            after=_PAID_BACK,
        ),
        Trouble(
            scene=Scene("", "refund-fails", on="refund", times=1, follows=_TO_TAKE_BACK),
            works=_PAY_BACK,
            last=(Work.SEND_AGAIN,),
            after=_RETURNED,
        ),
    ),
    "refund_done": (
        Trouble(scene=Scene("", follows=_TO_PAY_BACK, manner="out-of-order"), works=_PAY_BACK, after=_PAID_BACK),
        Trouble(scene=Scene("", follows=_TO_TAKE_BACK, manner="sealed"), works=_PAY_BACK, after=_RETURNED),
    ),
    "refund_held": (
        Trouble(
            scene=Scene("", follows=_TO_PAY_BACK_TWICE),
            works=_PAY_BACK,
            last=(Work.DECLINE,),
            after=(Beat(1, 99, effects.refund_done, on=(0, 1)),),
        ),
    ),
    "unread": (
        Trouble(
            (*_PACKED[:-1], Beat(20, 130, effects.garble_promise)),
            (Beat(1, 25, effects.clear_promise), *DELIVERED[2:]),
            age=20,
        ),
        Trouble(
            (*_PACKED[:-1], Beat(20, 130, effects.garble_money)),
            (Beat(1, 25, effects.clear_money), *DELIVERED[2:]),
            age=_HOUR,
        ),
    ),
    "flagged": (
        Trouble((*_CANCELLED, Beat(50, 30, effects.refund_done)), _ARRIVES, age=2 * _HOUR, last=(Work.LOOK_AT,)),
        Trouble(
            (*_SENT, Beat(110, 40), Beat(90, 140, effects.refund_due), Beat(9, 142, effects.refund_done), Beat(60, 40)),
            (Beat(1, 142),),
            age=5 * _HOUR,
            last=(Work.LOOK_AT,),
        ),
    ),
    "rx_needed": (
        Trouble(
            (Beat(0, 15, effects.owe_at_the_door), Beat(4, 100, effects.no_prescription)),
            _PAPER_COMES,
            26 * _HOUR,
            mode="COD",
        ),
        Trouble((*_TO_A_PAPER[:-1], Beat(9, 100)), (Beat(1, 110), *_PAPER_COMES[1:]), 3 * _HOUR, mode="COD"),
    ),
    "waits_1mg": (
        Trouble(_PACKED[:-1], DELIVERED[1:], age=28 * _HOUR),
        Trouble(_PACKED, DELIVERED[2:], age=54 * _HOUR),
        Trouble(_TO_A_PAPER, _PAPER_COMES[1:], age=31 * _HOUR, mode="COD"),
    ),
}


def opening(*, staffed: bool) -> list[Trouble]:
    """What stands when the play begins. Those with a scene only where it is `staffed` by a colleague."""
    found = []
    for troubles in _played(staffed):
        found += [troubles[n % len(troubles)] for n in range(max(2, len(troubles)))]
    return found


def round_of(number: int, *, staffed: bool) -> list[Trouble]:
    """One of each cause."""
    return [troubles[number % len(troubles)] for troubles in _played(staffed)]


def _played(staffed: bool) -> Iterator[tuple[Trouble, ...]]:
    for troubles in TROUBLES.values():
        if found := tuple(one for one in troubles if staffed or one.scene is None):
            yield found


def tell(trouble: Trouble, number: int, run: int, now: int, dice: random.Random) -> tuple[Purchase, tuple[Step, ...]]:
    """A new purchase without a scene, and its story until `now` (epoch seconds); `number` and `run` as of `stories`."""
    clock = Clock(now)
    minutes = stories.minutes_of(trouble.before, dice)
    begin = -minutes[-1] - trouble.age * dice.uniform(1, 1.3)
    created = clock.epoch(begin)
    purchase = stories.new_purchase(trouble.mode, number, run, created, dice)
    purchase.children[0].promised = trouble.promised
    return purchase, stories.play(purchase, trouble.before, [begin + m for m in minutes], clock, created - 1)


def stage(trouble: Trouble, number: int, run: int, now: int, dice: random.Random) -> Waiting:
    """A new purchase with a scene: its story until `now`, and how its confirmation goes."""
    if trouble.scene is None:
        raise ValueError("this trouble has no scene")
    return waiting.one(trouble.scene, number, run, -2.0, Clock(now), dice)


def ending(trouble: Trouble, purchase: Purchase, clock: Clock, dice: random.Random) -> tuple[Step, ...]:
    """How the purchase goes on, from minute 0 of the clock."""
    last = max(child.updated for child in purchase.children)
    return stories.play(purchase, trouble.after, stories.minutes_of(trouble.after, dice), clock, last)
