"""The refund that has been waiting longest for a decision of ours, as its purchase keeps it. Pure.

ToDecide(...).stored()     as JSON
ToDecide.of(stored)        from JSON
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from orders.choices import Undecided


@dataclass(frozen=True, slots=True)
class ToDecide:
    """`since`: when it began to wait; UTC. `amount`: rupees. `many`: how many of the purchase's refunds wait, with it.

    `refund_id`: its number in the app that pays back.
    """

    since: datetime
    refund_id: int
    amount: Decimal
    why: Undecided
    many: int

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "since": self.since.isoformat(),
            "refund_id": self.refund_id,
            "amount": str(self.amount),
            "why": str(self.why),
            "many": self.many,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> ToDecide:
        """From JSON."""
        since, amount = datetime.fromisoformat(stored["since"]), Decimal(stored["amount"])
        return cls(since, stored["refund_id"], amount, Undecided(stored["why"]), stored["many"])
