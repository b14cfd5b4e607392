"""A play whose clock stands still while something is done: the partners on their sockets, the portal on its own."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from onemg_portal.sandbox.day.player import LONGEST_WAIT, TRIES, Due, Errand
from onemg_portal.sandbox.stage import Stage
from orders.actors import Actor
from orders.choices import PaymentMethod
from payments import outbox
from payments.registration import services as registration
from tests.onemg_portal.sandbox.queues import lengths


class Shop:
    """The merchant's shop, registering without the API between."""

    def __init__(self) -> None:
        self.purchases: dict[str, dict[str, str]] = {}

    def register(self, purchase: str) -> None:
        """Register a purchase, once."""
        if said := self.purchases.pop(purchase, None):
            told = registration.Registration(
                said["merchant_order_id"],
                said["onemg_order_id"],
                PaymentMethod.ONLINE,
                said["payable_amount"],
                said["nimbbl_order_id"],
            )
            registration.register(told, by=Actor("the shop"))


class Play:
    """In place of a `Player`, with the `stage` that it plays on. The play began two hours ago."""

    stage: Stage

    def __init__(self, post: Callable[..., Any]) -> None:
        self.began, self.seconds, self.post, self.shop = int(time.time()) - 7200, 0.0, post, Shop()
        self.lines: list[str] = []
        self.say = self.lines.append
        self._dues: list[tuple[float, int, Due]] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def add(self, dues: Iterable[Due]) -> None:
        """As `Player.add`."""
        with self._lock:
            for due in dues:
                heapq.heappush(self._dues, (self.seconds + due.due, next(self._numbers), due))

    def forget(self, purchase: str) -> None:
        """As `Player.forget`."""
        with self._lock:
            self._dues = [one for one in self._dues if getattr(one[2], "purchase", "") != purchase]
            heapq.heapify(self._dues)

    def now(self) -> float:
        """The play's time, epoch seconds."""
        return self.began + self.seconds

    def until(self, seconds: float) -> Play:
        """Do all that is due until then, and let every call end."""
        while (due := self._next(seconds)) is not None:
            if not self._do(due) and due.tries + 1 < TRIES:
                self.add([replace(due, due=min(2 * 2**due.tries, LONGEST_WAIT), tries=due.tries + 1)])
        self.seconds = seconds
        return self

    def queues(self) -> dict[str, int]:
        """How many purchases stand in each queue."""
        return lengths(datetime.fromtimestamp(self.now(), UTC))

    def _next(self, seconds: float) -> Due | None:
        assert outbox.drain(60)  # what a call sets off is due before what comes later
        with self._lock:
            if not self._dues or self._dues[0][0] > seconds:
                return None
            self.seconds, _number, due = heapq.heappop(self._dues)
            return due

    def _do(self, due: Due) -> bool:
        if isinstance(due, Errand):
            return due.act()
        self.shop.register(due.purchase)
        self.stage.pay(due.purchase)
        assert self.post(due.body).status_code == 200
        return True
