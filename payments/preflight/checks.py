"""The checks of the pre-flight but for the money's: each finds one thing and says it in words. Pure.

To add one: a function, its line in `CHECKS`, and its rows in the matrix of the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from orders.choices import Confirmation, PaymentMethod, Stage
from orders.ids import is_id
from orders.statuses import CANCELLED
from payments.choices import UNDER_WAY, State, Verdict
from payments.preflight import money
from payments.preflight.facts import Facts

_NOT_PACKED: Final = frozenset({Stage.INTAKE, Stage.PRESCRIPTION})
_Found = tuple[Verdict, str]
_PASS, _WARN, _FAIL, _UNKNOWN = Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.UNKNOWN


def _configured(facts: Facts) -> _Found:
    if facts.configured:
        return _PASS, "1mg is configured"
    return _FAIL, "1mg is not configured in this portal: an administrator sets ONEMG_BASE_URL and what belongs to it"


def _method(facts: Facts) -> _Found:
    if PaymentMethod.COD in (facts.payment_method, facts.registered_method):
        other = facts.payment_method != facts.registered_method != ""
        words = (
            "1mg and the shop disagree on how it is paid; one says cash on delivery" if other else "Cash on delivery"
        )
        return _FAIL, f"{words}: 1mg wants no confirmation for that"
    if facts.payment_method == PaymentMethod.ONLINE:
        return _PASS, "An online order, not cash on delivery"
    if facts.payment_method:
        return _UNKNOWN, f"1mg says “{facts.payment_method}” of how it is paid, which nobody here can judge"
    return _UNKNOWN, "Neither 1mg nor the shop has said how it is paid"


def _open(facts: Facts) -> _Found:
    for order_id, asked in facts.cancelling.items():
        if asked.state not in UNDER_WAY:
            taken = "1mg has accepted" if asked.state == State.SUCCEEDED else "We don't know what came of"
            return _FAIL, f"{order_id}: {taken} the cancellation that {asked.by} asked for {asked.at}"
    if not facts.orders:
        return _UNKNOWN, "1mg has not spoken of this purchase yet, so its status is not known"
    for order in facts.orders:
        if order.status_id in CANCELLED:
            return _FAIL, f"{order.order_id}: {order.status.label.lower()} at 1mg"
        if order.status.stage in (Stage.DONE, Stage.RETURN):
            return _FAIL, f"{order.order_id}: {order.status.label.lower()}; there is nothing left to confirm"
        if not order.status.known:
            return _FAIL, f"{order.order_id}: {order.status.label.lower()}, which nobody here can judge"
    return _PASS, "Not cancelled, not delivered"


def _looked_at(facts: Facts) -> _Found:
    if flagged := [order.order_id for order in facts.orders if order.flagged]:
        return _FAIL, f"Marked for a look and not looked at yet: {', '.join(flagged)}"
    return _PASS, "Nothing marked for a look"


def _prescription(facts: Facts) -> _Found:
    state, reason = facts.prescription_state, facts.prescription_reason
    if state == "rejected":
        why = f" (“{reason}”)" if reason else ""
        return _WARN, f"1mg has rejected the prescription{why}: it packs only after a new one"
    if state == "other":
        return _UNKNOWN, "1mg says something of the prescription that nobody here can judge"
    said = {"in_progress": "being checked by 1mg", "completed": "accepted"}.get(state)
    return _PASS, f"The prescription is {said}" if said else "1mg has named no prescription"


def _one_purchase(facts: Facts) -> _Found:
    for rival in facts.rivals:
        other, ids = rival.merchant_order_id, ", ".join(rival.onemg_ids)
        if not rival.kept:
            return _FAIL, f"1mg's order {ids} is also named by the purchase {other}: say first which of the two it is"
        if rival.kept != facts.merchant_order_id:
            return _FAIL, f"1mg's order {ids} belongs to the purchase {other}, says {rival.by}"
    if facts.rivals:
        return _PASS, f"1mg's order is this purchase's, says {facts.rivals[0].by}"
    return _PASS, "No other purchase names this 1mg order"


def _unconfirmed(facts: Facts) -> _Found:
    live = facts.live
    elsewhere = f" for the purchase {live.purchase}" if live and live.purchase else ""
    if live and live.state == State.SUCCEEDED:
        return _FAIL, f"Confirmed already{elsewhere}, by {live.by} {live.at}"
    if facts.confirmation == Confirmation.CONFIRMED:
        return _FAIL, "Confirmed already"
    if live and live.state == State.UNKNOWN:
        doubt = f"We don't know what came of the confirmation{elsewhere} by {live.by} {live.at}"
        return _FAIL, f"{doubt}: settle that first"
    if moved := [o for o in facts.orders if o.status.known and o.status.stage not in _NOT_PACKED | {Stage.CANCEL}]:
        return _FAIL, f"{moved[0].order_id}: {moved[0].status.label.lower()}; 1mg has gone on without a confirmation"
    return _PASS, "Not confirmed already"


def _nobody_else(facts: Facts) -> _Found:
    live = facts.live
    for order_id, asked in facts.cancelling.items():
        if asked.state in UNDER_WAY:
            return _FAIL, f"{asked.by} is cancelling {order_id}, since {asked.at}"
    if live and live.state in UNDER_WAY:
        elsewhere = f" for the purchase {live.purchase}" if live.purchase else ""
        return _FAIL, f"{live.by} is confirming it{elsewhere}, since {live.at}"
    return _PASS, "Nobody else is confirming it"


def _ids_usable(facts: Facts) -> _Found:
    if not facts.onemg_order_id:
        return _FAIL, "1mg's id of the order is not known: register the purchase with it"
    if not all(is_id(value) for value in (facts.merchant_order_id, facts.onemg_order_id)):
        return _FAIL, "An id holds characters that may not stand in a call"
    return _PASS, "Both ids can be sent"


def _ids_agree(facts: Facts) -> _Found:
    theirs = {facts.group_order_id, *(order.order_id for order in facts.orders)} - {""}
    if facts.registered_order_id and theirs and facts.registered_order_id not in theirs:
        return _FAIL, f"The shop registered 1mg's order {facts.registered_order_id}; 1mg speaks of {min(theirs)}"
    if facts.merchant_order_id in theirs:
        return _FAIL, "1mg never named the merchant's id of this purchase: it is filed under 1mg's own"
    if not facts.registered_order_id:
        return _UNKNOWN, "The shop has not registered this purchase, so only 1mg's ids are known"
    if not theirs:
        return _UNKNOWN, "Registered by the shop; 1mg has not named its ids yet"
    return _PASS, "Ids agree: ours and 1mg's"


def _same_world(facts: Facts) -> _Found:
    if not facts.environment:
        return _UNKNOWN, "The purchase is from before this portal noted its environment"
    if facts.environment != facts.portal_environment:
        here, there = facts.portal_environment.upper(), facts.environment.upper()
        return _FAIL, f"This purchase is from {there}, the portal talks to {here} hosts"
    return _PASS, f"Purchase and portal are both {facts.environment.upper()}"


CHECKS: Final[dict[str, Callable[[Facts], _Found]]] = {
    "configured": _configured,
    "method": _method,
    "open": _open,
    "looked_at": _looked_at,
    "prescription": _prescription,
    "one_purchase": _one_purchase,
    "unconfirmed": _unconfirmed,
    "nobody_else": _nobody_else,
    "ids_usable": _ids_usable,
    "ids_agree": _ids_agree,
    "paid": money.paid,
    "same_world": _same_world,
}
#: What a person may know better than we do. The others would be wrong, or impossible, whoever asks.
OVERRIDABLE: Final = frozenset({"open", "looked_at", "ids_agree", "paid"})
