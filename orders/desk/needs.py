"""Why a purchase needs somebody, and since when: one pure function of what is known of it.

    of(purchase, children)      clock -> Standing

What it finds is kept as rows (`orders.models.Need`) in the commit that changes what it looks at. Nothing here depends
on what time it is: a promise that has not passed yet stands with the moment at which it will, and limits are applied
when the rows are read (`orders.desk.limits`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Any, Final, NamedTuple

from orders import money, prescriptions
from orders.choices import Confirmation, PaymentMethod, Stage
from orders.desk import causes
from orders.desk.to_decide import ToDecide
from orders.money import Amount
from orders.prescriptions import Papers
from orders.statuses import ALLOCATION_FAILED, DELIVER_AGAIN, WAITS_FOR_A_PAPER, status_of
from orders.updates import AMOUNTS

#: Statuses in which 1mg may be waiting for our confirmation; 180 is for COD.
WAITING: Final = frozenset({15, 17, 160, 170, 100, 110})
#: An order in one of these is beyond a confirmation.
LATER: Final = frozenset({Stage.FULFIL, Stage.SHIP, Stage.DONE, Stage.RETURN, Stage.CANCEL})
#: Stages in which no promise is kept or broken any more.
_OVER: Final = frozenset({Stage.DONE, Stage.RETURN, Stage.CANCEL})
#: An order that is over with the money to go back.
_BACK: Final = frozenset({99, 142})
#: Rupees by which two partners' amounts may differ: 1mg's own differ by paise.
TOLERANCE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


class Child(NamedTuple):
    """What counts of one of 1mg's orders. `attempts`: how often it has come to "Deliver again".

    `payment`: 1mg's summary; `told`: the position at which it was said. `is_flagged`: something is to be looked at,
    since `flagged_at`; `unread_at`: when what was not understood came, `None` where all was.
    """

    order_id: str
    status_id: int | None
    status_since: datetime | None
    created_at: datetime | None
    eta_to: datetime | None
    attempts: int | None
    is_flagged: bool
    flagged_at: datetime | None
    unread_at: datetime | None
    payment: Mapping[str, Any]
    told: Sequence[int]

    @property
    def stage(self) -> Stage:
        """Its status's stage."""
        return status_of(self.status_id).stage


class Purchase(NamedTuple):
    """What counts of the purchase itself. `captured`: rupees at Nimbbl, as far as we know; `doubt_since`: since when
    nobody knows what became of an update there. `to_decide`: the refund that waits for us, as `ToDecide` stores it.
    """

    first_seen_at: datetime
    payment_method: str
    group_order_id: str
    registered_at: datetime | None
    confirmation: str
    confirmation_at: datetime | None
    papers: Papers
    captured: Decimal | None
    doubt_since: datetime | None
    to_decide: Mapping[str, Any] | None


class Standing(NamedTuple):
    """A cause that holds. `since`: 1mg's clock where it can be believed; it may lie ahead.

    `order_id`: the order that has been waiting longest, `many`: how many do; "" and 0 where it is about the purchase as
    a whole.
    """

    since: datetime
    order_id: str = ""
    many: int = 0


Found = Iterator[tuple[str, Standing]]


def of(purchase: Purchase, children: Sequence[Child]) -> dict[str, Standing]:
    """Clock -> what stands. Of several orders under one clock the one that has been waiting longest counts."""
    found: dict[str, Standing] = {}
    for clock, one in (*_of_purchase(purchase, children), *_of_children(purchase, children)):
        before = found.get(clock)
        if before is None:
            found[clock] = one
        else:
            first = min(before, one, key=lambda it: (it.since, it.order_id))
            found[clock] = first._replace(many=before.many + one.many)
    return found


# --- the purchase as a whole ------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What 1mg last said of the purchase's money: collected online, at the door, due and paid back, pending."""

    online: Amount | None
    at_door: Amount | None
    due: Amount | None
    back: Amount | None
    pending: Amount | None

    @property
    def collected(self) -> Decimal:
        """Rupees that 1mg has collected, as far as we can read."""
        return max(_rupees(self.online), _rupees(self.at_door))

    @property
    def refund_is_due(self) -> bool:
        """Whether more is due back than was paid back."""
        return _rupees(self.due) > _rupees(self.back)

    @property
    def names_no_refund(self) -> bool:
        """Whether 1mg says neither that money is due back nor that it went back.

        An amount that cannot be read may name one: that it could not be read is a cause of its own.
        """
        return all(amount is None or amount.zero for amount in (self.due, self.back))


