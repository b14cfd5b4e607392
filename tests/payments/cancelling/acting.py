"""A person's wish to cancel, and what came of it at 1mg."""

from __future__ import annotations

from typing import Any

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments.cancelling import services
from payments.models import PartnerCall
from tests.payments.conftest import carried


def cancelled(group: OrderGroup, by: Actor, **more: Any) -> PartnerCall:
    """The cancellation after somebody asked for it and its thread has done with it."""
    return carried(services.cancel(group.pk, f"PO{group.pk}", why="Ordered twice", by=by, **more))


def taken(partners: Partners, name: str = "M1") -> tuple[int, int]:
    """How many cancellations reached 1mg, and how many it accepted."""
    effects = partners.effects(name)
    return effects["cancels_received"], effects["cancels_taken"]
