"""Stories: scripts of a purchase's life as 1mg would tell it. Pure; the same seed, the same day.

A script is a list of beats: after how many minutes which status, on which child order, and what else changes. To tell
a new story, add its script to `SCRIPTS`; an effect is a function of the purchase.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, Final

from onemg_portal.sandbox.day import cast, effects
from onemg_portal.sandbox.day.documents import MINUTE, Child, Line, Purchase, child, payment_summary
from onemg_portal.sandbox.day.effects import Effect
from orders.numbers import PAISA


@dataclass(frozen=True, slots=True)
class Clock:
    """The day's one clock: minutes of the script to epoch seconds. Minute 0 is `now`.

    What lies before it happened at its own pace; what comes after it happens `speed` times as fast, so that no story
    ever speaks of the future.
    """

    now: int
    speed: float = 1

    def epoch(self, minute: float) -> int:
        """The second in which a minute of the script falls."""
        return self.now + int(minute * MINUTE / (self.speed if minute > 0 else 1))


@dataclass(frozen=True, slots=True)
class Beat:
    """One update: `after` so many minutes, the child orders `on` now have `status`.

    `listed` are the children in the document where it shows others, or fewer, than those that changed. `refund`: 1mg
    asks the merchant right after it for this share of the price.
    """

    after: float
    status: int
    effect: Effect | None = None
    on: tuple[int, ...] = (0,)
    listed: tuple[int, ...] | None = None
    refund: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A refund that 1mg asks for: its id of the order, and rupees as text, to the paisa."""

    order_id: str
    amount: str


@dataclass(frozen=True, slots=True)
class Step:
    """One update as told: at this minute of the day's clock 1mg posts this document, and asks for what is `wanted`."""

    minute: float
    document: dict[str, Any]
    wanted: Wanted | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """The life of one purchase."""

    kind: str
    merchant_order_id: str
    steps: tuple[Step, ...]


# --- the scripts ------------------------------------------------------------------------------------------------------

START: Final = (Beat(0, 15, effects.collect), Beat(2, 160), Beat(5, 120))
DELIVERED: Final = (Beat(35, 130, effects.accept_prescription), Beat(50, 25), Beat(30, 30), Beat(110, 40))
_COD_DELIVERED: Final = (*DELIVERED[:-1], Beat(90, 40, effects.collect))

SCRIPTS: Final[dict[str, tuple[Beat, ...]]] = {
    "normal": (*START, *DELIVERED),
    "checked": (
        Beat(0, 17, effects.await_payment),
        Beat(6, 15, effects.collect),
        Beat(4, 170),
        Beat(25, 160),
        Beat(5, 120),
        *DELIVERED,
    ),
    "cod": (Beat(0, 15, effects.owe_at_the_door), Beat(2, 160), Beat(5, 120), *_COD_DELIVERED),
    "split": (
        *START,
        Beat(25, 130, effects.split, on=(0, 1)),
        Beat(30, 25, listed=(0, 1)),
        Beat(25, 25, on=(1,)),
        Beat(20, 30),
        Beat(30, 30, on=(1,)),
        Beat(60, 40, listed=(0, 1)),
        Beat(45, 40, on=(1,)),
    ),
    "split in three": (
        *START,
        Beat(20, 130, effects.split_in_three, on=(0, 1, 2)),
        Beat(30, 25, on=(0, 1), listed=(0, 1, 2)),
        Beat(20, 30),
        Beat(40, 40),
        Beat(15, 30, on=(1,)),
        Beat(25, 25, on=(2,), listed=(0, 1, 2)),
        Beat(20, 30, on=(2,)),
        Beat(60, 40, on=(1, 2)),
    ),
    "prescription": (
        Beat(0, 15, effects.collect),
        Beat(2, 160),
        Beat(6, 110),
        Beat(25, 100, effects.reject_prescription),
        Beat(55, 110, effects.new_prescription),
        Beat(20, 120, effects.accept_prescription),
        *DELIVERED,
    ),
    "allocation": (*START, Beat(40, 20), Beat(70, 120), Beat(10, 131), *DELIVERED),
    "delivered again": (
        *START,
        Beat(20, 132),
        Beat(40, 25),
        Beat(30, 30),
        Beat(90, 45),
        Beat(45, 30),
        Beat(70, 45),
        Beat(60, 30),
        Beat(50, 40),
    ),
    "cancelled": (*START, Beat(30, 95, effects.refund_due), Beat(15, 99), Beat(120, 99, effects.refund_done)),
    "returned": (
        *START,
        *DELIVERED,
        Beat(90, 140, effects.refund_due),
        Beat(80, 141),
        Beat(100, 142, effects.refund_done),
    ),
    "cod, paid by link": (
        Beat(0, 15, effects.owe_at_the_door),
        Beat(3, 180, effects.await_payment),
        Beat(25, 160, effects.paid_by_link),
        Beat(5, 120),
        *DELIVERED,
    ),
    "unknown status": (*START, Beat(35, 130), Beat(30, 155), Beat(40, 25), Beat(30, 30), Beat(90, 40)),
}
_COD: Final = frozenset({"cod", "cod, paid by link"})
_USUAL: Final = ("normal", "checked", "cod", "split")