_KEYS: Final = (
    *("online_collected", "amount_collected", "total_refund_due", "total_refunded_amount"),
    "online_pending_amount",
)


def told_of(children: Iterable[Child]) -> Told:
    """The purchase's money, from that of its orders on which 1mg said it last. Nothing is summed."""
    last = max((child for child in children if child.payment), key=lambda child: [*child.told], default=None)
    return Told(*(money.said(last.payment if last else None, key) for key in _KEYS))


def _of_purchase(purchase: Purchase, children: Sequence[Child]) -> Found:
    told = told_of(children)
    if since := _money_disagrees(purchase, children, told):
        yield "money", Standing(since)
    if since := _in_doubt(purchase):
        yield "unknown", Standing(since)
    if waits_for_confirmation(purchase, children):
        yield "to_confirm", Standing(_placed(children) or purchase.registered_at or purchase.first_seen_at)
    if purchase.to_decide:
        yield "refund_asked", Standing(ToDecide.of(purchase.to_decide).since)
    if told.refund_is_due:
        yield "refund", Standing(_ended_at(purchase, children))
    yield from _of_papers(purchase, children)


def waits_for_confirmation(purchase: Purchase, children: Sequence[Child]) -> bool:
    """Whether 1mg waits for us to confirm an ONLINE purchase, or has not spoken of it."""
    unconfirmed = purchase.confirmation in (Confirmation.NONE, Confirmation.REJECTED)
    if not unconfirmed or purchase.payment_method != PaymentMethod.ONLINE:
        return False
    if not children:
        return purchase.registered_at is not None and not purchase.group_order_id
    return any(child.status_id in WAITING for child in children) and not any(child.stage in LATER for child in children)


def _placed(children: Iterable[Child]) -> datetime | None:
    return min((child.created_at for child in children if child.created_at), default=None)


#: How a confirmation stands that something is to be done about.
_OPEN: Final = frozenset({Confirmation.NONE, Confirmation.REJECTED, Confirmation.UNKNOWN})


def may_differ(before: Purchase, now: Purchase) -> bool:
    """Whether the two may need something else; spares looking at the orders of a confirmation on its way."""
    if before.confirmation in _OPEN or now.confirmation in _OPEN:
        return before != now
    return before._replace(confirmation=now.confirmation, confirmation_at=now.confirmation_at) != now


def _in_doubt(purchase: Purchase) -> datetime | None:
    """Since when nobody knows what came of a call."""
    doubts = [purchase.doubt_since] if purchase.doubt_since else []
    if purchase.confirmation == Confirmation.UNKNOWN:
        doubts.append(purchase.confirmation_at or purchase.first_seen_at)
    return min(doubts, default=None)


def _money_disagrees(purchase: Purchase, children: Sequence[Child], told: Told) -> datetime | None:
    """Since when the purchase was placed or has ended, where its money does not fit."""
    if is_back_without_refund(purchase, children, told):
        return _ended_at(purchase, children)
    if captured_differs(purchase, children, told) or told_differently(children):
        return _placed(children) or purchase.first_seen_at
    return None


def is_back_without_refund(purchase: Purchase, children: Iterable[Child], told: Told) -> bool:
    """Whether an order is cancelled or returned, and 1mg names no refund of what was paid."""
    is_back = any(child.status_id in _BACK for child in children)
    return is_back and told.names_no_refund and paid(purchase, told) > 0


def paid(purchase: Purchase, told: Told) -> Decimal:
    """Rupees that 1mg has collected; of an online purchase of which it says nothing, what Nimbbl has captured."""
    silent = told.online is None and purchase.payment_method == PaymentMethod.ONLINE
    return told.collected or (purchase.captured if silent and purchase.captured else _NOTHING)


def captured_differs(purchase: Purchase, children: Iterable[Child], told: Told) -> bool:
    """Whether Nimbbl has captured another amount than 1mg has collected online.

    While it waits for the confirmation, or calls the money pending, it need not have heard of the payment.
    """
    online = told.online.rupees if told.online else None
    if purchase.captured is None or online is None or purchase.payment_method != PaymentMethod.ONLINE:
        return False
    is_over = any(child.stage in LATER for child in children) and (told.pending is None or told.pending.zero)
    return (online > 0 or is_over) and abs(purchase.captured - online) > TOLERANCE


