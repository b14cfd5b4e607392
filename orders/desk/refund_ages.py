"""Refunds that are due, by how long they have been: how many and how much of all, and the oldest one by one.

of(look)     the ages, the oldest first
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders import money
from orders.desk.attention import Attention
from orders.desk.causes import Cause
from orders.models import GroupedOrder, Need
from orders.money import Amount

#: So many of the oldest are shown one by one.
MOST: Final = 50
#: Days from which on a refund is of an age, and how that is called.
_AGES: Final = ((0, _("0 to 3 days")), (3, _("3 to 7 days")), (7, _("7 days and more")))


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is to go back of a purchase's money, as 1mg says it: due, and paid back."""

    due: Amount | None
    back: Amount | None

    @property
    def left(self) -> Decimal | None:
        """Rupees that are still to be paid back; `None` where that is not known."""
        if self.due is None or self.due.rupees is None or (self.back is not None and self.back.rupees is None):
            return None
        return self.due.rupees - (self.back.rupees if self.back and self.back.rupees else Decimal(0))


@dataclass(slots=True)
class Age:
    """All refunds of an age. `total`: rupees left of those of which it is known; `unknown`: of how many it is not.

    `shown`: those of them that are shown one by one.
    """

    label: str | Promise
    many: int = 0
    total: Decimal = Decimal(0)
    unknown: int = 0
    shown: list[tuple[Need, Amounts]] = field(default_factory=list)

    def count(self, left: Decimal | None) -> None:
        """Count one more of which so much is left."""
        self.many += 1
        self.total += left or 0
        self.unknown += left is None


def of(look: Attention) -> list[Age]:
    """The ages that there are refunds of, the oldest first; what is shown has purchase and orders at hand."""
    some = look.holding.filter(cause=Cause.REFUND)
    amounts = _amounts(some)
    shown = {need.pk: need for need in _oldest(some)}
    ages = {days: Age(label) for days, label in reversed(_AGES)}
    for pk, group_id, since in some.order_by("since", "group_id").values_list("pk", "group_id", "since"):
        age = ages[_days(since, look.at)]
        age.count(amounts[group_id].left)
        if pk in shown:
            age.shown.append((shown[pk], amounts[group_id]))
    return [age for age in ages.values() if age.many]


def _days(since: datetime, now: datetime) -> int:
    """The age that it is of; whatever 1mg was asked since."""
    return max(days for days, _label in _AGES if days == 0 or now - since >= timedelta(days=days))


def _oldest(some: QuerySet[Need]) -> Iterable[Need]:
    whole = some.select_related("group").prefetch_related("group__orders")
    return whole.order_by("since", "group_id")[:MOST]


def _amounts(some: QuerySet[Need]) -> Mapping[str, Amounts]:
    """Purchase -> what is to go back of its money: of its orders, the one on which 1mg said it last counts."""
    told: dict[str, tuple[list[int], dict[str, Any]]] = {}
    orders = GroupedOrder.objects.order_by().filter(group__in=some.values("group"))
    for group_id, summary, heard in orders.values_list("group_id", "payment_summary", "heard__payment"):
        if summary and (group_id not in told or told[group_id][0] < (heard or [])):
            told[group_id] = heard or [], summary
    keys = "total_refund_due", "total_refunded_amount"
    found = {group: Amounts(*(money.said(summary, key) for key in keys)) for group, (_at, summary) in told.items()}
    return defaultdict(lambda: Amounts(None, None), found)
