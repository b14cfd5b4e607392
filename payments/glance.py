"""What staff see of a purchase before anything else as they confirm it.

of(groups)     id -> Glance, in a fixed number of queries
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count

from orders.models import OrderGroup, Sku


@dataclass(frozen=True, slots=True)
class Glance:
    """`items`: of its orders, `None` where 1mg has named none. `captured`: rupees at Nimbbl, `None`: nobody knows."""

    group: OrderGroup
    items: int | None
    captured: Decimal | None


def of(groups: Collection[OrderGroup]) -> dict[str, Glance]:
    """As the rows are now: the captured amount may just have been heard."""
    keys = [group.pk for group in groups]
    skus = Sku.objects.order_by().filter(order__group__in=keys).values_list("order__group")
    items = dict(skus.annotate(many=Count("pk")))
    captured = dict(OrderGroup.objects.order_by().filter(pk__in=keys).values_list("pk", "captured_amount"))
    return {group.pk: Glance(group, items.get(group.pk), captured.get(group.pk)) for group in groups}
