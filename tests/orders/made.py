"""Purchases as rows, for pages that need many in one state; how they come there is tested elsewhere."""

from __future__ import annotations

import itertools

from django.utils import timezone

from orders.desk import needing
from orders.models import OrderGroup
from orders.statuses import status_of

_numbers = itertools.count()


def purchase(*statuses: int | None, registered: bool = False, method: str = "ONLINE", state: str = "none") -> str:
    """A purchase with orders in some statuses."""
    key, now = f"M{next(_numbers)}", timezone.now()
    group = OrderGroup.objects.create(
        merchant_order_id=key,
        first_seen_at=now,
        payment_method=method,
        confirmation_state=state,
        group_order_id=f"G{key}" if statuses else "",
        registered_at=now if registered else None,
    )
    for number, status in enumerate(statuses):
        stage = status_of(status).stage
        group.orders.create(order_id=f"PO{key}-{number}", listed_at=now, status_id=status, stage=stage, attempts=0)
    needing.keep(key)
    return key
