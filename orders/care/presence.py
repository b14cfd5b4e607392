"""Who has a purchase's page open now: a sign of life now and then, forgotten within a minute.

sign(id, user)          somebody still has the page open
others(id, user)        who else has
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.utils import timezone

from orders.models import Presence

#: Written at most so often for one person at one page.
EVERY: Final = timedelta(seconds=20)
#: Who has given no sign for so long has left.
GONE: Final = timedelta(seconds=60)


def sign(merchant_order_id: str, user: User) -> None:
    """Keep that `user` has the page open. Who comes anew sweeps out those who have left, wherever they were."""
    now = timezone.now()
    mine = Presence.objects.filter(group=merchant_order_id, user=user, at__gte=now - GONE)
    if mine.filter(at__gte=now - EVERY).exists() or mine.update(at=now):
        return
    Presence.objects.filter(at__lt=now - GONE).delete()
    opened = Presence(group_id=merchant_order_id, user=user, since=now, at=now)
    Presence.objects.bulk_create([opened], ignore_conflicts=True)


def others(merchant_order_id: str, user: User) -> list[Presence]:
    """Who else has the page open, who came first before the others."""
    here = Presence.objects.filter(group=merchant_order_id, at__gte=timezone.now() - GONE)
    return list(here.exclude(user=user).select_related("user").order_by("since", "pk"))
