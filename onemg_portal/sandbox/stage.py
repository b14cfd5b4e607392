"""Between the partners and the player: what a confirmation or a cancellation sets off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace

from onemg_portal.sandbox.day.player import Player, posts_after
from onemg_portal.sandbox.day.stories import Clock
from onemg_portal.sandbox.day.waiting import Waiting
from onemg_portal.sandbox.partners.books import Order
from onemg_portal.sandbox.partners.server import Partners


@dataclass(slots=True)
class Stage:
    """The purchases that wait. When 1mg takes the confirmation of one, the player posts what follows, once.

    When it takes a cancellation, what would have followed does not, and that it cancels is posted instead.
    """

    player: Player
    speed: float
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _as_set: dict[str, Waiting] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, waiting: Iterable[Waiting], partners: Partners) -> None:
        """Tell the partners of the purchases, and how each confirmation is to go."""
        for one in waiting:
            self._waiting[one.order.merchant_order_id] = one
            # What follows a confirmation is told of the purchase ahead of its time; a cancellation starts from here.
            self._as_set[one.order.merchant_order_id] = replace(one, purchase=deepcopy(one.purchase))
            partners.books.tell(one.order)
            self._direct(one, partners)

    def _direct(self, one: Waiting, partners: Partners) -> None:
        scene, order = one.scene, one.order
        order_id = order.nimbbl_order_id if scene.on == "update" else order.onemg_order_id
        during = (lambda: self.follow(order)) if scene.anyway else None
        partners.misbehave(order_id, scene.kind, on=scene.on, times=scene.times, during=during, **scene.options)

    def follow(self, order: Order) -> None:
        """Post what follows a confirmation; a second one is followed by nothing."""
        with self._lock:
            one = self._waiting.pop(order.merchant_order_id, None)
        if one:
            silence = one.scene.silence
            steps = one.follow(Clock(int(time.time() + silence), self.speed))
            self.player.add(posts_after(one.order.merchant_order_id, steps, self.speed, silence))

    def cancel(self, order: Order) -> None:
        """Post that 1mg cancels the order, and nothing else of it any more."""
        key = order.merchant_order_id
        with self._lock:
            self._waiting.pop(key, None)
            one = self._as_set.pop(key, None)
        if one:
            self.player.forget(key)
            steps = one.cancel(Clock(int(time.time()), self.speed))
            self.player.add(posts_after(key, steps, self.speed, 0))