def told_differently(children: Sequence[Child]) -> bool:
    """Whether one delivery said other amounts of the purchase on one order than on another.

    What was said at different times may differ: then the later word counts.
    """
    by_delivery: dict[int, Mapping[str, Any]] = {}
    for child in children if len(children) > 1 else ():
        if not child.payment or len(child.told) < 3:
            continue
        other = by_delivery.setdefault(child.told[2], child.payment)
        if any(_are_apart(money.said(other, key), money.said(child.payment, key)) for key in AMOUNTS):
            return True
    return False


def _are_apart(one: Amount | None, other: Amount | None) -> bool:
    if one is None or other is None or one.rupees is None or other.rupees is None:
        return False
    return abs(one.rupees - other.rupees) > TOLERANCE


def _rupees(amount: Amount | None) -> Decimal:
    """An amount that 1mg said and we can read; else nothing, which is a cause of its own."""
    return (amount.rupees if amount else None) or _NOTHING


def _ended_at(purchase: Purchase, children: Sequence[Child]) -> datetime:
    """Since when an order is cancelled or on its way back; else since when its status stands."""
    ended = [child for child in children if child.stage in (Stage.CANCEL, Stage.RETURN)] or children
    return min((child.status_since for child in ended if child.status_since), default=purchase.first_seen_at)


def _of_papers(purchase: Purchase, children: Sequence[Child]) -> Found:
    codes = [child.status_id for child in children]
    if prescriptions.rejection_stands(purchase.papers, codes):
        early = [child for child in children if child.status_id == WAITS_FOR_A_PAPER]
        early = early or [child for child in children if child.stage not in LATER]
        for child in early:
            yield "rx_rejected", _since(child, purchase)
        return
    if prescriptions.state(purchase.papers) == prescriptions.COMPLETED:
        return
    for child in children:
        if child.status_id == WAITS_FOR_A_PAPER:
            yield "rx_needed", _since(child, purchase)


# --- each of its orders -----------------------------------------------------------------------------------------------


def _of_children(purchase: Purchase, children: Sequence[Child]) -> Found:
    ours = waits_for_confirmation(purchase, children)
    papers = prescriptions.state(purchase.papers)
    for child in children:
        if child.status_id == ALLOCATION_FAILED:
            yield "allocation", _since(child, purchase)
        if child.unread_at:
            yield "unread", Standing(child.unread_at, child.order_id, 1)
        if child.is_flagged:
            yield "flagged", Standing(child.flagged_at or _since(child, purchase).since, child.order_id, 1)
        if not ours:  # 1mg can keep no promise while it waits for us
            yield from _of_time(child, purchase, papers)


def _of_time(child: Child, purchase: Purchase, papers: str) -> Found:
    late = [child.eta_to] if child.eta_to and child.stage not in _OVER else []
    if child.status_id == DELIVER_AGAIN and (child.attempts or 0) > 1:
        late.append(_since(child, purchase).since)
    if late:
        yield "late", Standing(min(late), child.order_id, 1)
    for_a_paper = child.status_id == WAITS_FOR_A_PAPER and papers != prescriptions.COMPLETED
    if (clock := causes.waiting_in(child.status_id)) and not for_a_paper:
        yield clock, _since(child, purchase)


def _since(child: Child, purchase: Purchase) -> Standing:
    return Standing(child.status_since or purchase.first_seen_at, child.order_id, 1)


# --- from rows --------------------------------------------------------------------------------------------------------

#: The columns that are looked at; those of a purchase stand as `Purchase` has them.
OF_ORDER: Final = (
    *("order_id", "status_id", "status_since", "created_at", "eta_to", "attempts"),
    *("review_flags", "flagged_at", "odd", "payment_summary", "heard"),
)
OF_PURCHASE: Final = (
    *("first_seen_at", "payment_method", "group_order_id", "registered_at"),
    *("confirmation_state", "confirmation_at", "prescriptions", "captured_amount", "doubt_since"),
    "refund_to_decide",
)
_of_order, _of_purchase_row = itemgetter(*OF_ORDER), itemgetter(*OF_PURCHASE)


def child_of(columns: Mapping[str, Any]) -> Child:
    """An order, from its columns."""
    *plain, flags, flagged_at, odd, payment, heard = _of_order(columns)
    unread_at = datetime.fromisoformat(odd["at"]) if odd else None
    return Child._make([*plain, bool(flags), flagged_at, unread_at, payment or {}, heard.get("payment", ())])


def purchase_of(columns: Mapping[str, Any]) -> Purchase:
    """A purchase, from its columns."""
    return Purchase._make(_of_purchase_row(columns))
