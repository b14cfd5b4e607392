"""The chip of an order: its status, sharpened by what else is known of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from orders import prescriptions
from orders.choices import Shape, Tone
from orders.money import Amount
from orders.prescriptions import Papers
from orders.statuses import CANCELLED, status_of


@dataclass(frozen=True, slots=True)
class Chip:
    """A word, a tone and a shape."""

    label: str
    tone: Tone
    shape: Shape


#: Which of several orders speaks for the purchase: the one that most needs somebody.
_URGENCY: Final = (
    Tone.CRITICAL,
    Tone.ATTENTION,
    Tone.REFUND,
    Tone.INFO,
    Tone.PROGRESS,
    Tone.SUCCESS,
    Tone.NEUTRAL,
)


def chip(status_id: int | None, *, papers: Papers = (), refund_due: Amount | None = None) -> Chip:
    """The chip of an order in `status_id`. `papers`: its purchase's prescriptions; `refund_due`: what 1mg says of it.

    A refund that 1mg did not speak of is none; one that cannot be read may be one, so a person looks.
    """
    status = status_of(status_id)
    if status_id == 100 and prescriptions.rejection_stands(papers, [status_id]):
        return Chip("Prescription rejected", Tone.CRITICAL, Shape.NEEDS_US)
    if status_id in CANCELLED and refund_due:
        if refund_due.rupees is None:
            return Chip(f"{status.label}, refund not known", Tone.ATTENTION, Shape.NEEDS_US)
        if refund_due.rupees > 0:
            return Chip(f"{status.label}, refund due", Tone.ATTENTION, Shape.NEEDS_US)
    return Chip(status.label, status.tone, status.shape)


#: The chip of a purchase that the merchant has registered, before 1mg says anything of it.
REGISTERED: Final = Chip("Registered, 1mg has not spoken yet", Tone.INFO, Shape.WAITING)


def urgency(found: Chip) -> int:
    """Smaller is more urgent."""
    return _URGENCY.index(found.tone)


def prescription_chip(papers: Papers, status_ids: Iterable[int | None]) -> Chip | None:
    """The chip of a purchase's prescriptions; none where none were sent. `status_ids`: of the purchase's orders.

    A rejected paper needs somebody only while it stands; after that it is still rejected, and that is all we know.
    """
    state = prescriptions.state(papers)
    if state == prescriptions.REJECTED and not prescriptions.rejection_stands(papers, status_ids):
        if prescriptions.COMPLETED in prescriptions.words(papers):
            return Chip("Accepted, some rejected", Tone.SUCCESS, Shape.DONE)
        return Chip("Rejected", Tone.NEUTRAL, Shape.STOPPED)
    return {
        prescriptions.REJECTED: Chip("Rejected", Tone.CRITICAL, Shape.NEEDS_US),
        prescriptions.IN_PROGRESS: Chip("Being checked", Tone.INFO, Shape.MOVING),
        prescriptions.COMPLETED: Chip("Accepted", Tone.SUCCESS, Shape.DONE),
        prescriptions.OTHER: Chip("See the papers", Tone.NEUTRAL, Shape.WAITING),
    }.get(state)


_OF_ITEM: Final = {
    prescriptions.REJECTED: Chip("Rejected", Tone.ATTENTION, Shape.WAITING),
    prescriptions.NEEDED: Chip("Needed", Tone.ATTENTION, Shape.WAITING),
    prescriptions.COMPLETED: Chip("Accepted", Tone.SUCCESS, Shape.DONE),
    prescriptions.NOT_NEEDED: Chip("Not needed", Tone.NEUTRAL, Shape.DONE),
}


def item_chip(word: str) -> Chip | None:
    """The chip of one item's prescription. `word`: `prescriptions.of_item`; none where 1mg does not say."""
    return _OF_ITEM.get(word)
