"""What of an order still needs a person: the flags that its updates raise and those of our own, but for what was seen.

mark_reviewed(order, by)    a person has looked at what was flagged
flag(orders, mark)          mark orders for a person to look at, for a reason of our own
review(order)               work the locked order's flags out anew; it is not saved
facts_of(orders)            what we raised, and what persons have looked at
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db import transaction
from django.utils import timezone

from orders import acts, flags, locks, projection
from orders.actors import Actor
from orders.choices import REVIEWED, Flag, Kind, Source
from orders.desk import needing
from orders.flags import Look, Raised
from orders.models import Act, GroupedOrder, OrderUpdate
from orders.projection import Facts

_COLUMNS: Final = ("review_flags", "flagged_at")


@transaction.atomic
def mark_reviewed(order: GroupedOrder, *, by: Actor) -> bool:
    """A person has looked at the order's flags. Says who in the story; a second call does nothing, returns False.

    What was looked at never comes back; the same flag for another reason does.
    """
    (order,) = locks.hold([order.pk])
    if not order.review_flags:
        return False
    found = _raised(order, OrderUpdate.objects.filter(order=order), facts_of([order.pk]))
    covers = sorted(one.key for one in found if one.flag in REVIEWED)
    order.review_flags, order.flagged_at = [], None
    order.save(update_fields=_COLUMNS)
    _record(acts.LOOKED_AT, order, Source.PERSON, actor_id=by.user_id, covers=covers)
    needing.keep(order.group_id)
    return True


def flag(orders: Iterable[GroupedOrder], mark: Flag) -> None:
    """Mark locked orders for a person to look at, and say so in the story."""
    now = timezone.now()
    for order in orders:
        order.review_flags = sorted({*order.review_flags, mark})
        order.flagged_at = order.flagged_at or now
        order.save(update_fields=_COLUMNS)
        _record(acts.FLAGGED, order, Source.PORTAL, flag=mark, at=now)
        needing.keep(order.group_id)


def review(order: GroupedOrder, updates: Iterable[OrderUpdate]) -> None:
    """Work the flags of the locked order out anew, from all its updates and what is known of its purchase."""
    facts = facts_of([order.pk])
    found, looks = _raised(order, updates, facts), facts.looks.get(order.pk, ())
    order.review_flags = flags.standing(found, looks)
    order.flagged_at = flags.standing_since(found, looks)


def _raised(order: GroupedOrder, updates: Iterable[OrderUpdate], facts: Facts) -> list[Raised]:
    return [*flags.raised(updates, projection.place_of(order.group)), *facts.raised.get(order.pk, ())]


def facts_of(order_ids: Collection[str]) -> Facts:
    """What we raised about some orders ourselves, and what persons have looked at."""
    raised: dict[str, list[Raised]] = defaultdict(list)
    looks: dict[str, list[Look]] = defaultdict(list)
    for act in Act.objects.filter(order__in=order_ids, kind=Kind.REVIEW, update=None).order_by("pk"):
        key = act.order_id or ""
        if act.source == Source.PERSON:
            looks[key].append(
                Look(act.received_at, frozenset(act.params["covers"]) if "covers" in act.params else None)
            )
        elif act.source == Source.PORTAL:
            raised[key].append(Raised(_flag_of(act), f"act:{act.pk}", act.received_at))
    return Facts(raised=raised, looks=looks)


def _flag_of(act: Act) -> Flag:
    """What an act flagged; the code before flagged one thing alone."""
    return Flag(act.params.get("flag", Flag.CANCELLED_MEANWHILE))


def _record(act: str, order: GroupedOrder, source: Source, **more: Any) -> None:
    acts.record(act, group_id=order.group_id, order_id=order.pk, source=source, kind=Kind.REVIEW, **more)
