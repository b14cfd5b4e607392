"""The ticks before a confirmation: what must be true before we tell 1mg to pack. Pure.

    ticks(facts) -> every tick, in the order in which staff read them
    blocking(ticks, overridden) -> those that stop the call
    mark(ticks, order_id) -> what a page carries of what it showed; unread(mark, ...) -> what differs from it now

A tick passes, warns, fails, or is not known. A fail blocks; some may be overridden by who may, with a reason. A warning
and what is not known let through: neither is evidence against. Not known is only what could not be asked or read.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from orders.choices import Confirmation, PaymentMethod, Stage
from orders.statuses import CANCELLED, Status, status_of
from payments.choices import State, Verdict
from payments.partners.nimbbl_money import Reckoning, Standing, standing_of

#: Rupees by which what was captured may differ from what is due: 1mg's own amounts differ by paise.
TOLERANCE: Final = Decimal(1)
#: An id that may stand in the path of a call.
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NOT_PACKED: Final = frozenset({Stage.INTAKE, Stage.PRESCRIPTION})


@dataclass(frozen=True, slots=True)
class OrderFact:
    """One of 1mg's orders in the purchase."""

    order_id: str
    status_id: int | None
    flagged: bool = False

    @property
    def status(self) -> Status:
        """The status table's line."""
        return status_of(self.status_id)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """The confirmation that is under way, done or in doubt already. `at`: when, in words.

    `purchase`: the other purchase that it was asked for, where it confirms an order of this one all the same.
    """

    state: str
    by: str
    at: str
    purchase: str = ""