def day(seed: int, *, orders: int, run: int, clock: Clock, under_way: int = 12, every: float = 8) -> list[Story]:
    """A day of `orders` purchases. Each kind occurs first once, then the usual ones more often.

    `run` (below 10**10, the run's second) makes the ids its own. The first `under_way` purchases began before minute 0
    and stand at different points of their lives, the others follow `every` so many minutes.
    """
    dice = random.Random(seed)  # noqa: S311 - a play, not a secret
    kinds = dice.sample(list(SCRIPTS), len(SCRIPTS))
    stories = []
    for number in range(1, orders + 1):
        kind = kinds[number - 1] if number <= len(kinds) else dice.choice((*SCRIPTS, *_USUAL * 3))
        minutes = minutes_of(SCRIPTS[kind], dice)
        lived, waits = 0.15 + number / under_way, (number - under_way) * every
        begin = -minutes[-1] * lived if number <= under_way else waits
        stories.append(_tell(kind, number, run, [begin + m for m in minutes], clock, dice))
    return stories


def minutes_of(script: tuple[Beat, ...], dice: random.Random) -> list[float]:
    """When each beat happens, counted from the first; no two purchases take equally long."""
    found, minute = [], 0.0
    for beat in script:
        minute += beat.after * dice.uniform(0.6, 1.5)
        found.append(minute)
    return found


def _tell(kind: str, number: int, run: int, minutes: list[float], clock: Clock, dice: random.Random) -> Story:
    """Play one script of a new purchase."""
    begin = clock.epoch(minutes[0])
    purchase = new_purchase("COD" if kind in _COD else "ONLINE", number, run, begin, dice)
    return Story(kind, purchase.merchant_order_id, play(purchase, SCRIPTS[kind], minutes, clock, begin - 1))


def play(
    purchase: Purchase, script: tuple[Beat, ...], minutes: list[float], clock: Clock, last: int
) -> tuple[Step, ...]:
    """Play a script. `updated` grows from `last` on with each step, by a second where the day runs faster than that."""
    steps = []
    for beat, minute in zip(script, minutes, strict=True):
        last = max(clock.epoch(minute), last + 1)
        if beat.effect:
            beat.effect(purchase)
        for place in beat.on:
            _advance(purchase.children[place], beat.status, last)
        wanted = Wanted(purchase.group_order_id, _rupees(purchase, beat.refund)) if beat.refund else None
        steps.append(Step(minute, purchase.document(beat.listed or beat.on), wanted))
    return tuple(steps)


def _rupees(purchase: Purchase, share: Decimal) -> str:
    """A share of what is payable, cut off to the paisa: all of the shares are never more than the whole."""
    return str((payable(purchase) * share).quantize(PAISA, ROUND_DOWN))


def payable(purchase: Purchase) -> Decimal:
    """What the customer pays, to the paisa: the shop's sum, of which 1mg prints the nearest binary number."""
    return Decimal(repr(purchase.payment["order_mrp"])).quantize(PAISA)


def _advance(told: Child, status: int, now: int) -> None:
    told.status_id, told.updated = status, now
    told.packed = told.packed or status in (25, 30)
    told.dispatched = told.dispatched or status == 30


def new_purchase(mode: str, number: int, run: int, created: int, dice: random.Random, *, hint: str = "") -> Purchase:
    """A purchase that has just been made; `hint` ends its merchant_order_id."""
    medicines = dice.sample(cast.MEDICINES, dice.randint(3, 4))
    lines = [Line(medicine, dice.randint(1, 3)) for medicine in medicines]
    group = f"PO{run:010d}{number:03d}1"
    name = f"SBX-{_base36(run)}-{number:03d}{hint and '-' + hint}"
    papers = [{"url": f"https://papers.example.org/rx/{name}-1.jpg", "status": "In-progress"}]
    person = cast.person(dice, number)
    payment = payment_summary(mode, lines, dice)
    return Purchase(name, group, person, payment, papers, [child(group, lines, created, dice)])


def _base36(number: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rest] + digits
    return digits or "0"
