"""What the checks of the pre-flight look at, as plain values. Pure; `payments.preflight.gather` fills them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from orders.choices import Confirmation
from orders.statuses import Status, status_of
from payments.partners.nimbbl_money import Reckoning


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
