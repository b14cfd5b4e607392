"""What the checks of the pre-flight look at, as plain values. Pure; `payments.preflight.gather` fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from orders.choices import Confirmation
from orders.statuses import Status, status_of
from payments.partners.nimbbl import Enquiry
from payments.partners.nimbbl_money import Reckoning, is_rupees


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
    """The confirmation, or cancellation, that is under way, done or in doubt already. `at`: when, in words.

    `purchase`: the other purchase that it was asked for, where it is about an order of this one all the same.
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
    """What Nimbbl says of the money. `trouble`: why it did not tell us when we asked last; the rest is from before.

    `listed`: whether it listed payments at all, or none. `foreign`: a currency other than rupees that it names.
    """

    order_status: str = ""
    payment_status: str = ""
    listed: bool = True
    reckoning: Reckoning = Reckoning(Decimal(0), Decimal(0), Decimal(0), Decimal(0))
    foreign: str = ""
    trouble: str = ""

    @staticmethod
    def of(told: Enquiry) -> PaymentFact:
        """What an answer tells, or what is known as though one had told it."""
        return PaymentFact(
            order_status=told.status,
            payment_status=told.payment_status,
            listed=told.transactions is not None,
            reckoning=told.reckoning,
            foreign=next((one.currency for one in told.transactions or () if not is_rupees(one.currency)), ""),
        )

    def stored(self) -> dict[str, Any]:
        """As it is kept: amounts as text, which has no binary noise."""
        sums = {name: None if amount is None else str(amount) for name, amount in asdict(self.reckoning).items()}
        return {**asdict(self), "reckoning": sums}

    @staticmethod
    def from_stored(stored: dict[str, Any]) -> PaymentFact:
        """What was kept."""
        sums = {name: None if amount is None else Decimal(amount) for name, amount in stored["reckoning"].items()}
        return PaymentFact(**{**stored, "reckoning": Reckoning(**sums)})


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the ticks look at. `cancelling`: the live cancellation of each of 1mg's orders that has one."""

    merchant_order_id: str
    payment_method: str
    registered_method: str = ""
    onemg_order_id: str = ""
    registered_order_id: str = ""
    group_order_id: str = ""
    orders: tuple[OrderFact, ...] = ()
    confirmation: str = Confirmation.NONE
    live: LiveCall | None = None
    cancelling: Mapping[str, LiveCall] = field(default_factory=dict)
    nimbbl_order_id: str = ""
    payment: PaymentFact | None = None
    payable: Decimal | None = None
    prescription_state: str = ""
    prescription_reason: str = ""
    rivals: tuple[Rival, ...] = ()
    environment: str = ""
    portal_environment: str = ""
    configured: bool = True
