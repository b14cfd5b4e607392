"""A process that died while a partner was asked: row O29. The kills themselves: `tests/faults/test_acting.py`."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import services
from payments.asking import NotReady
from payments.choices import Operation, Partner, SettledBy, State
from payments.models import LEASE, PartnerCall
from tests.payments.conftest import Buy, speak
from tests.payments.faults.acting import (
    Post,
    T,
    last_line,
    pressed,
    stands,
    taken,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- O29: a process that died (the kills themselves: tests/faults/test_acting.py) -------------------------------------


def left_sending(group: OrderGroup, ago: timedelta) -> PartnerCall:
    """A call as a process leaves it that dies while 1mg is asked."""
    call = PartnerCall.objects.create(
        group=group,
        partner=Partner.ONEMG,
        operation=Operation.CONFIRM,
        by="asha",
        state=State.SENDING,
        sent_at=timezone.now() - ago,
        attempts=1,
    )
    OrderGroup.objects.update(confirmation_state="in_flight")
    return call


def test_O29_a_call_left_being_sent_is_in_doubt_after_its_time(buy: Buy, partners: Partners) -> None:
    group = buy()
    call = left_sending(group, LEASE + timedelta(seconds=1))

    services.sweep()

    call.refresh_from_db()
    assert (call.state, stands(group), len(partners.requests)) == (State.UNKNOWN, "unknown", 0)
    assert last_line() == "The process that was sending it ended; whether the partner acted is not known."


def test_O29_control_within_its_time_it_is_left_alone(buy: Buy, partners: Partners) -> None:
    call = left_sending(buy(), LEASE - timedelta(seconds=20))

    services.sweep()

    call.refresh_from_db()
    assert (call.state, len(partners.requests)) == (State.SENDING, 0)


def test_O29_the_next_press_finds_it_without_waiting_for_the_sweep(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    left_sending(group, LEASE + timedelta(seconds=1))

    with pytest.raises(NotReady, match="We don't know what came of the confirmation"):
        services.confirm(group.pk, by=asha)

    assert len(partners.requests) == 0


def test_O29_what_1mg_said_while_nobody_was_there_settles_it(buy: Buy, post: Post) -> None:
    group = buy()
    call = left_sending(group, LEASE + timedelta(seconds=1))
    PartnerCall.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    speak(post, "M1", 130, T + 100)

    services.sweep()

    call.refresh_from_db()
    assert (call.state, call.settled_by, stands(group)) == (State.SUCCEEDED, SettledBy.UPDATE, "confirmed")


def long_ago() -> None:
    """The process seems dead, and the sweep says so."""
    PartnerCall.objects.update(sent_at=timezone.now() - 2 * LEASE)
    services.sweep()
    assert PartnerCall.objects.get().state == State.UNKNOWN


def test_O29_an_answer_that_comes_after_all_counts(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()

    def seem_dead() -> None:
        long_ago()
        connections.close_all()

    partners.misbehave("POM1", "fine", on="confirm", during=seem_dead)

    call = pressed(group, asha)

    assert (call.state, stands(group), taken(partners)) == (State.SUCCEEDED, "confirmed", (1, 1))


def test_O29_an_answer_does_not_undo_what_a_person_has_settled(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()

    def settled_meanwhile() -> None:
        long_ago()
        services.settle(PartnerCall.objects.get(), worked=False, why="1mg has nothing.", by=asha)
        connections.close_all()

    partners.misbehave("POM1", "fine", on="confirm", during=settled_meanwhile)

    call = pressed(group, asha)

    assert (call.state, call.settled_by, stands(group)) == (State.REJECTED, SettledBy.PERSON, "rejected")
