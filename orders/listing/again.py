"""The list that somebody looks at, asked for again: the same rows as they are now, in their places.

The page names the rows that it shows in a header, since they are no part of an address. A row whose purchase is in the
list no longer is shown all the same: whatever stands below it would move under the hand, and be pressed instead.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet
from django.http import HttpRequest

from orders import paging
from orders.models import OrderGroup
from orders.paging import PAGE_SIZE, Page

#: The header that names the rows, and the one that says that there are older ones.
ROWS: Final = "X-List-Rows"
MORE: Final = "X-List-More"


@dataclass(frozen=True, slots=True)
class Again:
    """The rows, and those among them that are in the list no longer."""

    page: Page[OrderGroup]
    gone: Collection[str] = ()

    @property
    def headers(self) -> str:
        """What the page says when it asks again, in JSON; ids are letters, digits, `-` and `_` alone."""
        more = {MORE: "1"} if self.page.older else {}
        return json.dumps({ROWS: ",".join(row.pk for row in self.page.rows), **more})


def of(groups: QuerySet[OrderGroup], request: HttpRequest) -> Again:
    """The page that was asked for; the one that is looked at, where the request says that it shows one."""
    keys = [key for key in request.headers.get(ROWS, "").split(",") if key and "\0" not in key][:PAGE_SIZE]
    if not keys:
        return Again(paging.page(_drawn(groups), request.GET))
    rows = list(_drawn(OrderGroup.objects.filter(pk__in=keys).order_by("-first_seen_at", "-pk")))
    still = set(groups.filter(pk__in=keys).order_by().values_list("pk", flat=True))
    older = paging.cursor_of(rows[-1]) if rows and MORE in request.headers else None
    first = paging.cursor_of(rows[0]) if rows else None
    return Again(Page(rows, older, None, first), {row.pk for row in rows} - still)


def _drawn(groups: QuerySet[OrderGroup]) -> QuerySet[OrderGroup]:
    """With all that a row shows."""
    return groups.prefetch_related("orders", "needs")
