"""Finishing what was answered PENDING, or what a crash cut off: ours until it is done.

    put_off(...)             the columns of a delivery that the request which brought it could not finish
    sweep()                  the same now, until nothing is due: the worker's job of every minute
    finish(delivery)         finish one delivery now: replay, "apply again"
    work_off(limit, ending)  what is due, a step each in turn: for `webhooks.watch`

One claimant at a time finishes a delivery. A claim is a lease: it is taken and prolonged by compare-and-set on the row,
and whoever lost it writes nothing any more. What of a delivery is done stands in the recorded updates themselves, so a
claimant that dies loses nothing, and the next one goes on where it stopped.

The work gives way: an order is a step; after each step it rests, and the next step is another delivery's. So neither
the updates that come in meanwhile nor a small delivery wait for a large one.

What waits (`webhooks.trouble`) is tried again for as long as it takes, after a quarter of the time it has waited
already. What fails for its own sake is set aside after some minutes; `/readyz` and the inbox say so.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import OperationalError
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from orders.fold import Arrival
from orders.models import OrderUpdate
from webhooks import applying, reading, results
from webhooks.models import Delivery, DeliveryQuerySet, Outcome
from webhooks.strict_json import BodyProblem
from webhooks.trouble import Trouble

log = logging.getLogger(__name__)

#: Younger deliveries may still be in the hands of the request that brought them.
SWEEP_AFTER: Final = timedelta(seconds=10)
#: A claimant that does not prolong its claim for so long is taken to be dead.
LEASE: Final = timedelta(seconds=30)
#: The shortest and the longest time between two tries.
PAUSES: Final = (timedelta(seconds=10), timedelta(minutes=10))
#: So often in a row, and for so long, may the same error come before a delivery is set aside.
MOST_FAILURES: Final = 5
FAILING_FOR: Final = timedelta(minutes=5)
#: After each step the work rests for so many times as long as the step took, but not longer than that.
REST: Final = 2
LONGEST_REST: Final = 0.5
#: So many deliveries are in work at once, and so many bytes; a small one need not wait until a large one is done.
MOST_AT_ONCE: Final = 10
MOST_BYTES: Final = 2_000_000
SMALL: Final = 64_000
#: A sweep leaves the rest to the next one, since the worker kills a job that takes two minutes.
SWEEP_SECONDS: Final = 50.0


# --- claims -----------------------------------------------------------------------------------------------------------


class Lost(Exception):  # noqa: N818 - a finding, not a fault
    """Somebody else has claimed the delivery: this claim had run out."""


@dataclass(slots=True)
class Claim:
    """The right to finish one delivery, until `until`."""

    delivery_id: int
    until: datetime

    @classmethod
    def take(cls, delivery_id: int) -> Claim | None:
        """Claim a delivery; `None` where somebody else has."""
        now = timezone.now()
        free = Delivery.objects.filter(_unclaimed(now), pk=delivery_id)
        won = free.update(claimed_until=now + LEASE, attempts=F("attempts") + 1)
        return cls(delivery_id, now + LEASE) if won else None

    def prolong(self) -> None:
        """Go on with it, when a third of the time is over. Raises `Lost`."""
        now = timezone.now()
        if now + LEASE - self.until >= LEASE / 3:
            self._write(claimed_until=now + LEASE)
            self.until = now + LEASE

    def release(self, **columns: Any) -> None:
        """Let others claim it, with what is to be noted. Raises `Lost`."""
        self._write(claimed_until=timezone.now(), **columns)

    def _write(self, **columns: Any) -> None:
        if not Delivery.objects.filter(pk=self.delivery_id, claimed_until=self.until).update(**columns):
            raise Lost


def _unclaimed(now: datetime) -> Q:
    return Q(claimed_until=None) | Q(claimed_until__lte=now)


def due() -> DeliveryQuerySet:
    """What is to be tried now and claimed by nobody; that which waits longest for its turn first."""
    now = timezone.now()
    its_time = Q(next_try_at__lte=now) | Q(next_try_at=None, received_at__lt=now - SWEEP_AFTER)
    found = Delivery.objects.pending().filter(its_time, _unclaimed(now))
    return found.order_by(Coalesce("next_try_at", "received_at"), "pk")


def somebody_works() -> bool:
    """Whether anybody has a claim on something pending: one at a time is enough, the others leave it alone."""
    claimed = Delivery.objects.pending().filter(claimed_until__gt=timezone.now())
    return bool(claimed.exists())


# --- one delivery -----------------------------------------------------------------------------------------------------


def finish(delivery: Delivery) -> None:
    """Finish one delivery now, without rests. Does nothing where somebody else is at it."""
    if claim := Claim.take(delivery.pk):
        for _step in steps(delivery, claim):
            pass


def steps(delivery: Delivery, claim: Claim) -> Iterator[None]:
    """Finish a claimed delivery, an order a step. Whatever happens ends in its being settled, put off or set aside."""
    try:
        yield from _apply(delivery, claim)
    except Lost:
        log.info("delivery %s is finished by somebody else", delivery.pk)
    except Exception as error:  # noqa: BLE001 - an outer door: one delivery must not hold up all others
        log.error("delivery %s: %s", delivery.pk, type(error).__name__, exc_info=True)
        _put_off(delivery, claim, Trouble.of(error))


def _apply(delivery: Delivery, claim: Claim) -> Iterator[None]:
    try:
        document = reading.of(delivery)
    except BodyProblem as problem:
        applying.settle(delivery, claim.until, {"outcome": Outcome.REFUSED, "problem": problem.code})
        return
    arrival = Arrival(delivery.pk, delivery.received_at)
    contents = {(update.order_id, update.digest): update for update in document.updates}
    recorded = OrderUpdate.objects.recorded(contents.keys())
    trouble: Trouble | None = None
    for update in (update for key, update in contents.items() if key not in recorded):
        claim.prolong()
        met = applying.apply_one(update, arrival)
        if isinstance(met, Trouble) and not (trouble and trouble.waits):
            trouble = met
        yield
    claim.prolong()
    applying.keep_needs_of({order_id for order_id, _digest in contents})
    if trouble:
        _put_off(delivery, claim, trouble)
        return
    recorded = OrderUpdate.objects.recorded(contents.keys())
    found = results.of_rows(delivery, (recorded[key] for key in contents))
    applying.needs_a_look(delivery.pk, document, found)
    again = {recorded[key].pk for key in contents if recorded[key].delivery_id != delivery.pk}
    applying.settle(delivery, claim.until, results.described(document, found), again)


def _put_off(delivery: Delivery, claim: Claim, trouble: Trouble) -> None:
    """Say when the delivery is to be tried again, or set it aside."""
    try:
        if delivery.outcome != Outcome.PENDING:  # applied again by a person or a command: it stays what it is
            claim.release()
            return
        note = _noted(delivery, trouble)
        old_enough = timezone.now() - delivery.received_at >= FAILING_FOR
        if not trouble.waits and note["failures"] >= MOST_FAILURES and old_enough:
            note |= {"outcome": Outcome.QUARANTINED, "problem": f"Set aside, it cannot be applied: {trouble.kind}"}
            log.error("delivery %s is set aside: %s", delivery.pk, trouble.kind)
        claim.release(**note)
    except Lost:
        pass
    except Exception as error:  # noqa: BLE001 - the claim runs out by itself
        log.error("delivery %s cannot be put off: %s", delivery.pk, type(error).__name__)


def _noted(delivery: Delivery, trouble: Trouble) -> dict[str, Any]:
    """What a try that met `trouble` leaves on the row."""
    now = timezone.now()
    shortest, longest = PAUSES
    pause = min(max((now - delivery.received_at) / 4, shortest), longest)
    again = delivery.problem == str(trouble)
    return {"problem": str(trouble), "failures": delivery.failures + 1 if again else 1, "next_try_at": now + pause}


def put_off(trouble: Trouble | None) -> dict[str, Any]:
    """The columns of a delivery that the request which brings it cannot finish: when it is to be tried, and why.

    Without a `trouble` it is due at once, since there is only too much in it, or other orders than the one in trouble.
    """
    now = timezone.now()
    return _noted(Delivery(received_at=now), trouble) if trouble else {"next_try_at": now}


# --- many deliveries --------------------------------------------------------------------------------------------------


def sweep(limit: int = 500) -> int:
    """Finish what is due, until nothing is, or time is up; how many deliveries were tried.

    Where somebody else is at work, it waits for them rather than hurry beside them.
    """
    ending, tried = time.monotonic() + SWEEP_SECONDS, 0
    try:
        while time.monotonic() < ending and tried < limit:
            if somebody_works():
                time.sleep(0.2)
                continue
            taken = work_off(limit - tried, ending)
            tried += taken
            if not taken:
                break
    except OperationalError as error:  # the whole database is busy or away: the next sweep is a minute off
        log.error("the sweep waits: %s", Trouble.of(error).kind)
    return tried


@dataclass(slots=True)
class _Work:
    """A delivery that is being finished."""

    size: int
    claim: Claim
    steps: Iterator[None]


def work_off(limit: int, ending: float) -> int:
    """Take up what is due, `limit` at most, and go round a step each, resting; how many were taken up."""
    at_work: list[_Work] = []
    taken, next_look = 0, 0.0
    while time.monotonic() < ending:
        if taken < limit and (not at_work or time.monotonic() >= next_look):
            room = min(limit - taken, MOST_AT_ONCE - len(at_work))
            new = list(_taken_up(room, sum(work.size for work in at_work)))
            at_work, taken, next_look = at_work + new, taken + len(new), time.monotonic() + 1
        if not at_work:
            return taken
        at_work = [work for work in at_work if _one_step(work.steps)]
    for work in at_work:
        work.steps.close()  # type: ignore[attr-defined]
        _quietly(lambda claim=work.claim: claim.release(next_try_at=timezone.now()))  # type: ignore[misc]
    return taken


def _taken_up(room: int, size: int) -> Iterator[_Work]:
    """Claim what is due, as long as there is room for it beside `size` bytes."""
    for pk, more in list(due().values_list("pk", "size")[:room]):
        if size and more > SMALL and size + more > MOST_BYTES:
            continue
        if claim := Claim.take(pk):
            size += more
            yield _Work(more, claim, steps(Delivery.objects.get(pk=pk), claim))


def _one_step(steps: Iterator[None]) -> bool:
    """Take one step, then rest; whether there is another one."""
    started = time.monotonic()
    more = next(steps, steps) is None
    time.sleep(min((time.monotonic() - started) * REST, LONGEST_REST))
    return more


def _quietly(act: Callable[[], None]) -> None:
    try:
        act()
    except Exception as error:  # noqa: BLE001 - a claim that cannot be given back runs out by itself
        log.info("a claim is left to run out: %s", type(error).__name__)
