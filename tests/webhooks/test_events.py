"""What becomes of Nimbbl's events: once, whatever comes twice, late, halfway or before its purchase."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from onemg_portal.sandbox.partners.books import Order
from orders.actors import Actor
from orders.acts import text_of
from orders.choices import Kind, PaymentMethod, Source
from orders.models import Act
from payments.acts import NIMBBL_SAID
from payments.choices import Proof
from payments.models import Payment
from payments.registration import services as registration
from tests.webhooks.test_views import without_table
from webhooks import events, tasks
from webhooks.models import EventOutcome, NimbblEvent

pytestmark = pytest.mark.django_db

SECRET = "test-access-secret"
ORDER = Order("M1", "PO1", "o_1", payable_amount="739.48")
EVENTS = {
    "failed": sandbox.signed(sandbox.payment(ORDER, "payment_failed"), SECRET),
    "paid": sandbox.signed(sandbox.payment(ORDER), SECRET),
    "refund pending": sandbox.signed(sandbox.refund(ORDER, "100", "refund_pending"), SECRET),
    "refund": sandbox.sealed(sandbox.refund(ORDER, "100"), SECRET),
}
PAID = EVENTS["paid"]


@pytest.fixture(autouse=True)
def _agreed(settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = SECRET


def say(event: Any) -> int:
    """Post an event; the code of the answer."""
    body = event if isinstance(event, bytes) else sandbox.posted(event)
    return Client().post("/nimbbl/events/", body, content_type="application/json").status_code


def register(name: str = "M1", nimbbl: str = "o_1") -> None:
    """The shop registers the purchase, with its order at Nimbbl."""
    said = registration.Registration(name, f"PO{name}", PaymentMethod.ONLINE, Decimal("739.48"), nimbbl)
    registration.register(said, by=Actor("the shop"))


def story() -> list[str]:
    """What the purchases' stories tell of what Nimbbl said."""
    return [text_of(act) for act in Act.objects.filter(act=NIMBBL_SAID).order_by("pk")]


def outcomes() -> list[str]:
    return list(NimbblEvent.objects.order_by("pk").values_list("outcome", flat=True))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """The worker's sweep, long after whatever was put off is due."""

    def sweep() -> int:
        NimbblEvent.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
        return tasks.sweep_events()

    return sweep


# --- taken in ---------------------------------------------------------------------------------------------------------


def test_a_signed_event_is_a_line_in_the_story_of_its_purchase() -> None:
    register()

    say(PAID)

    act, event = Act.objects.get(act=NIMBBL_SAID), NimbblEvent.objects.get()
    assert text_of(act) == "Nimbbl: payment succeeded ₹739.48"
    assert (act.group_id, act.source, act.kind, act.at) == ("M1", Source.NIMBBL, Kind.PAYMENT, event.received_at)
    assert (event.outcome, event.problem) == (EventOutcome.TAKEN, "")


def test_a_refund_in_another_currency_is_told_in_it() -> None:
    register()
    event = sandbox.refund(ORDER, "10")
    event["transaction"]["transaction_currency"] = "USD"

    say(sandbox.signed(event, SECRET))

    assert story() == ["Nimbbl: partial refund succeeded USD 10.00"]


@pytest.mark.parametrize(
    "event",
    [
        sandbox.unsigned(PAID),
        sandbox.older(sandbox.payment(ORDER), SECRET),
        PAID | {"transaction": PAID["transaction"] | {"status": "failed"}},
        PAID | {"event_type": "payment_teleported"},
        {"encrypted_response": "00" * 48},
    ],
    ids=["unsigned", "v2", "forged", "unknown", "encrypted"],
)
def test_M5_M7_nothing_else_reaches_the_ledger_or_the_story(event: Any) -> None:
    register()

    say(event)
    events.sweep()

    assert story() == []
    assert {*outcomes()} <= {EventOutcome.SHOWN}


def test_M5_an_event_replayed_for_another_order_is_the_same_event() -> None:
    register()
    register("M2", "o_2")
    say(PAID)

    code = say(PAID | {"nimbbl_order_id": "o_2", "message": "once more"})

    assert (code, NimbblEvent.objects.get().times_seen) == (200, 2)
    assert Act.objects.get(act=NIMBBL_SAID).group_id == "M1"


def test_M5_an_event_of_unknown_type_first_does_not_stand_in_the_way_of_the_real_one() -> None:
    register()
    say(PAID | {"event_type": "payment_teleported"})

    say(PAID)

    assert outcomes() == [EventOutcome.SHOWN, EventOutcome.TAKEN]
    assert len(story()) == 1


def test_an_order_is_found_by_its_invoice_where_ids_are_formed_otherwise() -> None:
    register()
    Payment.objects.update(invoice_id="INV1")
    event = sandbox.payment(ORDER)
    event["order"]["invoice_id"] = "INV1"
    event["transaction"]["transaction_id"] = "t0001"

    say(sandbox.signed(event, SECRET))

    assert len(story()) == 1


# --- twice, late, out of order ----------------------------------------------------------------------------------------


def test_M6_the_same_event_again_is_counted_on_the_first() -> None:
    register()

    codes = [say(PAID) for _ in range(3)]

    event = NimbblEvent.objects.get()
    assert (codes, event.times_seen, len(story())) == ([200] * 3, 3, 1)
    assert event.last_seen_at > event.received_at


