"""What is to be confirmed next, for who has just confirmed something.

after(group)      the purchase that has waited longest, but for that one, and how many there are
"""

from __future__ import annotations

from typing import NamedTuple

from orders.desk.attention import Attention
from orders.desk.causes import Cause
from orders.desk.verbs import Link
from orders.models import OrderGroup
from payments import links


class Next(NamedTuple):
    """`many`: how many purchases are to be confirmed, this one among them."""

    group: OrderGroup
    link: Link
    many: int


def after(group: OrderGroup) -> Next | None:
    """The next one; `None` where nothing is left. Two statements, and those of its link."""
    due = Attention().due.filter(cause=Cause.TO_CONFIRM).exclude(group=group)
    first = due.order_by("since", "group_id").select_related("group").prefetch_related("group__orders").first()
    if first is None:
        return None
    link = links.to_confirm([(first, first.group)])[first.group_id]
    return Next(first.group, link, due.count())
