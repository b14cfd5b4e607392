"""What a person reads before a refund is approved, started or sent again. Pure.

of(facts)     every tick, in the order in which staff read them: who asked, the money, whether a second one is needed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from orders.rupees import with_sign
from payments.choices import Asker, Hold, RefundState, Verdict
from payments.preflight.ticks import Tick
from payments.refunds.rules import Room


@dataclass(frozen=True, slots=True)
class Facts:
    """`amount`: rupees, `None` while nobody has said. `asked`: how often. `second_above`: the limit, in rupees.

    `asker` is empty where it is about to be started; `approved_by`: the first one who said yes, `is_first`: who reads
    this is that person. `captured`, `back` and `room` are `None` where nobody knows.
    """

    amount: Decimal | None
    asker: str
    asked_by: str
    asked: int
    hold: str
    state: str
    approved_by: str
    is_first: bool
    second_above: Decimal
    linked: bool
    captured: Decimal | None
    back: Decimal | None
    claimed: Decimal
    room: Room | None
    here: bool


def of(facts: Facts) -> list[Tick]:
    """Every tick, whatever the others found."""
    return [*_asked(facts), *_money(facts), *_left(facts), *_second(facts), *_here(facts)]


def _asked(facts: Facts) -> Iterator[Tick]:
    if facts.asker == Asker.PERSON:
        yield Tick("asked", Verdict.PASS, f"{facts.asked_by} started it; 1mg has not asked for it")
    elif facts.asker:
        often = "once" if facts.asked < 2 else f"{facts.asked} times"
        yield Tick("asked", Verdict.PASS, f"1mg asked for it, {often}")
    else:
        yield Tick(
            "asked",
            Verdict.WARN,
            "1mg did not ask for this one: should it still do so, money may go back twice",
        )
    if facts.hold:
        yield Tick("hold", Verdict.WARN, str(Hold(facts.hold).label))


def _money(facts: Facts) -> Iterator[Tick]:
    if not facts.linked:
        yield Tick("captured", Verdict.FAIL, "No order of Nimbbl's is linked: there is nothing to pay back from")
        return
    if facts.captured is None:
        yield Tick(
            "captured", Verdict.UNKNOWN, "How much was captured at Nimbbl is not known; it is asked before sending"
        )
    else:
        yield Tick("captured", Verdict.PASS, f"{with_sign(facts.captured)} captured at Nimbbl")
    if facts.back is None:
        yield Tick("back", Verdict.UNKNOWN, "How much went back is not known")
    else:
        yield Tick("back", Verdict.PASS, f"{with_sign(facts.back)} went back, or is on its way back")


def _left(facts: Facts) -> Iterator[Tick]:
    others = f", {with_sign(facts.claimed)} claimed by other refunds" if facts.claimed else ""
    if not facts.linked or facts.room is None:
        return
    most, least = with_sign(facts.room.most), facts.room.least
    if facts.amount is None:
        yield Tick("left", Verdict.PASS if facts.room.most > 0 else Verdict.FAIL, f"{most} left{others}")
    elif facts.amount > facts.room.most:
        yield Tick("left", Verdict.FAIL, f"{most} left{others}: less than {with_sign(facts.amount)}")
    elif facts.amount > least:
        words = f"{with_sign(least)} to {most} left{others}: it is sent only where that is enough"
        yield Tick("left", Verdict.UNKNOWN, words)
    else:
        yield Tick("left", Verdict.PASS, f"{most} left{others}")


def _second(facts: Facts) -> Iterator[Tick]:
    limit = with_sign(facts.second_above)
    if facts.state == RefundState.SECOND and facts.is_first:
        yield Tick("second", Verdict.FAIL, "You have approved it yourself: a second person is to do so too")
    elif facts.state == RefundState.SECOND:
        yield Tick("second", Verdict.PASS, f"{facts.approved_by} approved it; you are the second")
    elif facts.state in ("", RefundState.WAITING) and facts.amount is None:
        yield Tick("second", Verdict.PASS, f"Above {limit} a second person is to approve it")
    elif facts.state in ("", RefundState.WAITING) and facts.amount is not None and facts.amount > facts.second_above:
        yield Tick("second", Verdict.WARN, f"It is more than {limit}: a second person is to approve it too")


def _here(facts: Facts) -> Iterator[Tick]:
    if not facts.here:
        yield Tick("here", Verdict.FAIL, "The purchase is not known to belong to this environment")