@pytest.mark.django_db(transaction=True)
def test_M6_the_same_event_in_sixteen_threads_is_one_event_and_one_line() -> None:
    register()

    def send(_number: int) -> int:
        try:
            return say(PAID)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(send, range(64)))

    event = NimbblEvent.objects.get()
    assert (set(codes), event.times_seen, event.outcome, len(story())) == ({200}, 64, EventOutcome.TAKEN, 1)


@pytest.mark.parametrize("order", list(itertools.permutations(EVENTS))[::5], ids=" > ".join)
def test_M6_in_any_order_and_twice_each_is_taken_in_once(order: tuple[str, ...]) -> None:
    register()

    codes = {say(EVENTS[name]) for name in (*order, *reversed(order))}

    assert codes == {200}
    assert sorted(story()) == [
        "Nimbbl: partial refund pending ₹100.00",
        "Nimbbl: partial refund succeeded ₹100.00",
        "Nimbbl: payment failed ₹739.48",
        "Nimbbl: payment succeeded ₹739.48",
    ]


def test_M6_an_event_before_its_purchase_waits_and_is_taken_in_once_it_is_registered() -> None:
    say(PAID)
    before = outcomes()
    assert events.sweep() == 0  # still nobody's

    register()
    tried = events.sweep()

    assert (before, outcomes(), tried) == ([EventOutcome.WAITING], [EventOutcome.TAKEN], 1)
    act = Act.objects.get(act=NIMBBL_SAID)
    assert (act.group_id, act.at) == ("M1", NimbblEvent.objects.get().received_at)


def test_M6_an_event_that_waits_and_comes_again_once_its_purchase_is_there_is_taken_in_at_once() -> None:
    say(PAID)
    register()

    say(PAID)

    assert (outcomes(), len(story())) == ([EventOutcome.TAKEN], 1)


def test_M6_a_sweep_beside_a_sweep_takes_nothing_in_twice() -> None:
    say(PAID)
    register()
    stale = NimbblEvent.objects.get()
    events.sweep()

    events.finish(stale)

    assert len(story()) == 1


def test_an_event_of_long_ago_waits_no_more() -> None:
    say(PAID)
    NimbblEvent.objects.update(received_at=timezone.now() - events.WAITS - timedelta(hours=1))
    register()

    assert (events.sweep(), outcomes()) == (0, [EventOutcome.WAITING])


# --- halfway ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_M8_what_fails_behind_the_door_is_200_and_finished_by_the_sweep(later: Callable[[], int]) -> None:
    register()
    with without_table("orders_timelineentry"):
        code = say(PAID)
    event = NimbblEvent.objects.get()
    assert (code, event.outcome, story()) == (200, EventOutcome.PENDING, [])
    assert event.problem.startswith("Waits")
    assert event.next_try_at is not None

    later()

    assert (outcomes(), len(story())) == ([EventOutcome.TAKEN], 1)


@pytest.mark.django_db(transaction=True)
def test_M8_what_fails_again_is_put_off_again_and_the_others_are_finished(later: Callable[[], int]) -> None:
    register()
    with without_table("orders_timelineentry"):
        say(EVENTS["failed"])
        later()
        assert outcomes() == [EventOutcome.PENDING]

    say(PAID)
    later()

    assert outcomes() == [EventOutcome.TAKEN] * 2


def test_what_was_just_put_off_is_not_due() -> None:
    register()
    say(PAID)
    NimbblEvent.objects.update(outcome=EventOutcome.PENDING, next_try_at=timezone.now() + timedelta(minutes=1))

    assert events.sweep() == 0


def test_M8_what_a_crash_left_unjudged_is_judged_by_the_sweep(later: Callable[[], int]) -> None:
    register()
    body = sandbox.posted(PAID)
    NimbblEvent.objects.create(body=body, size=len(body), identity="1")

    later()

    event = NimbblEvent.objects.get()
    assert (event.proof, event.outcome, len(story())) == (Proof.GENUINE, EventOutcome.TAKEN, 1)


def test_M5_what_was_kept_unjudged_and_is_forged_moves_nothing(later: Callable[[], int]) -> None:
    register()
    body = sandbox.posted(PAID | {"transaction": PAID["transaction"] | {"status": "failed"}})
    NimbblEvent.objects.create(body=body, size=len(body), identity="1")

    later()

    event = NimbblEvent.objects.get()
    assert (event.proof, event.outcome, story()) == (Proof.FORGED, EventOutcome.SHOWN, [])


def test_M6_another_secret_meanwhile_does_not_undo_what_was_proved(settings: Any) -> None:
    say(PAID)
    settings.NIMBBL_ACCESS_SECRET = "test-another-secret"
    register()

    events.sweep()

    assert (outcomes(), len(story())) == ([EventOutcome.TAKEN], 1)


def test_M6_control_a_row_that_forgot_its_outcome_would_be_taken_in_twice() -> None:
    register()
    say(PAID)

    NimbblEvent.objects.update(outcome=EventOutcome.PENDING)
    events.finish(NimbblEvent.objects.get())

    assert len(story()) == 2
