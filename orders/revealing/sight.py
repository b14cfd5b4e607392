"""What of a purchase's people somebody reads on its page: nothing, what lists show, or all once she has asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from orders.choices import OpenedFrom
from orders.desk.work import PERSONAL
from orders.masking import people
from orders.models import OrderGroup
from orders.revealing import services
from orders.stories import history
from orders.stories.story import Line


@dataclass(frozen=True, slots=True)
class Sight:
    """`may_see`: by her role; `shown_until`: she has asked; `opened_from`: what led her here."""

    may_see: bool
    shown_until: datetime | None
    opened_from: OpenedFrom

    @property
    def is_veiled(self) -> bool:
        """Whether she may see it and has not asked to."""
        return self.may_see and self.shown_until is None

    @property
    def sees(self) -> bool:
        """Whether contact, address and papers are shown."""
        return self.may_see and self.shown_until is not None

    def of(self, group: OrderGroup, lines: list[Line]) -> tuple[OrderGroup, list[Line]]:
        """The purchase, loaded with everything, and its story as she reads them. Never save it."""
        orders = list(group.orders.all())
        if not self.may_see:
            known = people.private(group, orders)
            return people.masked(group, known), people.masked_lines(lines, known)
        lines = history.with_items(group, lines)
        if self.sees:
            return group, lines
        known = people.of(group, orders)
        return people.veiled(group, known), people.veiled_lines(lines, known)


def sight_of(request: HttpRequest, merchant_order_id: str) -> Sight:
    """What she reads on the purchase's page now."""
    return Sight(
        request.user.has_perm(PERSONAL),
        services.shown_until(request.session, merchant_order_id),
        services.opened_from(request, merchant_order_id),
    )
