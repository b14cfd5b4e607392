"""Nimbbl's events while the day is played: what happens changes its books, and is posted to the portal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from onemg_portal.sandbox.day.player import Due, Errand, line
from onemg_portal.sandbox.partners import asking
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Books, Order
from onemg_portal.sandbox.partners.nimbbl_telling import MANNERS, Telling


@dataclass(frozen=True, slots=True)
class Events:
    """Has them happen, and posts them where `agreed` says to, one line each. `add`: as `Player.add`."""

    add: Callable[[Iterable[Due]], object]
    books: Books
    agreed: Agreed
    say: Callable[[str], object]

    def tell(self, order: Order, tellings: Sequence[Telling], manner: str) -> None:
        """Tell of an order, in the manner of this name in `MANNERS`."""
        for telling in MANNERS[manner](order, tellings):
            if telling.changes:
                self.add([Errand(telling.at, partial(self._happen, order, telling))])
            if self.agreed.events_url:
                self.add([Errand(telling.told, partial(self._post, order, telling, manner))])

    def _happen(self, order: Order, telling: Telling) -> bool:
        self.books.change(order.nimbbl_order_id, **telling.changes)
        return True

    def _post(self, order: Order, telling: Telling, manner: str) -> bool:
        """Whether it need not be posted again: it was taken, or it is not Nimbbl who posts it."""
        body = telling.body(self.agreed.nimbbl_access_secret)
        answer = asking.post_event(body, self.agreed)
        words = f"Nimbbl: {telling.event['event_type']}"
        self.say(line(order.merchant_order_id, words, answer, "" if manner == "fine" else manner))
        return answer == "200" or not telling.again
