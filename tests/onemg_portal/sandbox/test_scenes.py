"""Scenes with a portal, over real sockets: payments that come late, refunds that 1mg asks for, and what it refuses."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from onemg_portal.sandbox import staff
from onemg_portal.sandbox.day import troubles, waiting
from onemg_portal.sandbox.day.colleague import Colleague
from onemg_portal.sandbox.day.stories import Clock
from onemg_portal.sandbox.day.troubles import TROUBLES, Trouble
from onemg_portal.sandbox.day.waiting import SCENES, Scene, Waiting
from onemg_portal.sandbox.day.work import Work
from orders.actors import Actor
from orders.models import Act, GroupedOrder, Need, OrderGroup
from payments.cancelling import services as cancelling
from payments.models import PartnerCall, Refund, RefundRequest
from tests.onemg_portal.sandbox.playing import Play

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def meera(play: Play) -> Colleague:
    """The colleague whom the sandbox plays."""
    return Colleague(Actor.of(staff.colleague()), play.say)


def named(hint: str) -> Scene:
    """The scene of this name."""
    return next(scene for scene in SCENES if scene.hint == hint)


def begin(play: Play, scene: Scene) -> str:
    """Have a purchase of this scene told by 1mg, registered by the shop and paid; its id."""
    one = waiting.one(scene, 1, play.began, -1.0, Clock(play.began), random.Random(1))
    return told(play, one)


def told(play: Play, one: Waiting) -> str:
    key = one.order.merchant_order_id
    play.shop.purchases[key] = one.registration()
    play.stage.set([one])
    play.add(play.stage.dues(key, [replace(step, minute=0) for step in one.story.steps], 0))
    play.until(play.seconds + 1)
    return key


def after(play: Play, seconds: float) -> None:
    """So many seconds later."""
    play.until(play.seconds + seconds)


def state(purchase: str) -> str:
    """How its confirmation stands."""
    return OrderGroup.objects.get(pk=purchase).confirmation_state


def calls() -> list[tuple[str, str]]:
    """What was asked of the partners, and how it stands."""
    return list(PartnerCall.objects.order_by("pk").values_list("operation", "state"))


def said(play: Play, words: str) -> list[str]:
    """What came of each request of which the sandbox says these words."""
    return [line.split(words)[1].split()[0] for line in play.lines if words in line]


# --- a payment that comes late ----------------------------------------------------------------------------------------


def test_a_confirmation_of_what_is_not_paid_is_refused_until_Nimbbl_says_that_it_is(
    play: Play, meera: Colleague
) -> None:
    purchase = begin(play, waiting.PAID_LATE)

    assert not meera.do(Work.CONFIRM, purchase)
    assert meera.do(Work.CONFIRM_IN_SPITE, purchase)
    after(play, 1)
    refused = state(purchase)
    after(play, 70)
    assert meera.do(Work.CONFIRM, purchase)
    after(play, 1)

    assert (refused, state(purchase)) == ("rejected", "confirmed")
    assert play.stage.partners.effects(purchase)["payments_told"] == ["PENDING", "SUCCESS"]
    assert said(play, "Nimbbl: payment_success") == ["200"]


def test_control_without_a_press_nobody_pays(play: Play) -> None:
    begin(play, waiting.PAID_LATE)

    after(play, 600)

    assert play.lines == []


@pytest.mark.parametrize("hint", ["UNPAID", "PAID-LESS", "REFUNDED"])
def test_what_is_not_paid_in_full_is_refused_however_it_is_pressed(play: Play, meera: Colleague, hint: str) -> None:
    purchase = begin(play, named(hint))

    assert meera.do(Work.CONFIRM_IN_SPITE, purchase)
    after(play, 120)

    assert (state(purchase), play.stage.partners.effects(purchase)["payments_told"]) == ("rejected", ["PENDING"])


@pytest.mark.parametrize("scene", [*waiting.USUAL, named("PARTIAL"), named("ADDRESS-NOT-APPLIED"), named("REVERSED")])
def test_what_is_paid_is_confirmed_whatever_the_manner_in_which_Nimbbl_tells_it(
    play: Play, meera: Colleague, scene: Scene
) -> None:
    purchase = begin(play, scene)

    assert meera.do(Work.CONFIRM, purchase), play.lines
    after(play, 1)

    effects = play.stage.partners.effects(purchase)
    assert (effects["payments_told"], effects["confirms_taken"]) == (["SUCCESS"], 1)


def test_a_silence_leaves_it_unknown_although_1mg_was_told_of_the_payment(play: Play, meera: Colleague) -> None:
    purchase = begin(play, replace(named("SILENT-BUT-TAKEN"), options={"seconds": 1}))

    meera.do(Work.CONFIRM, purchase)
    after(play, 1)

    assert state(purchase) == "unknown"


# --- refunds that 1mg asks for ----------------------------------------------------------------------------------------


def test_a_cancellation_is_followed_by_one_refund_that_is_asked_for_twice(play: Play, meera: Colleague) -> None:
    purchase = begin(play, SCENES[0])
    order_id = GroupedOrder.objects.get(group=purchase).pk

    cancelling.cancel(purchase, order_id, by=meera.actor, why="asked for")
    after(play, 200)

    refund = Refund.objects.get(group=purchase)
    requests = RefundRequest.objects.filter(refund=refund)
    assert (refund.amount, refund.state) == (refund.group.payable_amount, "waiting")
    assert [one.judged for one in requests.order_by("pk")] == ["new", "same"]
    assert len({one.unique_id for one in requests}) == 2
    assert set(said(play, "1mg asks how the refund stands")) == {"PENDING"}


def test_of_what_nobody_has_paid_no_refund_is_asked_for(play: Play, meera: Colleague) -> None:
    purchase = begin(play, named("UNPAID"))
    order_id = GroupedOrder.objects.get(group=purchase).pk

    cancelling.cancel(purchase, order_id, by=meera.actor, why="asked for")
    after(play, 200)

    assert GroupedOrder.objects.get(pk=order_id).status_id == 99
    assert not RefundRequest.objects.exists()


def played(play: Play, meera: Colleague, trouble: Trouble) -> str:
    """Have a trouble told, and done with it what the colleague does at first; some minutes later."""
    purchase = told(play, troubles.stage(trouble, 1, play.began, play.began, random.Random(1)))
    for work in trouble.works:
        assert meera.do(work, purchase), play.lines
        after(play, 20)
    after(play, 200)
    return purchase


EACH = [
    (trouble, states)
    for cause, states in (
        ("refund_asked", [("waiting", "")]),
        ("refund_refused", [("failed", "")]),
        ("refund_done", [("paid", "")]),
        ("refund_held", [("paid", ""), ("waiting", "second_child")]),
    )
    for trouble in TROUBLES[cause]
]


@pytest.mark.parametrize(("trouble", "states"), EACH)
def test_each_trouble_with_a_refund_comes_to_where_it_is_meant_to(
    play: Play, meera: Colleague, trouble: Trouble, states: list[Any]
) -> None:
    purchase = played(play, meera, trouble)

    assert list(Refund.objects.order_by("pk").values_list("state", "hold")) == states
    paid = [str(one.amount) for one in Refund.objects.filter(state="paid")]
    assert play.stage.partners.effects(purchase)["refunds"] == paid
    waits = any(state in ("waiting", "failed") for state, _hold in states)
    assert Need.objects.filter(group=purchase, clock="refund_asked").exists() is waits


@pytest.mark.parametrize("trouble", TROUBLES["refund_refused"])
def test_what_Nimbbl_refused_is_paid_when_it_is_sent_again(play: Play, meera: Colleague, trouble: Trouble) -> None:
    played(play, meera, trouble)

    assert meera.do(Work.SEND_AGAIN, Refund.objects.get().group_id), play.lines
    after(play, 60)

    assert Refund.objects.get().state == "paid"
    assert calls()[-2:] == [("refund", "rejected"), ("refund", "succeeded")]


def test_a_colleague_waits_for_a_refund_before_she_approves_it(play: Play, meera: Colleague) -> None:
    purchase = begin(play, SCENES[0])

    assert not meera.do(Work.APPROVE, purchase)


# --- what does not exist ----------------------------------------------------------------------------------------------


def test_1mg_asks_about_what_nobody_knows_and_is_told_so(play: Play) -> None:
    play.add(play.stage.wishes.odd(0))

    after(play, 1)

    assert said(play, "1mg asks about a payment") == said(play, "1mg asks how the refund stands") == ["404"]
    assert list(RefundRequest.objects.order_by("pk").values_list("judged", "amount")) == [
        ("unknown", Decimal("120.50")),
        ("unknown", Decimal("75.00")),
        ("unreadable", None),
    ]
    assert not Refund.objects.exists()
    assert not Act.objects.exists()
