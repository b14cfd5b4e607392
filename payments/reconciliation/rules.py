"""When Nimbbl is to be asked about a payment next. Pure.

    next_ask(facts, share)     the moment, or `None`: no more, until there is news

What is open is asked about after each of `STEPS`, counted from when it began, so that few questions tell much. An order
that nobody has paid lapses after 24 hours, as Nimbbl's page says: it is asked about a last time then, and is over only
if Nimbbl says so. A refund is asked about once a day beyond that, until it ends. Money that moved is asked about in
each of the next nights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from orders.stories.changes import INDIA

#: Nimbbl may take some minutes to call an order lapsed.
STEPS: Final = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24, minutes=10),
)
#: Where Nimbbl could not be asked it is asked again after this, for so long after something was begun.
AGAIN: Final = timedelta(hours=1)
WHILE: Final = timedelta(days=3)
#: What has moved is asked about in the nights of so many days, from `_NIGHT` on in India, each payment at its share.
NIGHTS_OF: Final = timedelta(days=3)
_NIGHT: Final = time(0, 30)
NIGHT_LASTS: Final = timedelta(hours=5)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a payment. Moments are UTC.

    `open_since`: since when nobody knows for good whether it is paid; `None`: that is over. `refund_since`: since when
    a refund is under way. `moved_at`: when its money last moved. `asked_at`: when Nimbbl was last asked; `in_vain`: it
    told nothing then.
    """

    open_since: datetime | None = None
    refund_since: datetime | None = None
    moved_at: datetime | None = None
    asked_at: datetime | None = None
    in_vain: bool = False


def next_ask(facts: Facts, share: float = 0) -> datetime | None:
    """When to ask next. `share`: which part of the night is the payment's, from 0 to 1, so that not all are at once."""
    return min(_moments(facts, share), default=None)


def _moments(facts: Facts, share: float) -> Iterator[datetime]:
    asked_at = facts.asked_at or datetime.min.replace(tzinfo=UTC)
    if facts.open_since:
        yield from _step_after(asked_at, facts.open_since)
    if facts.refund_since:
        yield from _step_after(asked_at, facts.refund_since)
        yield max(asked_at, facts.refund_since + STEPS[-1]) + _DAY
    if facts.moved_at:
        night = _night_after(max(asked_at, facts.moved_at), share)
        if night - facts.moved_at <= NIGHTS_OF:
            yield night
    if facts.in_vain and facts.asked_at and facts.open_since and facts.asked_at - facts.open_since < WHILE:
        yield facts.asked_at + AGAIN


def _step_after(asked_at: datetime, since: datetime) -> Iterator[datetime]:
    """The first step that nobody has asked at yet."""
    return (since + step for step in STEPS if since + step > asked_at)


def _night_after(at: datetime, share: float) -> datetime:
    """The next night's moment."""
    day = at.astimezone(INDIA).date()
    tonight = datetime.combine(day, _NIGHT, INDIA) + NIGHT_LASTS * share
    return (tonight if tonight > at else tonight + _DAY).astimezone(UTC)
