"""The queues: what needs whom, each a named condition on columns.

Tabs, list filter and API read the same definition. A queue's condition is looked up from its own end, the few that
wait, and never by walking through everything that has been delivered since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.choices import Confirmation, PaymentMethod, Stage
from orders.models import GroupedOrder, OrderGroup
from orders.search import FEW

#: Tabs count so far.
MOST: Final = 50
#: Among so many waiting orders a count looks before it looks at all of them.
_SOME: Final = 500
#: Statuses in which 1mg may be waiting for our confirmation; 180 is for COD.
WAITING: Final = frozenset({15, 17, 160, 170, 100, 110})
#: An order in one of these is beyond a confirmation.
LATER: Final = frozenset({Stage.FULFIL, Stage.SHIP, Stage.DONE, Stage.RETURN, Stage.CANCEL})

Groups = QuerySet[OrderGroup]


@dataclass(frozen=True, slots=True)
class Queue:
    """What needs whom: `narrow` leaves the purchases of a list that wait in it, `found` gives their keys, bit by bit.

    `found` yields one query after the other, each a better answer than the one before; the last one is exact.
    """

    name: str
    label: str | Promise
    reason: str | Promise
    owner: str | Promise
    narrow: Callable[[Groups], Groups]
    found: Callable[[], Iterable[QuerySet[Any, Any]]]


def of_confirmation(*states: Confirmation) -> Q:
    """ONLINE purchases whose confirmation stands so; in the words of the partial index `group_to_confirm`."""
    return Q(payment_method=PaymentMethod.ONLINE, confirmation_state__in=states) & ~Q(
        confirmation_state=Confirmation.CONFIRMED
    )


# --- to confirm -------------------------------------------------------------------------------------------------------

_UNCONFIRMED: Final = of_confirmation(Confirmation.NONE, Confirmation.REJECTED)


def _orders(**those: Any) -> QuerySet[GroupedOrder]:
    """Some orders of the purchase that is looked at."""
    return GroupedOrder.objects.order_by().filter(group=OuterRef("pk"), **those)


def _to_confirm(groups: Groups) -> Groups:
    """Where few wait they are named; where many do, whoever walks down the list soon has met a page of them.

    Walking, each purchase's orders are asked for with a limit, or the planner would rather read all there are.
    """
    few = list(_waiting(Q(Exists(_orders(status_id__in=WAITING))))[: FEW + 1])
    if len(few) <= FEW:
        return groups.filter(pk__in=[row["pk"] for row in few])
    groups = groups.filter(_UNCONFIRMED).alias(
        any_order=Subquery(_orders().values("pk")[:1]),
        waits=Subquery(_orders(status_id__in=WAITING).values("pk")[:1]),
        later=Subquery(_orders(stage__in=LATER).values("pk")[:1]),
    )
    silent = Q(any_order=None, group_order_id="", registered_at__isnull=False)
    return groups.filter(Q(waits__isnull=False) | silent, later=None)


def _found_to_confirm() -> Iterator[QuerySet[Any, Any]]:
    """Among some of the orders that wait, then among all."""
    some = GroupedOrder.objects.order_by().filter(status_id__in=WAITING)[:_SOME]
    yield _waiting(Q(pk__in=some.values("group_id")))
    yield _waiting(Q(Exists(_orders(status_id__in=WAITING))))


def _waiting(at_its_time: Q) -> QuerySet[Any, Any]:
    """The keys of what is to be confirmed: of purchases with an order in its time, and of those not spoken of at all.

    Of what is registered and not spoken of, 1mg has not said its own id either: an index finds the few.
    """
    unconfirmed = OrderGroup.objects.order_by().filter(_UNCONFIRMED)
    spoken_of = unconfirmed.filter(at_its_time, ~Exists(_orders(stage__in=LATER)))
    silent = unconfirmed.filter(~Exists(_orders()), group_order_id="", registered_at__isnull=False)
    return spoken_of.values("pk").union(silent.values("pk"), all=True)


def waits_for_confirmation(group: OrderGroup, orders: Collection[GroupedOrder]) -> bool:
    """The same condition of one purchase that is at hand, with its orders."""
    unconfirmed = group.confirmation_state in (Confirmation.NONE, Confirmation.REJECTED)
    if group.payment_method != PaymentMethod.ONLINE or not unconfirmed:
        return False
    if not orders:
        return group.registered_at is not None and not group.group_order_id
    return any(o.status_id in WAITING for o in orders) and not any(o.stage in LATER for o in orders)


# --- the queues -------------------------------------------------------------------------------------------------------


def _standing(state: Confirmation) -> dict[str, Any]:
    """A queue of what stands in one state."""

    def narrow(groups: Groups) -> Groups:
        return groups.filter(of_confirmation(state))

    return {"narrow": narrow, "found": lambda: [narrow(OrderGroup.objects.order_by()).values("pk")]}


_QUEUES: Final = (
    Queue(
        "to_confirm",
        _("To confirm"),
        _("Online orders: 1mg packs them only after we confirm."),
        _("Operations"),
        narrow=_to_confirm,
        found=_found_to_confirm,
    ),
    Queue(
        "unknown_outcome",
        _("Outcome unknown"),
        _("Nobody knows whether 1mg has confirmed: somebody must find out."),
        _("Operations"),
        **_standing(Confirmation.UNKNOWN),
    ),
    Queue(
        "in_flight",
        _("Being confirmed"),
        _("A confirmation is on its way to 1mg."),
        _("Nobody: it goes on by itself"),
        **_standing(Confirmation.IN_FLIGHT),
    ),
)
QUEUES: Final = {queue.name: queue for queue in _QUEUES}
#: Those that stand above the list.
TABS: Final = ("to_confirm", "unknown_outcome")


def tabs(counted: Collection[str] = TABS) -> list[tuple[Queue, str]]:
    """The queues above the list, with how many wait in those of `counted`: "", "7", "50+". One statement, at most two.

    The first looks of all queues are one statement; of a queue that is not full then, what is left is looked up.
    """
    looks = {name: iter(QUEUES[name].found()) for name in TABS if name in counted}
    first = [_marked(name, next(look)) for name, look in looks.items()]
    counts = Counter(name for (name,) in first[0].union(*first[1:], all=True)) if first else Counter[str]()
    for name, look in looks.items():
        for keys in look:
            counts[name] = len(keys[: MOST + 1]) if counts[name] <= MOST else counts[name]
    return [(QUEUES[name], _shown(counts[name])) for name in TABS]


def _marked(name: str, keys: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The queue's name, once for each of its first purchases."""
    return (
        OrderGroup.objects.order_by().filter(pk__in=keys[: MOST + 1]).annotate(queue=Value(name)).values_list("queue")
    )


def _shown(many: int) -> str:
    return f"{MOST}+" if many > MOST else str(many or "")
