"""A colleague who works at the portal too: confirms what she is told to, and looks at what was flagged.

She presses as staff do, through the services behind the pages, and her calls go to the partners that are played. That
needs the portal's own database, so she is there in `make run` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, close_old_connections

from orders import reviews
from orders.actors import Actor
from orders.models import GroupedOrder, OrderGroup
from payments import services
from payments.asking import CannotDo, NotReady


@dataclass(frozen=True, slots=True)
class Colleague:
    """What she does says whether it is done, or is to be tried again. `say`: where trouble goes."""

    actor: Actor
    say: Callable[[str], object]

    def confirm(self, merchant_order_id: str) -> bool:
        """Confirm a purchase at 1mg; what comes of it is for the portal to find out."""
        return self._done(merchant_order_id, lambda: services.confirm(merchant_order_id, by=self.actor))

    def look_at(self, merchant_order_id: str) -> bool:
        """Look at what was flagged on a purchase's orders."""

        def look() -> None:
            for order in GroupedOrder.objects.filter(group=merchant_order_id).exclude(review_flags=[]):
                reviews.mark_reviewed(order, by=self.actor)

        return self._done(merchant_order_id, look)

    def _done(self, purchase: str, act: Callable[[], object]) -> bool:
        close_old_connections()
        try:
            act()
        except (CannotDo, NotReady, OrderGroup.DoesNotExist, DatabaseError) as trouble:
            self.say(f"{purchase}: {self.actor.name} has to try again: {type(trouble).__name__}.")
            return False
        return True
