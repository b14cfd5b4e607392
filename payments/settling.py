"""What is known about a call in doubt, to be read beside the question what became of it.

evidence_of(call)     what was sent, what came, what 1mg's deliveries say since, and what Nimbbl says
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db.models import Q

from orders.models import OrderUpdate
from orders.statuses import status_of
from payments.models import PartnerCall, Payment
from payments.preflight import gather

#: So many of 1mg's last words are shown.
MOST: Final = 8


@dataclass(frozen=True, slots=True)
class Told:
    """What 1mg said of an order after the call was asked for. `at`: by its own clock; `received_at`: when we heard."""

    order_id: str
    words: str
    at: datetime
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Evidence:
    """`told`: 1mg's words since, the newest first; `more`: how many are older. `payment`: `None` where none is."""

    told: Sequence[Told]
    more: int
    payment: Payment | None


def evidence_of(call: PartnerCall) -> Evidence:
    """What there is by now."""
    ids = [about.onemg_id for about in call.about.all()]
    here = Q(order__group=call.group_id) | Q(order__in=ids) | Q(order__group__group_order_id__in=ids)
    since = OrderUpdate.objects.filter(here, received_at__gte=call.created_at).order_by("-received_at", "-pk")
    rows = list(since.values_list("order_id", "status_id", "at_ms", "received_at"))
    told = [Told(key, status_of(status).label, _utc(at_ms), received) for key, status, at_ms, received in rows[:MOST]]
    return Evidence(told, max(len(rows) - MOST, 0), gather.payment_of(call.group_id))


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC)
