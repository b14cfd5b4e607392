"""Saved views as somebody sees them: their own and the shared ones, each with how many purchases it holds by now.

views_of(user, may)             without counting; one statement
counted(views, user, may, look) the same with their counts; one statement more, however many there are
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.http import QueryDict
from django.utils.dateparse import parse_datetime

from orders.desk.attention import Attention
from orders.filters import ListFilter
from orders.masking import privacy
from orders.masking.personal import NOBODY
from orders.models import OrderGroup, SavedView
from orders.saved import queries
from orders.saved.services import SHARE, May

PERSONAL: Final = "orders.view_personal_data"
#: Counted no further than this.
MOST: Final = 999


@dataclass(frozen=True, slots=True)
class Count:
    """How many purchases a view holds, as far as they are counted; and since when we know the oldest of them.

    Of more than are counted nobody knows the oldest.
    """

    many: int
    oldest: datetime | None = None

    @property
    def words(self) -> str:
        """`12`, or `999+`."""
        return f"{MOST}+" if self.many > MOST else str(self.many)


@dataclass(frozen=True, slots=True)
class Shown:
    """A view. `name`: as the reader may read it; `count`: `None` where nobody has counted, or it cannot be read."""

    view: SavedView
    name: str
    may_change: bool
    count: Count | None = None


def views_of(user: User, may: May) -> list[Shown]:
    """Their own by name, then the shared ones.

    What staff type is not for who may not see personal data: of a shared view they read the common words of its name,
    and none that is about tags or couriers.
    """
    views = SavedView.objects.filter(Q(owner=user) | Q(is_shared=True)).select_related("owner")
    return [_shown(view, user, may) for view in views if may(PERSONAL) or _is_open_to(view, user)]


def _is_open_to(view: SavedView, user: User) -> bool:
    return view.owner_id == user.pk or not queries.is_personal(view.query)


def _shown(view: SavedView, user: User, may: May) -> Shown:
    reads = view.owner_id == user.pk or may(PERSONAL)
    name = view.name if reads else privacy.only_common_words(view.name, NOBODY)
    return Shown(view, name, may(SHARE) if view.is_shared else True)


def counted(views: Sequence[Shown], user: User, may: May, look: Attention) -> list[Shown]:
    """The same with how many purchases each holds for this reader."""
    asked = {shown.view.pk: _first_seen(shown.view, user, may, look) for shown in views}
    found = dict(_counts({key: one for key, one in asked.items() if one is not None}))
    return [replace(shown, count=found.get(shown.view.pk)) for shown in views]


def _first_seen(view: SavedView, user: User, may: May, look: Attention) -> Any:
    """When we heard first of each of its purchases, no more than are counted; `None` where it cannot be read."""
    filters = ListFilter(
        QueryDict(view.query),
        OrderGroup.objects.with_something_to_show(),
        may_see_personal_data=may(PERSONAL),
        user_id=user.pk,
        look=look,
    )
    return filters.qs.order_by().values_list("first_seen_at")[: MOST + 1] if filters.is_valid() else None


def _counts(asked: Mapping[int, Any]) -> Iterator[tuple[int, Count]]:
    """One statement for all: each view by itself stops counting, so it cannot be an aggregate of the ORM's."""
    selects, params = [], []
    for key, rows in asked.items():
        try:
            sql, values = rows.query.sql_with_params()
        except EmptyResultSet:
            yield key, Count(0)
            continue
        selects.append(f"SELECT %s, COUNT(*), MIN(first_seen_at) FROM ({sql}) AS counted")  # noqa: S608 - the ORM's
        params += [key, *values]
    if not selects:
        return
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(selects), params)
        for key, many, oldest in cursor.fetchall():
            yield int(key), Count(many, None if many > MOST else _moment(oldest))


def _moment(value: Any) -> datetime | None:
    """A time as the database gives it: SQLite's are texts, in UTC."""
    found = parse_datetime(value) if isinstance(value, str) else value
    return found.replace(tzinfo=found.tzinfo or UTC) if found else None
