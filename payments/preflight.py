"""The ticks before a confirmation: what must be true before we tell 1mg to pack. Pure.

    ticks(facts) -> every tick, in the order in which staff read them
    blocking(ticks, overridden) -> those that stop the call

A tick passes, fails, or is not known. A fail blocks; some may be overridden by who may, with a reason. What is not
known warns and lets through: it is not evidence against.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from orders.choices import Confirmation, PaymentMethod, Stage
from orders.statuses import CANCELLED, Status, status_of
from payments.choices import State, Verdict

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
    """The confirmation that is under way, done or in doubt already. `at`: when, in words."""

    state: str
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """What Nimbbl says of the money, in rupees. `trouble`: why we do not know; then nothing else counts."""

    payment_status: str = ""
    captured: Decimal | None = None
    currency: str = ""
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


def still_meant(overridden: Collection[str], seen: Iterable[dict[str, Any]], found: Iterable[Tick]) -> list[str]:
    """The overrides that hold for what is `found` now. `seen`: the stored ticks of when they were given.

    A person overrode what they read: a check that failed then and fails otherwise now is another matter.
    """
    read = {tick["code"]: tick["words"] for tick in seen if tick["verdict"] == Verdict.FAIL}
    now = {tick.code: tick.words for tick in found}
    return [code for code in overridden if read.get(code, now.get(code)) == now.get(code)]


# --- the checks -------------------------------------------------------------------------------------------------------

_Found = tuple[Verdict, str]
_PASS, _FAIL, _UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN


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
        return _PASS, "Paid online, not cash on delivery"
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


def _unconfirmed(facts: Facts) -> _Found:
    live = facts.live
    if live and live.state == State.SUCCEEDED:
        return _FAIL, f"Confirmed already, by {live.by} {live.at}"
    if facts.confirmation == Confirmation.CONFIRMED:
        return _FAIL, "Confirmed already"
    if live and live.state == State.UNKNOWN:
        return _FAIL, f"We don't know what came of the confirmation by {live.by} {live.at}: settle that first"
    if moved := [o for o in facts.orders if o.status.known and o.status.stage not in _NOT_PACKED | {Stage.CANCEL}]:
        return _FAIL, f"{moved[0].order_id}: {moved[0].status.label.lower()}; 1mg has gone on without a confirmation"
    return _PASS, "Not confirmed already"


def _nobody_else(facts: Facts) -> _Found:
    if facts.live and facts.live.state in (State.INTENDED, State.SENDING):
        return _FAIL, f"{facts.live.by} is confirming it, since {facts.live.at}"
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
    if money.payment_status in ("failed", "reversing", "reversed"):
        return _FAIL, f"Nimbbl says that the payment is {money.payment_status}"
    if money.payment_status in ("new", "pending"):
        return _FAIL, f"Nimbbl says that the payment is {money.payment_status}: nothing is captured yet"
    if money.payment_status != "succeeded":
        said = money.payment_status or "nothing of a payment"
        return _UNKNOWN, f"Nimbbl says “{said}”, which nobody here can judge"
    if money.currency not in ("", "INR"):
        return _FAIL, f"Captured at Nimbbl in {money.currency}, not in rupees"
    if money.captured is None or facts.payable is None:
        what = "how much was captured" if money.captured is None else "how much was due"
        return _UNKNOWN, f"Captured at Nimbbl; {what} is not known"
    amounts = f"₹{money.captured:.2f} captured at Nimbbl, ₹{facts.payable:.2f} due"
    if abs(money.captured - facts.payable) > TOLERANCE:
        return _FAIL, f"{amounts}: they differ by more than ₹{TOLERANCE}"
    return _PASS, f"{amounts}, within ₹{TOLERANCE}"


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
    "unconfirmed": _unconfirmed,
    "nobody_else": _nobody_else,
    "ids_usable": _ids_usable,
    "ids_agree": _ids_agree,
    "paid": _paid,
    "same_world": _same_world,
}
#: What a person may know better than we do. The others would be wrong, or impossible, whoever asks.
_OVERRIDABLE: Final = frozenset({"open", "looked_at", "ids_agree", "paid"})
