"""Keeps at least two purchases in every queue for as long as the sandbox runs.

Each trouble stands for a quarter of an hour; then 1mg, or a colleague, ends it. Every few minutes another one of each
cause takes its place, also where staff were quicker; and what waits to be confirmed is made up for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from onemg_portal.sandbox.day import troubles, waiting
from onemg_portal.sandbox.day.colleague import Colleague
from onemg_portal.sandbox.day.documents import Purchase
from onemg_portal.sandbox.day.player import CATCH_UP_SECONDS, Due, Errand
from onemg_portal.sandbox.day.shop import Shop
from onemg_portal.sandbox.day.stories import Clock, Step
from onemg_portal.sandbox.day.troubles import Trouble
from onemg_portal.sandbox.day.waiting import Scene, Waiting
from onemg_portal.sandbox.day.work import Work
from onemg_portal.sandbox.stage import Stage

#: Seconds of ours from one round to the next. Whoever has dealt with a whole queue waits so long for another one.
EVERY: Final = 360.0
#: How long a trouble stands: while an old one ends, two younger ones of its cause are there.
STANDS: Final = 2.5 * EVERY
#: So many wait to be confirmed: that can be confirmed, and whose customer has yet to pay.
KEPT: Final[tuple[tuple[tuple[Scene, ...], int], ...]] = ((waiting.USUAL, 4), ((waiting.PAID_LATE,), 2))
#: Between two posts of one story, and between a story and what the colleague does with it.
_BREATH: Final = 0.1


@dataclass(slots=True)
class Refill:
    """What is added to the day. `number`: of the next purchase; `run` as of `stories`; no `colleague`: no calls."""

    add: Callable[[Iterable[Due]], object]
    stage: Stage
    shop: Shop
    colleague: Colleague | None
    number: int
    run: int
    speed: float
    dice: random.Random
    now: Callable[[], float] = time.time
    _rounds: int = 1
    _to_confirm: list[Waiting] = field(default_factory=list)

    def begin(self) -> None:
        """Tell what stands from the beginning, within the seconds in which the day's past is told; go on from there."""
        opening = troubles.opening(staffed=self.colleague is not None)
        for n, trouble in enumerate(opening):
            self._tell(trouble, CATCH_UP_SECONDS * n / len(opening))
        self._make_up()
        self.add([Errand(EVERY, self._round), *self.stage.wishes.odd(CATCH_UP_SECONDS)])

    def _round(self) -> bool:
        self._rounds += 1
        for n, trouble in enumerate(troubles.round_of(self._rounds, staffed=self.colleague is not None)):
            self._tell(trouble, n * 10 * _BREATH)
        self._make_up()
        self.add([Errand(EVERY, self._round)])
        return True

    def _tell(self, trouble: Trouble, due: float) -> None:
        """Have a purchase told `due` seconds from now, confirmed where its scene wants that, and ended later."""
        run, now = self.run, int(self.now())
        if trouble.scene:
            staged = troubles.stage(trouble, self._number(), run, now, self.dice)
            purchase, steps = staged.purchase, staged.story.steps
            self._set(staged)
        else:
            purchase, steps = troubles.tell(trouble, self._number(), run, now, self.dice)
        self._post(purchase, steps, due)
        self._have_done(trouble.works, purchase, due + 10 * _BREATH)
        self.add([Errand(due + STANDS, lambda: self._end(trouble, purchase))])

    def _end(self, trouble: Trouble, purchase: Purchase) -> bool:
        clock = Clock(int(self.now()), self.speed)
        steps = troubles.ending(trouble, purchase, clock, self.dice)
        self.add(self.stage.dues(purchase.merchant_order_id, steps, 0))
        self._have_done(trouble.last, purchase, 0)
        return True

    def _have_done(self, works: tuple[Work, ...], purchase: Purchase, due: float) -> None:
        """Have the colleague do these things, one after the other, each as soon as it can be done."""
        if not works or self.colleague is None:
            return
        work, *rest = works
        colleague = self.colleague

        def do() -> bool:
            if not colleague.do(work, purchase.merchant_order_id):
                return False
            self._have_done(tuple(rest), purchase, 10 * _BREATH)
            return True

        self.add([Errand(due, do)])

    def _make_up(self) -> None:
        """As many as should wait to be confirmed, for those that somebody has tried to confirm."""
        self._to_confirm = [one for one in self._to_confirm if not self._was_asked(one)]
        for scenes, wanted in KEPT:
            there = sum(one.scene in scenes for one in self._to_confirm)
            for n in range(wanted - there):
                scene = self.dice.choice(scenes)
                one = waiting.one(scene, self._number(), self.run, -1.0, Clock(int(self.now())), self.dice)
                self._to_confirm.append(one)
                self._set(one)
                self._post(one.purchase, one.story.steps, n * _BREATH)

    def _was_asked(self, one: Waiting) -> bool:
        return bool(self.stage.partners.effects(one.order.onemg_order_id)["confirms_received"])

    def _set(self, one: Waiting) -> None:
        """Let the partners and the shop know of a purchase."""
        self.stage.set([one])
        self.shop.purchases[one.order.merchant_order_id] = one.registration()

    def _post(self, purchase: Purchase, steps: Iterable[Step], due: float) -> None:
        """All that has happened so far, at once."""
        for n, step in enumerate(steps):
            told = replace(step, minute=0)
            self.add(self.stage.dues(purchase.merchant_order_id, [told], due + n * _BREATH))

    def _number(self) -> int:
        self.number += 1
        return self.number - 1
