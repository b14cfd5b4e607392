"""The list that somebody looks at, asked for again: the same rows as they are now, in their places.

The page names the rows that it shows, in what it asks again with and nowhere else. A row whose purchase is in the list
no longer is shown all the same: whatever stands below it would move under the hand, and be pressed instead.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.http import QueryDict

from orders import paging
from orders.models import OrderGroup
from orders.paging import PAGE_SIZE, Page

#: The parameters that name the rows, and say that there are older ones.
ROWS: Final = "rows"
MORE: Final = "more"
PLACES: Final = (*paging.PLACES, ROWS, MORE)


@dataclass(frozen=True, slots=True)
class Again:
    """The rows, and those among them that are in the list no longer."""

    page: Page[OrderGroup]
    gone: Collection[str] = ()

    def address(self, filters: QueryDict) -> str:
        """The query string that these rows are asked for again with. `filters`: without a place in the list."""
        asked = filters.copy()
        if self.page.first:
            asked["from"], asked[ROWS] = self.page.first, ",".join(row.pk for row in self.page.rows)
        if self.page.older:
            asked[MORE] = "1"
        return f"?{asked.urlencode()}"


def of(groups: QuerySet[OrderGroup], params: QueryDict) -> Again:
    """The page that was asked for; the one that is looked at, where its rows are named."""
    keys = [key for key in params.get(ROWS, "").split(",") if key and "\0" not in key][:PAGE_SIZE]
    if not keys:
        return Again(paging.page(_drawn(groups), params))
    rows = list(_drawn(OrderGroup.objects.filter(pk__in=keys).order_by("-first_seen_at", "-pk")))
    still = set(groups.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    older = paging.cursor_of(rows[-1]) if rows and MORE in params else None
    first = paging.cursor_of(rows[0]) if rows else None
    return Again(Page(rows, older, None, first), {row.pk for row in rows} - still)


def _drawn(groups: QuerySet[OrderGroup]) -> QuerySet[OrderGroup]:
    """With all that a row shows."""
    return groups.prefetch_related("orders", "needs")