@dataclass(frozen=True, slots=True)
class Rival:
    """Another purchase that names a 1mg order of this one. `kept`: which of the two `by` has said it belongs to."""

    merchant_order_id: str
    onemg_ids: tuple[str, ...]
    kept: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """What Nimbbl says of the money. `trouble`: why we do not know; then nothing else counts.

    `listed`: whether it listed payments at all, or none. `foreign`: a currency other than rupees that it names.
    """

    order_status: str = ""
    payment_status: str = ""
    listed: bool = True
    reckoning: Reckoning = Reckoning(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    foreign: str = ""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the ticks look at."""

    merchant_order_id: str
    payment_method: str
    registered_method: str = ""
    onemg_order_id: str = ""
    registered_order_id: str = ""
    group_order_id: str = ""
    orders: tuple[OrderFact, ...] = ()
    confirmation: str = Confirmation.NONE
    live: LiveCall | None = None
    nimbbl_order_id: str = ""
    payment: PaymentFact | None = None
    payable: Decimal | None = None
    prescription_state: str = ""
    prescription_reason: str = ""
    rivals: tuple[Rival, ...] = ()
    environment: str = ""
    portal_environment: str = ""
    configured: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """One check and what it found. `overridable`: a person with the permission may go on although it fails."""

    code: str
    verdict: Verdict
    words: str
    overridable: bool = False

    def stored(self) -> dict[str, Any]:
        """As it is kept with the call."""
        return asdict(self) | {"verdict": str(self.verdict)}


def ticks(facts: Facts) -> list[Tick]:
    """Every tick, whatever the others found."""
    return [Tick(code, *check(facts), code in _OVERRIDABLE) for code, check in _CHECKS.items()]


def blocking(found: Iterable[Tick], overridden: Collection[str] = ()) -> list[Tick]:
    """The failing ticks that nobody has overridden, or nobody may."""
    return [t for t in found if t.verdict is Verdict.FAIL and not (t.overridable and t.code in overridden)]


# --- what was read ----------------------------------------------------------------------------------------------------


#: In a mark: the order that will be confirmed.
SENT: Final = "sent"


def mark(found: Iterable[Tick], order_id: str) -> str:
    """A mark of what a page showed: each tick to the letter, and which of 1mg's orders will be confirmed."""
    read = {tick.code: f"{tick.verdict} {tick.words}" for tick in found} | {SENT: order_id}
    return " ".join(f"{code}={_short(words)}" for code, words in read.items())


def unread(seen: str, found: Iterable[Tick], order_id: str) -> list[str]:
    """Codes of what is not as a page with the mark `seen` showed it; `sent` for the order itself."""
    then = set(seen.split())
    return [entry.partition("=")[0] for entry in mark(found, order_id).split() if entry not in then]


def restored(told: Iterable[dict[str, Any]]) -> list[Tick]:
    """Ticks as they were kept with a call."""
    return [Tick(t["code"], Verdict(t["verdict"]), t["words"], t.get("overridable", False)) for t in told]


def _short(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]


# --- the checks -------------------------------------------------------------------------------------------------------

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
    return _UNKNOWN, "Neither 1mg nor the shop has said how it is paid"


def _open(facts: Facts) -> _Found:
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
    if live and live.state in (State.INTENDED, State.SENDING):
        elsewhere = f" for the purchase {live.purchase}" if live.purchase else ""
        return _FAIL, f"{live.by} is confirming it{elsewhere}, since {live.at}"
    return _PASS, "Nobody else is confirming it"


def _ids_usable(facts: Facts) -> _Found:
    if not facts.onemg_order_id:
        return _FAIL, "1mg's id of the order is not known: register the purchase with it"
    if not all(_SAFE_ID.fullmatch(value) for value in (facts.merchant_order_id, facts.onemg_order_id)):
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


def _paid(facts: Facts) -> _Found:
    money = facts.payment
    if not facts.nimbbl_order_id:
        return _UNKNOWN, "No Nimbbl order is linked, so whether it was paid is not known"
    if money is None:
        return _UNKNOWN, "Nimbbl has not been asked yet; it is asked when you press"
    if money.trouble:
        return _UNKNOWN, f"Whether it was paid is not known: {money.trouble}"
    if not money.listed and standing_of(money.order_status) not in _NOT_CAPTURED:
        return _UNKNOWN, f"Nimbbl says “{money.order_status or 'nothing'}” of the order and lists no payments"
    return _covered(money, facts.payable)


def _covered(money: PaymentFact, due: Decimal | None) -> _Found:
    """Whether what was captured, less what went back, is what is due."""
    least, most = money.reckoning.least, money.reckoning.most
    if due is None:
        if most is not None and most <= 0:
            return _FAIL, _sums(money) if money.reckoning.taken_back else _shortfall(money)
        return _UNKNOWN, f"{_sums(money)}; how much was due is not known"
    low, high = due - TOLERANCE, due + TOLERANCE
    if most is not None and most < low and not (money.reckoning.captured or money.reckoning.taken_back):
        return _FAIL, f"{_shortfall(money)}, ₹{due:.2f} due"
    if (most is not None and most < low) or (least is not None and least > high):
        return _FAIL, f"{_sums(money)}, ₹{due:.2f} due: they differ by more than ₹{TOLERANCE}"
    if least is None or most is None or least < low or most > high:
        return _UNKNOWN, f"{_unclear(money)}; ₹{due:.2f} due"
    return _PASS, f"{_sums(money)}, ₹{due:.2f} due, within ₹{TOLERANCE}"


_NOT_CAPTURED: Final = frozenset({Standing.OPEN, Standing.OVER, Standing.AUTHORIZED})
_MEANING: Final = {
    Standing.OPEN: "nothing is captured yet",
    Standing.AUTHORIZED: "the bank holds the money and nothing is captured",
    Standing.OVER: "nothing is captured",
}


def _sums(money: PaymentFact) -> str:
    """What was captured and what went back, in words."""
    captured, back = money.reckoning.captured, money.reckoning.taken_back
    words = "Captured at Nimbbl, how much is not known" if captured is None else f"₹{captured:.2f} captured at Nimbbl"
    if back is None:
        return f"{words}, less an amount that went back and is not known"
    return f"{words}, less ₹{back:.2f} paid back or on its way back" if back else words


def _shortfall(money: PaymentFact) -> str:
    """Why there is nothing captured, in words."""
    if money.foreign and standing_of(money.payment_status) is Standing.CAPTURED:
        return f"Captured at Nimbbl in {money.foreign}, not in rupees"
    if money.payment_status:
        meaning = _MEANING.get(standing_of(money.payment_status), "nothing is captured")
        return f"Nimbbl says that the payment is {money.payment_status}: {meaning}"
    return f"Nimbbl lists no payment, and says “{money.order_status or 'nothing'}” of the order: nothing is captured"


def _unclear(money: PaymentFact) -> str:
    """What keeps us from knowing, in words."""
    if money.payment_status and standing_of(money.payment_status) is Standing.UNKNOWN:
        return f"Nimbbl says “{money.payment_status}” of the payment, which nobody here can judge"
    return f"{_sums(money)}: part of what Nimbbl lists cannot be read"


def _same_world(facts: Facts) -> _Found:
    if not facts.environment:
        return _UNKNOWN, "The purchase is from before this portal noted its environment"
    if facts.environment != facts.portal_environment:
        here, there = facts.portal_environment.upper(), facts.environment.upper()
        return _FAIL, f"This purchase is from {there}, the portal talks to {here} hosts"
    return _PASS, f"Purchase and portal are both {facts.environment.upper()}"


_CHECKS: Final[dict[str, Callable[[Facts], _Found]]] = {
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
    "paid": _paid,
    "same_world": _same_world,
}
#: What a person may know better than we do. The others would be wrong, or impossible, whoever asks.
_OVERRIDABLE: Final = frozenset({"open", "looked_at", "ids_agree", "paid"})
