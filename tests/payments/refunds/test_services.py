"""Refunds that people start, approve, decline and send again; paid at Nimbbl over a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import Act, OrderGroup
from payments import services as calls
from payments.asking import CannotDo
from payments.choices import Asker, Hold, RefundState
from payments.models import PartnerCall, Payment, Refund
from payments.refunds import money, services
from payments.refunds.rules import Room
from payments.registration import services as registration
from tests.payments.refunds.conftest import PAID, carried

pytestmark = pytest.mark.django_db(transaction=True)
Cancelled = Callable[..., OrderGroup]
HUNDRED = Decimal("100.00")
LONG_AGO = "2026-01-01T00:00:00Z"


def waiting(group: OrderGroup, amount: Decimal = HUNDRED, hold: Hold | None = None) -> Refund:
    """A refund that waits for a person, as 1mg's request makes it."""
    return Refund.objects.create(group=group, amount=amount, asker=Asker.ONEMG, asked_by="1mg", hold=hold or "")


def sent(partners: Partners) -> list[dict[str, Any]]:
    """The bodies of the refunds that Nimbbl received."""
    return [json.loads(one.body) for one in partners.requests if one.path == "/api/v3/refund"]


def test_one_that_is_approved_is_paid(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    refund = waiting(cancelled())

    services.approve(refund, by=asha)
    carried(refund)

    assert (refund.state, refund.approved_by, refund.transaction_id) == ("paid", "asha", "o_M1-00003")
    assert partners.effects("M1")["refunds"] == ["100.00"]


def test_M16_what_is_sent_names_payment_amount_and_our_id(
    cancelled: Cancelled, partners: Partners, asha: Actor
) -> None:
    refund = services.start("M1", PAID, by=asha, why="Lost on its way") if cancelled() else None
    assert refund
    carried(refund)

    assert sent(partners) == [
        {"transaction_id": "o_M1-00001", "refund_amount": 652.36, "refund_request_id": refund.refund_request_id}
    ]


def test_the_call_keeps_what_was_sent_and_answered(cancelled: Cancelled, asha: Actor) -> None:
    refund = carried(services.start("M1", HUNDRED, by=asha, why="Broken") if cancelled() else Refund())
    call = PartnerCall.objects.get(refund=refund)

    assert (call.state, call.operation, call.said) == ("succeeded", "refund", "Nimbbl has paid it back.")
    assert json.loads(call.request_body)["refund_amount"] == 100.0
    assert json.loads(call.answer_body)["refund_status"] == "succeeded"


def test_one_that_nimbbl_has_taken_is_not_paid_yet(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    refund = waiting(cancelled(refund_status="pending"))
    services.approve(refund, by=asha)
    assert carried(refund).state == "accepted"

    partners.books.change("M1", refund_status="succeeded")
    services.ask_nimbbl(refund)

    refund.refresh_from_db()
    assert refund.state == "paid"


@pytest.mark.parametrize("why", ["", "  "])
def test_a_person_gives_a_reason(cancelled: Cancelled, asha: Actor, why: str) -> None:
    refund = waiting(cancelled(), hold=Hold.SECOND_CHILD)

    for act in (services.approve, services.decline):
        with pytest.raises(CannotDo, match="reason"):
            act(refund, by=asha, why=why)
    with pytest.raises(CannotDo, match="reason"):
        services.start("M1", HUNDRED, by=asha, why=why)
    assert PartnerCall.objects.count() == 0


def test_one_that_is_declined_is_never_sent(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    refund = services.decline(waiting(cancelled()), by=asha, why="It was delivered")

    with pytest.raises(CannotDo, match="stands otherwise by now: declined"):
        services.approve(refund, by=asha)

    assert (refund.state, refund.reason, partners.effects("M1")["refunds_received"]) == (
        "declined",
        "It was delivered",
        0,
    )


def test_M15_no_more_is_approved_than_is_left(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    group = cancelled()
    first, second = waiting(group, Decimal("600.00")), waiting(group, Decimal("60.00"))
    services.decline(second, by=asha, why="To be asked for later")
    services.approve(first, by=asha)
    carried(first)

    with pytest.raises(CannotDo, match="₹52.36 is left, less than ₹60.00"):
        services.start("M1", Decimal("60.00"), by=asha, why="After all")

    assert partners.effects("M1")["refunds"] == ["600.00"]


def test_M15_what_went_back_meanwhile_is_seen_before_it_is_sent(
    cancelled: Cancelled, partners: Partners, asha: Actor
) -> None:
    refund = waiting(cancelled(), Decimal("600.00"))
    partners.books.change("M1", refunded_amount="100.00")

    services.approve(refund, by=asha)
    carried(refund)

    assert (refund.state, partners.effects("M1")["refunds_received"]) == ("failed", 0)
    assert refund.said == "Not sent: of what was captured ₹552.36 is left, less than ₹600.00."


def test_several_parts_come_to_the_whole(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    cancelled()
    for part in ("300.00", "300.00", "52.36"):
        assert carried(services.start("M1", Decimal(part), by=asha, why="Part by part")).state == "paid"

    assert partners.effects("M1")["refunds"] == ["300.00", "300.00", "52.36"]
    assert money.left("M1").room == Room(Decimal(0), Decimal(0))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"payment_status": "failed"}, "Nimbbl lists no captured payment of it"),
        ({"payment_status": ""}, "Nimbbl lists no captured payment of it"),
    ],
)
def test_what_was_never_captured_cannot_be_paid_back(
    cancelled: Cancelled, partners: Partners, asha: Actor, told: dict[str, Any], words: str
) -> None:
    refund = waiting(cancelled())
    partners.books.change("M1", **told)

    services.approve(refund, by=asha)

    assert (carried(refund).state, refund.said) == ("failed", f"Not sent: {words}.")
    assert partners.effects("M1")["refunds_received"] == 0


def test_without_an_order_at_nimbbl_there_is_nothing_to_pay_back_from(partners: Partners, asha: Actor) -> None:
    said = registration.Registration("M7", "PO7", PaymentMethod.ONLINE, PAID)
    group = registration.register(said, by=Actor("the shop"))[0]
    refund = waiting(group)

    with pytest.raises(CannotDo, match="nothing to pay back from"):
        services.approve(refund, by=asha)


def test_a_purchase_of_another_environment_is_left_alone(cancelled: Cancelled, asha: Actor) -> None:
    refund = waiting(cancelled())
    OrderGroup.objects.update(environment="test")

    with pytest.raises(CannotDo, match="environment"):
        services.approve(refund, by=asha)


def test_while_nimbbl_cannot_be_asked_nothing_is_sent_and_it_is_tried_again(
    cancelled: Cancelled, partners: Partners, asha: Actor
) -> None:
    refund = waiting(cancelled())
    partners.misbehave("o_M1", "server-error", on="enquiry", times=1)
    services.approve(refund, by=asha)
    carried(refund)
    call = PartnerCall.objects.get()
    assert (refund.state, call.state, call.attempts, partners.effects("M1")["refunds"]) == (
        "sending",
        "intended",
        1,
        [],
    )

    calls.send_now(call)

    assert (carried(refund).state, partners.effects("M1")["refunds"]) == ("paid", ["100.00"])


# --- a second person --------------------------------------------------------------------------------------------------


def test_M18_above_the_limit_a_second_person_approves(
    cancelled: Cancelled, partners: Partners, settings: Any, asha: Actor, ravi: Actor
) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal("99.99")
    refund = waiting(cancelled())
    services.approve(refund, by=asha)
    assert (carried(refund).state, partners.effects("M1")["refunds_received"]) == ("second", 0)

    services.approve(refund, by=ravi)

    assert (carried(refund).state, refund.approved_by, refund.second_by) == ("paid", "asha", "ravi")


def test_M18_the_second_person_is_another_one(cancelled: Cancelled, settings: Any, asha: Actor) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal("99.99")
    cancelled()
    refund = services.start("M1", HUNDRED, by=asha, why="Broken")

    for again in (asha, Actor("a key")):
        with pytest.raises(CannotDo, match="another person"):
            services.approve(refund, by=again)

    assert (refund.state, PartnerCall.objects.count()) == ("second", 0)


# --- unknown ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(cancelled: Cancelled, partners: Partners, asha: Actor) -> Refund:
    """A refund that Nimbbl has paid and never answered."""
    refund = waiting(cancelled())
    partners.misbehave("o_M1", "reset", on="refund", times=1)
    services.approve(refund, by=asha)
    return carried(refund)


def test_M17_what_was_not_answered_is_unknown_and_not_sent_again_by_itself(
    doubtful: Refund, partners: Partners
) -> None:
    PartnerCall.objects.update(not_before=LONG_AGO)
    calls.sweep()
    carried(doubtful)

    assert (doubtful.state, partners.effects("M1")["refunds_received"]) == ("unknown", 1)
    assert OrderGroup.objects.get().doubt_since is not None


def test_M17_its_money_stays_spoken_for(doubtful: Refund, asha: Actor) -> None:
    Payment.objects.update(taken_back_amount=0)

    with pytest.raises(CannotDo, match="₹552.36 is left"):
        services.start("M1", Decimal("600.00"), by=asha, why="Another")


def test_M17_sent_again_by_a_person_it_has_the_same_id_and_is_paid_once(
    doubtful: Refund, partners: Partners, asha: Actor
) -> None:
    services.send_again(doubtful, by=asha, why="Nimbbl's page does not show it")
    carried(doubtful)

    assert [one["refund_request_id"] for one in sent(partners)] == [doubtful.refund_request_id] * 2
    assert (doubtful.state, partners.effects("M1")["refunds"]) == ("unknown", ["100.00"])
    assert "has this refund already" in doubtful.said


@pytest.mark.parametrize(("worked", "state"), [(True, "accepted"), (False, "failed")])
def test_M17_a_person_says_what_became_of_it(doubtful: Refund, asha: Actor, worked: bool, state: str) -> None:
    call = PartnerCall.objects.get(state="unknown")

    calls.settle(call, worked=worked, why="Seen at Nimbbl", by=asha)

    doubtful.refresh_from_db()
    assert (doubtful.state, OrderGroup.objects.get().doubt_since) == (state, None)


def test_one_that_failed_may_be_sent_again(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    refund = waiting(cancelled())
    partners.misbehave("o_M1", "error", on="refund", times=1)
    services.approve(refund, by=asha)
    assert carried(refund).state == "failed"

    services.send_again(refund, by=asha, why="Nimbbl says to try again")

    assert (carried(refund).state, partners.effects("M1")["refunds"]) == ("paid", ["100.00"])


def test_M17_one_that_nimbbl_took_and_failed_is_in_doubt_after_another_sending(
    cancelled: Cancelled, partners: Partners, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund = waiting(cancelled(refund_status="failed"))
    services.approve(refund, by=asha)
    assert (carried(refund).state, refund.transaction_id != "") == ("failed", True)
    monkeypatch.setattr("payments.refunds.sending.SECONDS", 1.0)
    partners.misbehave("o_M1", "times-out-before-acting", on="refund", seconds=2)

    services.send_again(refund, by=asha, why="Nimbbl says to try again")
    carried(refund)
    services.ask_nimbbl(refund)

    refund.refresh_from_db()
    assert (refund.state, money.left("M1").claimed) == ("unknown", HUNDRED)


def test_M17_one_that_is_paid_by_now_is_not_sent_again(cancelled: Cancelled, partners: Partners, asha: Actor) -> None:
    refund = waiting(cancelled(refund_status="failed"))
    services.approve(refund, by=asha)
    assert carried(refund).state == "failed"
    partners.books.change("M1", refund_status="succeeded")

    services.send_again(refund, by=asha, why="Nimbbl says to try again")

    assert (carried(refund).state, len(sent(partners))) == ("paid", 1)
    assert PartnerCall.objects.latest("pk").said == "Not sent: Nimbbl says by now that it is paid back."


@pytest.mark.parametrize("state", [RefundState.WAITING, RefundState.ACCEPTED, RefundState.PAID, RefundState.SENDING])
def test_no_other_is_sent_again(cancelled: Cancelled, asha: Actor, state: str) -> None:
    refund = waiting(cancelled())
    Refund.objects.update(state=state)

    with pytest.raises(CannotDo, match="stands otherwise"):
        services.send_again(refund, by=asha, why="Once more")


# --- the story --------------------------------------------------------------------------------------------------------


def test_the_story_says_who_asked_who_approved_and_what_came_of_it(
    cancelled: Cancelled, settings: Any, asha: Actor, ravi: Actor
) -> None:
    settings.REFUND_SECOND_PERSON_ABOVE = Decimal("50")
    cancelled()
    refund = services.start("M1", HUNDRED, by=asha, why="Broken")
    services.approve(refund, by=ravi, why="Seen the picture")
    carried(refund)

    told = Act.objects.exclude(act="registered").order_by("pk").values_list("text", flat=True)
    assert [one for one in told if "linked" not in one] == [
        "Refund of ₹100.00 started: “Broken”",
        "Refund of ₹100.00 approved by asha; a second person is to approve it too",
        "Refund of ₹100.00 approved by ravi: “Seen the picture”",
        "Refund at Nimbbl asked for: “Broken”",
        "Nimbbl has paid it back.",
    ]
