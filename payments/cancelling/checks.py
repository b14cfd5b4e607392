"""The ticks before a cancellation at 1mg. Pure.

    of(facts, order_id, captured)     every tick about the 1mg order that is to be cancelled

1mg's FAQ: until the order moves to packing. Which statuses those are it does not say; so what is clearly packed stops
the press, what its table names before packing passes, and of the rest 1mg is asked: its refusal is clear and harmless.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from orders.choices import PaymentMethod, Stage
from orders.ids import is_id
from orders.rupees import with_sign
from orders.statuses import CANCELLED, codes_in
from payments.choices import State, Verdict
from payments.preflight.checks import CHECKS as SHARED
from payments.preflight.facts import Facts, LiveCall, OrderFact
from payments.preflight.ticks import Tick

#: 1mg's table names these as before packing.
BEFORE_PACKING: Final = frozenset({15, 100, 110})
#: 1mg packs it, or it has gone further: nothing cancels it any more.
TOO_LATE: Final = frozenset(
    {130, 131, 132, *(code for stage in (Stage.SHIP, Stage.DONE, Stage.RETURN) for code in codes_in(stage))}
)
_Found = tuple[Verdict, str]
_PASS, _WARN, _FAIL, _UNKNOWN = Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN


class Cancelling(NamedTuple):
    """What is looked at. `captured`: rupees that Nimbbl has captured for the whole purchase; `None`: nobody knows."""

    facts: Facts
    order_id: str
    captured: Decimal | None

    @property
    def order(self) -> OrderFact | None:
        """The order, as far as 1mg has spoken of it."""
        return next((order for order in self.facts.orders if order.order_id == self.order_id), None)


def may_be_cancelled(status_id: int | None) -> bool:
    """Whether asking for it makes sense at all."""
    return status_id not in CANCELLED | TOO_LATE


def of(facts: Facts, order_id: str, captured: Decimal | None) -> list[Tick]:
    """Every tick, whatever the others found. None can be overridden: 1mg decides, and would refuse."""
    about = Cancelling(facts, order_id, captured)
    return [Tick(code, *check(about)) for code, check in CHECKS.items()]


def _shared(code: str) -> Callable[[Cancelling], _Found]:
    """A check of the pre-flight that holds here as well."""
    return lambda about: SHARED[code](about.facts)


def _which(about: Cancelling) -> _Found:
    if not is_id(about.order_id):
        return _FAIL, "1mg's id of the order is not known, or cannot be sent"
    many = len(about.facts.orders)
    if many > 1:
        return _PASS, f"{about.order_id} alone, of the {many} orders of this purchase; the others go on"
    return _PASS, f"{about.order_id}, the whole purchase"


def _status(about: Cancelling) -> _Found:
    order = about.order
    if order is None:
        return _UNKNOWN, "1mg has not spoken of this order yet; whether it can be cancelled only 1mg knows"
    label = order.status.label
    if order.status_id in CANCELLED:
        return _FAIL, f"{label}: 1mg does that already"
    if order.status_id in TOO_LATE:
        return _FAIL, f"{label}: too late, 1mg cancels only until it packs"
    if order.status_id in BEFORE_PACKING:
        return _PASS, f"{label}: before packing"
    if order.status.known:
        return _WARN, f"{label}: 1mg does not publish whether it still cancels then; its answer will tell"
    return _UNKNOWN, f"{label}, which nobody here can judge; 1mg's answer will tell"


def _free(about: Cancelling) -> _Found:
    if ours := about.facts.cancelling.get(about.order_id):
        return _FAIL, _in_words(ours)
    confirming = about.facts.live
    if confirming and confirming.state in (State.INTENDED, State.SENDING):
        return _FAIL, f"{confirming.by} is confirming it, since {confirming.at}: wait for what comes of that"
    if confirming and confirming.state == State.UNKNOWN:
        words = f"We don't know whether 1mg confirmed it for {confirming.by} {confirming.at}"
        return _WARN, f"{words}; if it did, it packs soon"
    return _PASS, "Nobody else is acting on it"


def _in_words(live: LiveCall) -> str:
    """How a cancellation of the order stands in the way of another."""
    if live.state == State.SUCCEEDED:
        return f"1mg has accepted the cancellation that {live.by} asked for {live.at}; it is not asked twice"
    if live.state == State.UNKNOWN:
        return f"We don't know what came of the cancellation by {live.by} {live.at}: settle that first"
    return f"{live.by} is cancelling it, since {live.at}"


def _money(about: Cancelling) -> _Found:
    captured = about.captured
    if about.facts.payment_method == PaymentMethod.COD:
        return _PASS, "Cash on delivery: there is nothing to pay back"
    if captured is None:
        return _UNKNOWN, "What Nimbbl has captured is not known; if it has, 1mg asks us to pay it back"
    if not captured:
        return _PASS, "Nimbbl has captured nothing, so nothing is to be paid back"
    if len(about.facts.orders) > 1:
        words = f"{with_sign(captured)} are captured for the whole purchase"
        return _PASS, f"{words}; the refund of this order's part should follow, 1mg asks for it"
    return _PASS, f"The refund of {with_sign(captured)} should follow, 1mg asks for it"


CHECKS: Final[dict[str, Callable[[Cancelling], _Found]]] = {
    "configured": _shared("configured"),
    "which": _which,
    "status": _status,
    "free": _free,
    "one_purchase": _shared("one_purchase"),
    "money": _money,
    "same_world": _shared("same_world"),
}
