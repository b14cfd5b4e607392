"""A colleague who works at the portal too: confirms, looks at what was flagged, and decides about refunds.

She presses as staff do, through the services behind the pages, and her calls go to the partners that are played. That
needs the portal's own database, so she is there in `make run` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.db import DatabaseError, close_old_connections

from onemg_portal.sandbox.day.work import Work
from orders import reviews
from orders.actors import Actor
from orders.models import GroupedOrder, OrderGroup
from payments import services
from payments.asking import CannotDo, NotReady
from payments.choices import RefundState
from payments.models import Refund
from payments.refunds import services as refunds

_WHY = "Played by the sandbox."


@dataclass(frozen=True, slots=True)
class Colleague:
    """What she does says whether it is done, or is to be tried again. `say`: where trouble goes."""

    actor: Actor
    say: Callable[[str], object]

    def do(self, work: Work, merchant_order_id: str) -> bool:
        """Do this with a purchase; what comes of a call is for the portal to find out."""
        close_old_connections()
        try:
            self._acts[work](merchant_order_id)
        except (CannotDo, NotReady, OrderGroup.DoesNotExist, DatabaseError) as trouble:
            self.say(f"{merchant_order_id}: {self.actor.name} has to try again: {type(trouble).__name__}.")
            return False
        return True

    @property
    def _acts(self) -> dict[Work, Callable[[str], object]]:
        return {
            Work.CONFIRM: lambda purchase: services.confirm(purchase, by=self.actor),
            Work.CONFIRM_IN_SPITE: self._confirm_in_spite,
            Work.LOOK_AT: self._look_at,
            Work.APPROVE: lambda purchase: self._decide(purchase, refunds.approve, state=RefundState.WAITING, hold=""),
            Work.SEND_AGAIN: lambda purchase: self._decide(purchase, refunds.send_again, state=RefundState.FAILED),
            Work.DECLINE: lambda purchase: self._decide(purchase, refunds.decline, state=RefundState.WAITING),
        }

    def _confirm_in_spite(self, purchase: str) -> None:
        """Confirm what the checks stop, having read them."""
        group = OrderGroup.objects.get(pk=purchase)
        found = services.look(group, patience=5)
        stopped = [tick.code for tick in found.stopped()]
        services.confirm(purchase, by=self.actor, seen=found.mark, overridden=stopped, why=_WHY)

    def _look_at(self, purchase: str) -> None:
        for order in GroupedOrder.objects.filter(group=purchase).exclude(review_flags=[]):
            reviews.mark_reviewed(order, by=self.actor)

    def _decide(self, purchase: str, decide: Callable[..., object], **which: str) -> None:
        """Decide about those of the purchase's refunds. Raises `CannotDo` where there is none yet."""
        waiting = Refund.objects.filter(group=purchase, **which)
        if not waiting:
            raise CannotDo("No refund stands so.")
        for refund in waiting:
            decide(refund, by=self.actor, why=_WHY)
