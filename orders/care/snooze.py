"""Putting a purchase off: it leaves *Now* for everybody, until its time or until something happens to it.

    snooze(id, until, why, by)      put off what it needs now
    wake(id, by)                    undo that

A delivery that changes the status of one of its orders ends it as well, and so does a cause that was not there before
(`orders.desk.needing`). What is put off still stands on the purchase itself, with the reason.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from orders import acts, purchases
from orders.actors import Actor
from orders.choices import Kind, Source
from orders.desk import limits
from orders.desk.work import UNTIL_1MG_SPEAKS
from orders.models import Need


@transaction.atomic
def snooze(merchant_order_id: str, until: datetime, why: str, *, by: Actor) -> bool:
    """Put off what the purchase needs now; `False` where it needs nothing. Raises `OrderGroup.DoesNotExist`."""
    group, _orders = purchases.locked(merchant_order_id)
    holding = Need.objects.filter(limits.holds(limits.current(), timezone.now()), group=group)
    if not holding.update(hidden_until=until):
        return False
    _record(acts.SNOOZED, group.pk, by, why=why, until="" if until == UNTIL_1MG_SPEAKS else until.isoformat())
    return True


@transaction.atomic
def wake(merchant_order_id: str, *, by: Actor) -> bool:
    """Undo it; `False` where nothing is put off. Raises `OrderGroup.DoesNotExist`."""
    group, _orders = purchases.locked(merchant_order_id)
    asleep = Need.objects.filter(group=group, hidden_until__gt=timezone.now())
    if not asleep.update(hidden_until=None):
        return False
    _record(acts.WOKEN, group.pk, by)
    return True


def _record(act: str, merchant_order_id: str, by: Actor, **params: Any) -> None:
    acts.record(act, group_id=merchant_order_id, source=Source.PERSON, kind=Kind.CARE, actor_id=by.user_id, **params)
