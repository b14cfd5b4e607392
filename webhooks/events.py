"""Taking in what Nimbbl posts: judge it, keep the bytes, hand what is proved to the ledger.

    receive(posted)    one POST; whoever returns from it may be answered 200
    finish(event)      take in an event that is kept, now
    sweep()            the same of all that are due: the worker's job of every minute

Judging is pure and takes a millisecond, so it comes first: nobody needs a token to post here, and forged bytes must not
fill the database. They are counted. Whatever else comes is committed before anything is made of it, and from then on
ours to finish: what fails is tried again for as long as it takes, after a quarter of the time it has waited already.

What is proved and about an order that nobody has registered *waits*. Once the order is linked to a purchase, the next
sweep takes it in, as if it had come then.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from orders import acts, purchases
from orders.choices import Kind, Source
from orders.failpoints import failpoint
from payments.acts import NIMBBL_SAID
from payments.choices import Proof
from payments.ledger.services import take
from payments.ledger.statements import Statement, Teller, TransactionSaid
from payments.models import Payment
from payments.partners import nimbbl_events
from payments.partners.nimbbl_events import Event, Forged, Unreadable
from webhooks.models import EventOutcome, NimbblEvent, NimbblEventQuerySet
from webhooks.trouble import Trouble

__all__ = ["Forged", "NotConfigured", "Posted", "TooMany", "Unreadable", "finish", "receive", "sweep"]

log = logging.getLogger(__name__)

#: So many events that nothing proves are kept within `UNPROVED_WITHIN`: anybody may send them.
MOST_UNPROVED: Final = 500
UNPROVED_WITHIN: Final = timedelta(days=1)
#: Once keeping the bytes has taken so many seconds, the rest is left to the sweep: Nimbbl waits for 15.
PATIENCE_SECONDS: Final = 3.0
#: Younger events may still be in the hands of the request that brought them.
SWEEP_AFTER: Final = timedelta(seconds=10)
#: The shortest and the longest time between two tries.
PAUSES: Final = (timedelta(seconds=10), timedelta(minutes=10))
#: So long an event waits for its order. Whoever links one that is older has Nimbbl asked, which tells the same.
WAITS: Final = timedelta(days=30)
#: A sweep leaves the rest to the next one, since the worker kills a job that takes two minutes.
SWEEP_SECONDS: Final = 50.0


class NotConfigured(Exception):  # noqa: N818 - a finding
    """The portal has no secret of Nimbbl's, so that nothing can be proved; Nimbbl sends again for 23 hours."""


class TooMany(Exception):  # noqa: N818 - a finding
    """More than enough is kept today of what nothing proves."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One POST. `headers` describe the body and the software that sent it."""

    body: bytes
    remote_address: str
    headers: Mapping[str, str]


def receive(posted: Posted) -> None:
    """Judge one POST, keep it, and hand it on. The same again is counted and changes nothing.

    Raises `Unreadable`, `Forged`, `NotConfigured`, `TooMany` and what the database raises: then nothing is kept.
    """
    started = time.monotonic()
    event = _keep(posted, _judged(posted.body))
    failpoint("kept")
    if time.monotonic() - started < PATIENCE_SECONDS:
        finish(event)


def finish(event: NimbblEvent) -> None:
    """Take in one event now; whatever goes wrong leaves it pending. Does nothing where nothing is left to do."""
    try:
        if not event.proof:
            _judge_again(event)
        if event.outcome in (EventOutcome.PENDING, EventOutcome.WAITING):
            _take_in(event)
    except Exception as error:  # noqa: BLE001 - an outer door: the bytes are kept, and the rest is ours
        log.error("Nimbbl's event %s is left pending: %s", event.pk, type(error).__name__, exc_info=True)
        _put_off(event, error)


def sweep(limit: int = 500) -> int:
    """Finish what is due, until nothing is, or time is up; how many were tried."""
    ending, tried = time.monotonic() + SWEEP_SECONDS, 0
    for event in [*_failed()[:limit], *_registered_since()[:limit]]:
        if time.monotonic() > ending:
            break
        finish(event)
        tried += 1
    return tried


# --- keeping ----------------------------------------------------------------------------------------------------------


def _judged(body: bytes) -> Event:
    """What the bytes are. A fault of our own loses nothing: they are kept as not judged yet."""
    try:
        return nimbbl_events.read(body, _secret())
    except (Unreadable, Forged, NotConfigured):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the bytes are safe first
        log.error("an event of Nimbbl's cannot be judged: %s", type(error).__name__, exc_info=True)
        return nimbbl_events.not_judged(body)


def _secret() -> str:
    """What Nimbbl signs with. Raises `NotConfigured`."""
    if not settings.NIMBBL_ACCESS_SECRET:
        raise NotConfigured
    return settings.NIMBBL_ACCESS_SECRET


