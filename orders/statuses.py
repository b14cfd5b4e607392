"""The status table: every code 1mg is known to send, in our words. Pure.

Chips, stages, ordering and help all read this one table. 1mg's numbers are not in order of
progress and its list is open: 15 and 17 occur in its pages but not in its table. So a code that stands here is
*known*; any other is shown with 1mg's own title and the tone of something an engineer should look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orders.choices import Shape, Stage, Tone


@dataclass(frozen=True, slots=True)
class Status:
    """One line of the table.

    `rank` decides between two updates with the same `updated` second, and only then: it is
    progress through an order's life, unique for each known code, 0 for an unknown one.
    """

    code: int | None
    label: str
    stage: Stage
    tone: Tone
    shape: Shape
    owner: str
    rank: int = 0

    @property
    def known(self) -> bool:
        """Whether 1mg's pages name this code."""
        return self.rank > 0


# In order of progress: the place in this list is the rank.
_TABLE: Final = [
    (15, "Placed", Stage.INTAKE, Tone.INFO, Shape.WAITING, "1mg"),
    (17, "Payment awaited", Stage.INTAKE, Tone.ATTENTION, Shape.WAITING, "Customer"),
    (180, "Online payment awaited", Stage.INTAKE, Tone.ATTENTION, Shape.WAITING, "Customer"),
    (170, "Fraud check", Stage.INTAKE, Tone.INFO, Shape.MOVING, "1mg"),
    (160, "Accepted", Stage.INTAKE, Tone.INFO, Shape.MOVING, "1mg"),
    (100, "Prescription needed", Stage.PRESCRIPTION, Tone.ATTENTION, Shape.WAITING, "Customer, we chase"),
    (110, "Digitising prescription", Stage.PRESCRIPTION, Tone.INFO, Shape.MOVING, "1mg"),
    (120, "Stock allocation", Stage.FULFIL, Tone.PROGRESS, Shape.MOVING, "1mg"),
    (20, "Allocation failed", Stage.FULFIL, Tone.CRITICAL, Shape.NEEDS_US, "Us, to 1mg and the customer"),
    (131, "Stock arrangement", Stage.FULFIL, Tone.PROGRESS, Shape.MOVING, "1mg"),
    (132, "Vendor packaging", Stage.FULFIL, Tone.PROGRESS, Shape.MOVING, "1mg"),
    (130, "Packaging", Stage.FULFIL, Tone.PROGRESS, Shape.MOVING, "1mg"),
    (25, "Ready to go", Stage.SHIP, Tone.PROGRESS, Shape.MOVING, "1mg"),
    (30, "Out for delivery", Stage.SHIP, Tone.INFO, Shape.MOVING, "Courier"),
    (45, "Deliver again", Stage.SHIP, Tone.ATTENTION, Shape.WAITING, "Courier, customer"),
    (40, "Delivered", Stage.DONE, Tone.SUCCESS, Shape.DONE, "Nobody"),
    (140, "Return requested", Stage.RETURN, Tone.REFUND, Shape.MOVING, "We watch the money"),
    (141, "Return on its way", Stage.RETURN, Tone.REFUND, Shape.MOVING, "We watch the money"),
    (95, "Cancelling", Stage.CANCEL, Tone.ATTENTION, Shape.MOVING, "1mg, finance"),
    (99, "Cancelled", Stage.CANCEL, Tone.NEUTRAL, Shape.STOPPED, "1mg, finance"),
    (142, "Returned and refunded", Stage.RETURN, Tone.REFUND, Shape.DONE, "We watch the money"),
]

STATUSES: Final[dict[int, Status]] = {
    code: Status(code, label, stage, tone, shape, owner, rank)
    for rank, (code, label, stage, tone, shape, owner) in enumerate(_TABLE, start=1)
}

CANCELLED: Final = frozenset({95, 99})
ALLOCATION_FAILED: Final = 20
DELIVER_AGAIN: Final = 45
WAITS_FOR_A_PAPER: Final = 100
#: Leaving one of these is possible but never expected, so a person looks (docs/faults.md, E9).
FINAL: Final = frozenset({99, 142})


def status_of(code: int | None) -> Status:
    """The line for `code`; for a code nobody has described, an *unknown* line that still can be shown."""
    if code is not None and code in STATUSES:
        return STATUSES[code]
    label = "Status not given" if code is None else f"Unknown status {code}"
    return Status(code, label, Stage.UNKNOWN, Tone.ATTENTION, Shape.NEEDS_US, "An engineer")


def codes_in(stage: str) -> list[int]:
    """The known codes of one stage."""
    return [code for code, status in STATUSES.items() if status.stage == stage]
