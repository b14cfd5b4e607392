"""The story of purchases as it is read, for tests that ask what was told."""

from __future__ import annotations

from orders.models import OrderGroup
from orders.stories import history
from orders.stories.story import Line


def lines(merchant_order_id: str | None = None, *, kind: str | None = None) -> list[Line]:
    """The lines of one purchase, or of all that there are, oldest first."""
    groups = OrderGroup.objects.with_everything().order_by("pk")
    if merchant_order_id is not None:
        groups = groups.filter(pk=merchant_order_id)
    told = [line for group in groups for line in history.lines_of(group)]
    return [line for line in told if kind in (None, line.kind)]


def texts(merchant_order_id: str | None = None, *, kind: str | None = None) -> list[str]:
    """The same in words."""
    return [line.text for line in lines(merchant_order_id, kind=kind)]
