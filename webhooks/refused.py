"""What 1mg was told 400 for, by what was wrong: the same bytes sent again are no better, so somebody must hear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from webhooks.models import Delivery
from webhooks.strict_json import PROBLEMS

#: So long a refused delivery is told of on the desk and to probes.
TOLD: Final = timedelta(days=1)
#: So far back the inbox looks.
SINCE: Final = timedelta(days=7)
#: So many of the newest are looked at.
MOST: Final = 1_000


@dataclass(slots=True)
class Group:
    """Refused deliveries with one problem, the last of them received at `last` (UTC)."""

    problem: str
    last: datetime
    times: int = 0

    @property
    def words(self) -> str:
        """What was wrong."""
        return PROBLEMS.get(self.problem, self.problem)


def groups(now: datetime) -> list[Group]:
    """Of the last days, the problem that came last first."""
    rows = Delivery.objects.refused_since(now - SINCE).values_list("problem", "received_at")
    return _grouped(rows.order_by("-received_at")[:MOST])


def _grouped(rows: Iterable[tuple[str, datetime]]) -> list[Group]:
    found: dict[str, Group] = {}
    for problem, received_at in rows:
        group = found.setdefault(problem, Group(problem, received_at))
        group.times += 1
    return list(found.values())