def _keep(posted: Posted, judged: Event) -> NimbblEvent:
    """The row of this event: a new one, or that of the first who said the same, with one more counted."""
    now = timezone.now()
    seen = NimbblEvent.objects.filter(identity=judged.identity)
    if not seen.exists() and judged.proof != Proof.GENUINE:
        _refuse_a_flood()
    given: dict[str, Any] = {
        "received_at": now,
        "last_seen_at": now,
        "body": posted.body,
        "size": len(posted.body),
        "headers": dict(posted.headers),
        "remote_address": posted.remote_address,
    }
    event, is_new = NimbblEvent.objects.get_or_create(identity=judged.identity, defaults=given | _verdict(judged))
    if not is_new:
        seen.update(times_seen=F("times_seen") + 1, last_seen_at=now)
    return event


def _verdict(judged: Event) -> dict[str, Any]:
    """The columns that say what an event was found to be, and whether anything is still to be done about it."""
    said = judged.said and {**asdict(judged.said), "amount": str(judged.said.amount)}
    is_open = judged.said is not None or not judged.proof
    return {
        "proof": judged.proof or "",
        "version": judged.version,
        "event_type": judged.event_type,
        "nimbbl_order_id": judged.nimbbl_order_id,
        "invoice_id": judged.invoice_id,
        "said": said,
        "outcome": EventOutcome.PENDING if is_open else EventOutcome.SHOWN,
        "settled_at": None if is_open else timezone.now(),
    }


def _refuse_a_flood() -> None:
    if NimbblEvent.objects.unproved_since(timezone.now() - UNPROVED_WITHIN).count() >= MOST_UNPROVED:
        raise TooMany


# --- taking in --------------------------------------------------------------------------------------------------------


def _take_in(event: NimbblEvent) -> None:
    """Hand what is said to the ledger and tell it in the purchase's story, once; or have it wait for a purchase."""
    with transaction.atomic():
        home = _home(event)
        if home is None:
            _settle(event, EventOutcome.WAITING)
            return
        purchases.locked(home.group_id)
        if _settle(event, EventOutcome.TAKEN):
            said = _said(event)
            take(Statement(Teller.WEBHOOK, event.received_at, home.pk, (said,), invoice_id=event.invoice_id))
            acts.record(
                NIMBBL_SAID,
                group_id=home.group_id,
                source=Source.NIMBBL,
                kind=Kind.PAYMENT,
                at=event.received_at,
                said=said.kind,
                word=said.word,
                amount=str(said.amount),
                currency=said.currency,
            )


def _home(event: NimbblEvent) -> Payment | None:
    """Whose order it is about: by the order's id, else by the signed invoice, which Nimbbl takes once only."""
    by_order = Payment.objects.filter(pk=event.nimbbl_order_id).first()
    return by_order or Payment.objects.filter(invoice_id=event.invoice_id).exclude(invoice_id="").first()


def _settle(event: NimbblEvent, outcome: EventOutcome) -> bool:
    """Say what became of it; whether that was for us to say, and not done by somebody else meanwhile."""
    open_row = NimbblEvent.objects.unsettled().filter(pk=event.pk)
    return bool(open_row.update(outcome=outcome, problem="", next_try_at=None, settled_at=timezone.now()))


def _said(event: NimbblEvent) -> TransactionSaid:
    said: dict[str, Any] = event.said or {}
    return TransactionSaid(**{**said, "amount": Decimal(said["amount"])})


def _judge_again(event: NimbblEvent) -> None:
    """Judge what could not be judged when it came."""
    try:
        found = _verdict(nimbbl_events.read(bytes(event.body), _secret()))
    except (Forged, Unreadable):
        found = {"proof": Proof.FORGED, "outcome": EventOutcome.SHOWN, "settled_at": timezone.now()}
    vars(event).update(found)
    event.save(update_fields=[*found])


# --- again ------------------------------------------------------------------------------------------------------------


def _failed() -> NimbblEventQuerySet:
    """What is pending and to be tried now, the oldest first."""
    now = timezone.now()
    its_time = Q(next_try_at__lte=now) | Q(next_try_at=None, received_at__lt=now - SWEEP_AFTER)
    return NimbblEvent.objects.filter(its_time, outcome=EventOutcome.PENDING).order_by("pk")


def _registered_since() -> NimbblEventQuerySet:
    """What waited for an order that is linked to a purchase by now."""
    linked = Exists(Payment.objects.filter(pk=OuterRef("nimbbl_order_id")))
    waiting = NimbblEvent.objects.filter(outcome=EventOutcome.WAITING, received_at__gte=timezone.now() - WAITS)
    return waiting.filter(linked).order_by("pk")


def _put_off(event: NimbblEvent, error: Exception) -> None:
    """Say when it is to be tried again, and what stood in the way."""
    shortest, longest = PAUSES
    now = timezone.now()
    pause = min(max((now - event.received_at) / 4, shortest), longest)
    try:
        rows = NimbblEvent.objects.filter(pk=event.pk, outcome=EventOutcome.PENDING)
        rows.update(problem=str(Trouble.of(error))[:100], next_try_at=now + pause)
    except Exception as again:  # noqa: BLE001 - the sweep finds it without a note
        log.error("Nimbbl's event %s cannot be put off: %s", event.pk, type(again).__name__)
