"""Refunds as pages show them.

ticks_of(refund, ...)    what is read before somebody decides; ticks_of_new(group): before one is started
readable(refunds, may)   refunds without people in what staff wrote, for who may not see them; readable_requests(...)
at_work()                those that wait for a person, are in doubt or on their way
odd_requests()           requests of 1mg's that came to no refund
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from orders.actors import Actor
from orders.ids import is_id
from orders.masking import privacy
from orders.masking.personal import NOBODY
from orders.models import OrderGroup
from payments import parties
from payments.choices import BOUND, FOR_A_PERSON, OPEN_REFUND, Judged
from payments.models import Refund, RefundRequest
from payments.partners import redact
from payments.preflight.ticks import Tick
from payments.refunds import money, ticks

#: So many are shown at once.
MOST: Final = 50
#: An odd request is shown for so long.
_SHOWN_FOR: Final = timedelta(days=14)
_ODD: Final = ("", Judged.UNKNOWN, Judged.UNREADABLE, Judged.TOO_MUCH, Judged.CLASH)


def ticks_of(refund: Refund, by: Actor) -> list[Tick]:
    """What is read before `by` decides about it."""
    return _ticks(
        refund.group,
        refund,
        amount=refund.amount,
        asker=refund.asker,
        asked_by=refund.asked_by,
        asked=refund.requests.count(),
        hold=refund.hold,
        state=refund.state,
        approved_by=refund.approved_by,
        is_first=by.user_id == refund.approved_user_id,
    )


def ticks_of_new(group: OrderGroup) -> list[Tick]:
    """What is read before one is started."""
    nobody = dict.fromkeys(("asker", "asked_by", "hold", "state", "approved_by"), "")
    return _ticks(group, None, amount=None, asked=0, is_first=False, **nobody)


def readable(refunds: Sequence[Refund], may: Callable[[str], bool]) -> list[Refund]:
    """Refunds as somebody may read them; never save one."""
    if may("orders.view_personal_data"):
        return list(refunds)
    known = parties.private_of_purchases({one.group_id for one in refunds})
    shown = [copy.copy(one) for one in refunds]
    for one in shown:
        people = known.get(one.group_id, NOBODY)
        one.reason, one.said = privacy.only_common_words(one.reason, people), privacy.sentence(one.said, people)
    return shown


def readable_requests(requests: Iterable[RefundRequest], may: Callable[[str], bool]) -> list[RefundRequest]:
    """The same of requests, whose ids are whatever 1mg wrote there: dots for what is no id, or looks like a person."""
    shown = [copy.copy(one) for one in requests]
    if not may("orders.view_personal_data"):
        for one in shown:
            one.unique_id, one.order_id = _only_an_id(one.unique_id), _only_an_id(one.order_id)
    return shown


def at_work() -> QuerySet[Refund]:
    """Those of which something is to come, the oldest first."""
    some = Refund.objects.filter(state__in=FOR_A_PERSON | OPEN_REFUND)
    return some.select_related("group").order_by("created_at", "pk")


def odd_requests() -> QuerySet[RefundRequest]:
    """Requests that came to no refund, and none like them since; the newest first."""
    like = RefundRequest.objects.filter(
        order_id=OuterRef("order_id"), amount=OuterRef("amount"), judged__in=BOUND, pk__gt=OuterRef("pk")
    )
    since = timezone.now() - _SHOWN_FOR
    return RefundRequest.objects.filter(~Exists(like), judged__in=_ODD, received_at__gt=since).defer("body")


def _only_an_id(said: str) -> str:
    return redact.text(said) if is_id(said) or not said else redact.DOTS


def _ticks(group: OrderGroup, refund: Refund | None, **told: Any) -> list[Tick]:
    left = money.left(group.pk, besides=refund)
    facts = ticks.Facts(
        second_above=settings.REFUND_SECOND_PERSON_ABOVE,
        linked=left.payment is not None,
        captured=left.captured,
        back=left.back,
        claimed=left.claimed,
        room=left.room,
        here=group.environment == settings.PORTAL_ENVIRONMENT,
        **told,
    )
    return ticks.of(facts)
