"""Between the partners and the player: what a payment, a confirmation, a cancellation or a refund sets off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field, replace

from onemg_portal.sandbox.day.player import Due, Player, posts_after
from onemg_portal.sandbox.day.stories import Clock, Step
from onemg_portal.sandbox.day.waiting import Waiting
from onemg_portal.sandbox.events import Events
from onemg_portal.sandbox.partners import nimbbl_telling
from onemg_portal.sandbox.partners.books import News, Order, PaidBack
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.wishes import Wishes


@dataclass(slots=True)
class Stage:
    """The purchases that wait. When 1mg takes the confirmation of one, the player posts what follows, once.

    When it takes a cancellation, what would have followed does not, and that it cancels is posted instead. Nimbbl tells
    of payment and refunds in the manner of the scene.
    """

    player: Player
    speed: float
    partners: Partners
    wishes: Wishes = field(init=False)
    _events: Events = field(init=False)
    _scenes: dict[str, Waiting] = field(default_factory=dict)
    _waiting: dict[str, Waiting] = field(default_factory=dict)
    _as_set: dict[str, Waiting] = field(default_factory=dict)
    _paying: dict[str, Waiting] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        agreed = self.partners.agreed
        self.wishes = Wishes(agreed, self.player.say)
        self._events = Events(self.player.add, self.partners.books, agreed, self.player.say)
        self.partners.books.listen(News(self.follow, self.cancel, self.pay_late, self.pay_back))

    def set(self, waiting: Iterable[Waiting]) -> None:
        """Tell the partners of the purchases, and how each confirmation is to go."""
        for one in waiting:
            key = one.order.merchant_order_id
            self._scenes[key] = self._waiting[key] = self._paying[key] = one
            # What follows a confirmation is told of the purchase ahead of its time; a cancellation starts from here.
            self._as_set[key] = replace(one, purchase=deepcopy(one.purchase))
            self.partners.books.tell(one.order)
            self._direct(one)

    def _direct(self, one: Waiting) -> None:
        scene, order = one.scene, one.order
        order_id = order.nimbbl_order_id if scene.on == "update" else order.onemg_order_id
        during = (lambda: self.follow(order)) if scene.anyway else None
        self.partners.misbehave(order_id, scene.kind, on=scene.on, times=scene.times, during=during, **scene.options)

    # --- what 1mg does ------------------------------------------------------------------------------------------------

    def follow(self, order: Order) -> None:
        """Post what follows a confirmation; a second one is followed by nothing."""
        with self._lock:
            one = self._waiting.pop(order.merchant_order_id, None)
        if one:
            silence = one.scene.silence
            steps = one.follow(Clock(int(time.time() + silence), self.speed))
            self.player.add(self.dues(order.merchant_order_id, steps, silence))

    def cancel(self, order: Order) -> None:
        """Post that 1mg cancels the order, and nothing else of it any more."""
        key = order.merchant_order_id
        with self._lock:
            self._waiting.pop(key, None)
            one = self._as_set.pop(key, None)
        if one:
            self.player.forget(key)
            self.player.add(self.dues(key, one.cancel(Clock(int(time.time()), self.speed)), 0))

    def dues(self, purchase: str, steps: Iterable[Step], silence: float) -> list[Due]:
        """What 1mg posts of a purchase, and what it asks for, from now on, after so many seconds of silence."""
        found: list[Due] = []
        for step in steps:
            (post,) = posts_after(purchase, [step], self.speed, silence)
            found.append(post)
            if step.wanted and self._is_paid(purchase):
                found += self.wishes.errands(purchase, step.wanted, post.due)
        return found

    def _is_paid(self, purchase: str) -> bool:
        """1mg asks for no refund of what nobody has paid."""
        order = self.partners.books.find(purchase)
        return order is not None and order.payment_status == "succeeded"

    # --- what Nimbbl does ---------------------------------------------------------------------------------------------

    def pay(self, purchase: str) -> None:
        """The customer has paid by the time the shop registers the purchase; Nimbbl tells it once."""
        one = self._paying.get(purchase)
        if one and one.order.payment_status == "succeeded":
            self._tell_of_payment(purchase, 0)

    def pay_late(self, order: Order) -> None:
        """1mg has refused a confirmation for want of the money; where the scene is so, the customer pays after that."""
        one = self._paying.get(order.merchant_order_id)
        if one and one.scene.paid_after is not None:
            self._tell_of_payment(order.merchant_order_id, one.scene.paid_after)

    def pay_back(self, order: Order, paid_back: PaidBack) -> None:
        """Nimbbl has taken a refund; the bank pays it after that."""
        one = self._scenes.get(order.merchant_order_id)
        if one:
            self._events.tell(order, nimbbl_telling.refunded(order, paid_back), one.scene.manner)

    def _tell_of_payment(self, purchase: str, seconds: float) -> None:
        with self._lock:
            one = self._paying.pop(purchase, None)
        if one:
            self._events.tell(one.order, nimbbl_telling.captured(one.order, seconds), one.scene.manner)
