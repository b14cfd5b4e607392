"""Purchases that wait for the merchant: paid online, told once by 1mg, and then nothing until 1mg takes a confirmation.

Each has a scene: how its confirmation goes and what 1mg tells afterwards. To play another one, add it to `SCENES`; the
end of its merchant_order_id gives it away to whoever sits at the browser.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from onemg_portal.sandbox.day import effects, stories
from onemg_portal.sandbox.day.documents import Purchase
from onemg_portal.sandbox.day.stories import DELIVERED, Beat, Clock, Step, Story
from onemg_portal.sandbox.partners.books import Order

_TAKEN: Final = (Beat(2, 160, effects.collect), Beat(5, 120), *DELIVERED)
_PRESCRIPTION: Final = (
    Beat(2, 160, effects.collect),
    Beat(6, 110),
    Beat(25, 100, effects.reject_prescription),
    Beat(55, 110, effects.new_prescription),
    Beat(20, 120, effects.accept_prescription),
    *DELIVERED,
)
#: All of what was paid.
ALL: Final = Decimal(1)
_CANCELLED: Final = (Beat(8, 95), Beat(15, 99, refund=ALL))
_NANOID: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Scene:
    """How a confirmation goes.

    `kind` and `options` are those of `kinds.KINDS`, at the endpoint `on`, for `times` requests. What follows comes
    `silence` seconds (of ours, not of the day's clock) after 1mg took the confirmation, with `anyway` after it refused.
    Nimbbl says `payment_status`, and has taken `short` rupees less than is payable; `refunded`: and has paid it back.
    `paid_after` so many seconds from when 1mg refused it for want of the money, the customer pays after all. What
    Nimbbl tells of payment and refunds reaches the portal in the `manner` of that name in `nimbbl_telling.MANNERS`.
    1mg waits in a status of intake, or with a `rejected` prescription. `twice`: the shop has registered 1mg's order
    under another merchant_order_id than 1mg names.
    """

    hint: str
    kind: str = "fine"
    on: str = "confirm"
    times: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    follows: tuple[Beat, ...] = _TAKEN
    silence: float = 0
    anyway: bool = False
    payment_status: str = "succeeded"
    short: Decimal = Decimal(0)
    refunded: bool = False
    paid_after: float | None = None
    manner: str = "fine"
    rejected: bool = False
    twice: bool = False


PAID_LATE: Final = Scene("PAID-LATE", payment_status="pending", paid_after=60)
SCENES: Final = (
    Scene("CONFIRM-ME"),
    Scene("NOT-FOUND", "order-not-found", manner="twice"),
    Scene("SILENT-BUT-TAKEN", "times-out-after-acting", times=1, silence=60, manner="sealed"),
    Scene("SILENT", "times-out-before-acting", times=1, manner="late"),
    Scene("CANCELLED-MEANWHILE", "cancelled-before-confirmation", follows=_CANCELLED, anyway=True),
    Scene("PARTIAL", "partial", silence=90, manner="unsigned"),
    Scene("PAID-LESS", short=Decimal(100)),
    Scene("ADDRESS-NOT-APPLIED", "not-applied", on="update", manner="forged"),
    PAID_LATE,
    Scene("UNPAID", payment_status="pending"),
    Scene("REVERSED", manner="reversed"),
    Scene("REFUNDED", refunded=True),
    Scene("REGISTERED-TWICE", twice=True),
    Scene("PAPER-REJECTED", rejected=True, manner="older"),
    Scene("PRESCRIPTION", follows=_PRESCRIPTION),
)
#: What comes when each scene has been played.
USUAL: Final = (SCENES[0], SCENES[-1])


@dataclass(frozen=True, slots=True)
class Waiting:
    """A purchase that waits: its story so far, its scene, and how the partners know it."""

    story: Story
    scene: Scene
    order: Order
    purchase: Purchase
    minutes: tuple[float, ...]

    def follow(self, clock: Clock) -> tuple[Step, ...]:
        """What 1mg tells after the confirmation, which is minute 0 of this clock. To be asked for once."""
        last = self.purchase.children[0].updated
        return stories.play(self.purchase, self.scene.follows, list(self.minutes), clock, last)

    def cancel(self, clock: Clock) -> tuple[Step, ...]:
        """What 1mg tells after it has taken a cancellation, which is minute 0 of this clock."""
        last = self.purchase.children[0].updated
        minutes = list(itertools.accumulate(beat.after for beat in _CANCELLED))
        return stories.play(self.purchase, _CANCELLED, minutes, clock, last)

    def registration(self) -> dict[str, str]:
        """What the merchant's shop registers at the portal when the customer has paid."""
        order = self.order
        return {
            "merchant_order_id": order.merchant_order_id + ("-SHOP" if self.scene.twice else ""),
            "onemg_order_id": order.onemg_order_id,
            "nimbbl_order_id": order.nimbbl_order_id,
            "payment_method": "ONLINE",
            "payable_amount": order.payable_amount,
        }


def waiting(
    seed: int, *, purchases: int, first: int, run: int, clock: Clock, at_once: int = 14, every: float = 40
) -> list[Waiting]:
    """So many purchases that wait, numbered from `first`: each scene once, then the usual ones.

    `at_once` of them wait when the day begins, the others come `every` so many minutes.
    """
    dice = random.Random(f"waiting {seed}")  # noqa: S311 - a play, not a secret
    found = []
    for n in range(purchases):
        scene = SCENES[n] if n < len(SCENES) else dice.choice(USUAL)
        minute = -3.0 * (at_once - n) if n < at_once else (n - at_once + 1) * every
        found.append(one(scene, first + n, run, minute, clock, dice))
    return found


def one(scene: Scene, number: int, run: int, minute: float, clock: Clock, dice: random.Random) -> Waiting:
    """A purchase of this scene, told by 1mg at this minute; `number` and `run` as of `stories`."""
    begin = clock.epoch(minute)
    purchase = stories.new_purchase("ONLINE", number, run, begin, dice, hint=scene.hint)
    intake = Beat(0, dice.choice((15, 17)), effects.await_payment)
    script = (Beat(0, 100, effects.reject_prescription) if scene.rejected else intake,)
    story = Story("waiting", purchase.merchant_order_id, stories.play(purchase, script, [minute], clock, begin - 1))
    payable = stories.payable(purchase)
    order = Order(
        purchase.merchant_order_id,
        purchase.group_order_id,
        "o_" + "".join(dice.choices(_NANOID, k=16)),
        payable_amount=str(payable),
        payment_status=scene.payment_status,
        paid_amount=str(payable - scene.short) if scene.short else "",
        refunded_amount=str(payable) if scene.refunded else "",
        refund_status="pending",
        shipping_address=_address(purchase),
    )
    return Waiting(story, scene, order, purchase, tuple(stories.minutes_of(scene.follows, dice)))


def _address(purchase: Purchase) -> dict[str, Any]:
    """Where it goes, in Nimbbl's words."""
    told = purchase.person.address
    same = {key: told[key] for key in ("landmark", "city", "state", "pincode", "address_type")}
    return {"address_1": told["street1"], "street": told["street2"], "area": "", **same}
