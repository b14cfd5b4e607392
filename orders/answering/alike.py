"""How long it took orders that were where one is now: same status, courier and city, of our own last 90 days.

    hours(status_id, courier, city_word, now)    so many hours 9 of 10 took to arrive; none where too few are known

Bounded, whatever the history: in one statement it looks at no more than 150 purchases of the city, found through
`group_city_word_newest` (1.4 ms of PostgreSQL at 1,000,000 purchases). The last week is left out, since of the newest
orders only the quick ones have arrived; one that has not arrived by now counts as not arrived.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil, inf
from typing import Final

from orders.choices import Flag
from orders.models import OrderGroup, OrderUpdate

#: From how far back until when purchases are looked at, and how many of them at most.
_FROM, _UNTIL, _MOST = timedelta(days=90), timedelta(days=7), 150
#: Fewer than so many say nothing.
_ENOUGH: Final = 30
_DELIVERED: Final = 40
_HOUR: Final = 3_600_000


def hours(status_id: int, courier: str, city_word: str, now: datetime) -> int | None:
    """Within how many hours of that status 9 of 10 arrived. `courier`: empty where none is named yet."""
    those = OrderGroup.objects.filter(city_word=city_word, first_seen_at__range=(now - _FROM, now - _UNTIL))
    newest = those.order_by("-first_seen_at", "-merchant_order_id").values("pk")[:_MOST]
    told = OrderUpdate.objects.order_by().filter(order__group__in=newest, status_id__in=(status_id, _DELIVERED))
    if courier:
        told = told.filter(order__delivery_partner_name=courier)
    return _nine_of_ten(_taken(told.values_list("order_id", "status_id", "at_ms", "flags"), status_id))


def _taken(told: Iterable[tuple[str, int | None, int, list[str]]], status_id: int) -> list[float]:
    """How long each took, in milliseconds, from the status to the door; one whose clock nobody can believe is none."""
    began: dict[str, int] = {}
    arrived: dict[str, int] = {}
    odd: set[str] = set()
    for order_id, code, at, flags in told:
        if Flag.CLOCK_UNTRUSTED in flags:
            odd.add(order_id)
        first = arrived if code == _DELIVERED else began
        first[order_id] = min(at, first.get(order_id, at))
    return [arrived.get(order_id, inf) - at for order_id, at in began.items() if order_id not in odd]


def _nine_of_ten(taken: list[float]) -> int | None:
    if len(taken) < _ENOUGH:
        return None
    longest = sorted(taken)[ceil(len(taken) * 0.9) - 1]
    return None if longest == inf or longest < 0 else max(ceil(longest / _HOUR), 1)
