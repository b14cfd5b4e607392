"""The sandbox keeps two purchases in every queue: played to its end by a clock that need not be waited for."""

from __future__ import annotations

import random

import pytest

from onemg_portal.sandbox import staff
from onemg_portal.sandbox.day import troubles
from onemg_portal.sandbox.day.colleague import Colleague
from onemg_portal.sandbox.refill import EVERY, Refill
from orders.actors import Actor
from orders.models import OrderGroup
from payments.models import PartnerCall
from tests.onemg_portal.sandbox.playing import Play

pytestmark = pytest.mark.django_db(transaction=True)
TWO = dict.fromkeys((*troubles.TROUBLES, "to_confirm"), 2)


@pytest.fixture(autouse=True)
def _begun(play: Play) -> None:
    """The opening has been told, and what came of it within a minute."""
    colleague = Colleague(Actor.of(staff.colleague()), play.say)
    dice = random.Random(3)
    Refill(play.add, play.stage, play.shop, colleague, 1, play.began, 60, dice, play.now).begin()  # type: ignore[arg-type]
    play.until(75)


def test_two_purchases_stand_in_every_queue_from_the_beginning(play: Play) -> None:
    found = play.queues()

    assert {cause: min(many, 2) for cause, many in found.items()} == TWO, play.lines


def test_two_stand_in_every_queue_for_as_long_as_it_runs_and_not_ever_more(play: Play) -> None:
    short, longest = {}, dict.fromkeys(TWO, 0)
    for minute in range(2, 30, 2):
        found = play.until(60 * minute).queues()
        short |= {(minute, cause): many for cause, many in found.items() if many < 2}
        longest = {cause: max(many, longest[cause]) for cause, many in found.items()}

    assert short == {}
    del longest["refund_done"]  # what has been done stays so
    assert max(longest.values()) < 24


def test_a_queue_that_staff_have_emptied_fills_within_two_rounds(play: Play) -> None:
    OrderGroup.objects.all().update(confirmation_state="confirmed")

    found = play.until(2 * EVERY + 60).queues()

    assert found["unknown"] >= 2


def test_nobody_knows_only_what_came_of_calls_that_were_made_and_not_answered(play: Play) -> None:
    calls = PartnerCall.objects.filter(state="unknown")

    assert {(call.by, call.sent_at is None, call.answer_code) for call in calls} == {("meera", False, None)}
    assert {call.group.confirmation_state for call in calls} == {"unknown"}
