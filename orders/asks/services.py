"""Asking 1mg about purchases: whose turn it is then, and what ends it.

    ask(ids, clocks, by)        1mg is being asked about what some purchases need
    answer(id, text, by)        somebody notes what it answered: our turn again
    withdraw(id, by)            it was not asked after all
    end_moved()                 questions that 1mg has answered by moving what was asked about

A question is two things, written in one commit under the purchase's lock: `Need.asked_at`, by which rows are found and
which 1mg's news empties where it lands (`orders.desk.needing`); and an `Ask`, which tells who asked, and how long 1mg
took. The second learns of news from the first, within a minute, so that receiving pays nothing for it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from orders import acts, locks, purchases
from orders.actors import Actor
from orders.asks.messages import Facts, Order
from orders.choices import Kind, Source
from orders.desk.attention import Attention
from orders.desk.causes import ASKABLE
from orders.models import Ask, Need, OrderGroup, OrderUpdate

Ending = Ask.Ending
#: So many questions are looked at in one go.
_MOST: Final = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """What a press came to. `batch`: names what is asked now; `before`: needs that somebody had asked about already."""

    batch: str
    now: Sequence[Ask]
    before: Sequence[Need]


def facts_of(need: Need, group: OrderGroup) -> Facts:
    """What 1mg is told of a need. `group`: its purchase, with the orders at hand."""
    orders = tuple(Order(one.pk, one.status_id, one.updated_at) for one in group.orders.all())
    return Facts(group.pk, group.group_order_id, need.clock, need.since, orders)


@transaction.atomic
def ask(ids: Collection[str], clocks: Collection[str], *, by: Actor) -> Asked:
    """1mg is asked about what these purchases need, of these clocks; what needs nothing is left out.

    Asked already and in time for an answer, it is not asked again: a second press finds who was first.
    """
    locks.hold((), ids)
    look = Attention()
    holding = look.holding.filter(group__in=ids, clock__in=clocks, cause__in=ASKABLE)
    found = list(holding.select_related("group").prefetch_related("group__orders").order_by("since", "group_id"))
    _end_moved_of(Ask.objects.filter(group__in=ids))
    now = [need for need in found if not look.is_asked(need)]
    batch = uuid.uuid4().hex
    asked = _write(now, batch, by, look.at)
    return Asked(batch, asked, [need for need in found if look.is_asked(need)])


def _write(needs: Sequence[Need], batch: str, by: Actor, at: datetime) -> list[Ask]:
    Need.objects.filter(pk__in=[need.pk for need in needs]).update(asked_at=at, asked_by=by.name)
    of = {"last_at": at, "by": by.name, "asked_by_id": by.user_id, "batch": batch}
    open_now = Ask.objects.filter(ended_at=None, group__in={need.group_id for need in needs})
    before = {(one.group_id, one.clock): one for one in open_now}
    asked = []
    for need in needs:
        facts = facts_of(need, need.group).stored()
        one = before.get((need.group_id, need.clock)) or Ask(group=need.group, clock=need.clock, asked_at=at)
        vars(one).update(of, facts=facts)
        one.save()
        _record(acts.ASKED_1MG, need.group_id, Kind.CARE, by, clock=need.clock, again=one.asked_at != at)
        asked.append(one)
    return asked


def answer(merchant_order_id: str, text: str, *, by: Actor) -> bool:
    """Note what 1mg answered about the purchase, whatever it was asked: it is our turn again.

    `False` where nothing was asked, or somebody has noted the answer before. Raises `OrderGroup.DoesNotExist`.
    """
    return _end(merchant_order_id, Ending.ANSWERED, by, acts.ANSWERED_BY_1MG, Kind.NOTE, text=text)


def withdraw(merchant_order_id: str, *, by: Actor) -> bool:
    """It was not asked after all; `False` where nothing was. Raises `OrderGroup.DoesNotExist`."""
    return _end(merchant_order_id, Ending.WITHDRAWN, by, acts.NOT_ASKED, Kind.CARE)


@transaction.atomic
def _end(merchant_order_id: str, ending: Ending, by: Actor, act: str, kind: Kind, **params: Any) -> bool:
    group, _orders = purchases.locked(merchant_order_id)
    _end_moved_of(Ask.objects.filter(group=group))
    ended = Ask.objects.filter(group=group, ended_at=None)
    if not ended.update(ended_at=timezone.now(), ending=ending, ended_by=by.user_id):
        return False
    Need.objects.filter(group=group).exclude(asked_at=None).update(asked_at=None)
    _record(act, group.pk, kind, by, **params)
    return True


def end_moved() -> int:
    """End the questions that 1mg has answered by moving what they were about; how many."""
    return _end_moved_of(Ask.objects.all())


def _end_moved_of(some: QuerySet[Ask]) -> int:
    """Of a question that is over, the need is gone or no longer asked of. It ended with 1mg's last word."""
    standing = Need.objects.filter(group=OuterRef("group"), clock=OuterRef("clock"), asked_at=OuterRef("last_at"))
    over = list(some.filter(~Exists(standing), ended_at=None).order_by("pk")[:_MOST])
    spoken = _last_words({one.group_id for one in over})
    return sum(_end_one(one, spoken.get(one.group_id)) for one in over)


def _end_one(one: Ask, spoken: datetime | None) -> int:
    at = spoken if spoken and spoken > one.last_at else timezone.now()
    same = Ask.objects.filter(pk=one.pk, ended_at=None, last_at=one.last_at)  # unless it is asked again just now
    return same.update(ended_at=at, ending=Ending.MOVED)


def _last_words(ids: Iterable[str]) -> Mapping[str, datetime]:
    """When 1mg last said something of some purchases (UTC)."""
    told = OrderUpdate.objects.order_by().filter(order__group__in=ids).values_list("order__group")
    return dict(told.annotate(last=Max("received_at")))


def _record(act: str, merchant_order_id: str, kind: Kind, by: Actor, **params: Any) -> None:
    acts.record(act, group_id=merchant_order_id, source=Source.PERSON, kind=kind, actor_id=by.user_id, **params)
