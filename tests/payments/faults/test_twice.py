"""Nothing is asked twice, and nothing that must not be: rows O24 to O28."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, connection, connections, transaction

from onemg_portal.sandbox.partners.server import Partners
from orders import purchases as orders
from orders.actors import Actor
from orders.models import GroupedOrder, OrderGroup
from payments import services
from payments.asking import NotReady
from payments.choices import LIVE, Operation, Partner, SettledBy, State
from payments.models import PartnerCall
from tests.payments.conftest import Buy, between, carried
from tests.payments.faults.acting import (
    by_1mg,
    long,
    only_postgresql,
    pressed,
    read,
    stands,
    taken,
)

pytestmark = pytest.mark.django_db(transaction=True)


# --- O24, O25: twice --------------------------------------------------------------------------------------------------


def test_O24_a_second_press_while_the_first_is_on_its_way_says_who_is_at_it(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    answer = threading.Event()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: answer.wait(12))
    first = services.confirm(group.pk, by=asha)

    with pytest.raises(NotReady, match="asha is confirming it"):
        services.confirm(group.pk, by=asha)
    answer.set()

    assert (carried(first).state, taken(partners)) == (State.SUCCEEDED, (1, 1))


def test_O24_any_number_of_threads_may_carry_a_call_and_one_does(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "slow", on="confirm", seconds=0.5)
    call = services.confirm(group.pk, by=asha)
    services.send_now(call)
    services.sweep()

    assert (carried(call).state, taken(partners)) == (State.SUCCEEDED, (1, 1))


def another(group: OrderGroup, call: PartnerCall) -> None:
    """A second live confirmation, past every service."""
    PartnerCall.objects.create(group=group, partner=Partner.ONEMG, operation=Operation.CONFIRM, by="somebody")


@pytest.mark.parametrize("state", sorted(LIVE))
def test_O24_the_database_itself_keeps_a_second_live_confirmation_out(
    state: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    call = pressed(group, asha)
    PartnerCall.objects.update(state=state)

    with pytest.raises(IntegrityError), transaction.atomic():
        another(group, call)


def test_O24_control_without_the_constraint_it_lets_it_in(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    call = pressed(group, asha)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_live_confirmation")
        another(group, call)
        live = PartnerCall.objects.filter(group=group, state__in=LIVE).count()
        transaction.set_rollback(True)

    assert live == 2


@only_postgresql
def test_O25_of_two_operators_at_once_one_asks_and_the_other_reads_who(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    names = [f"M{number}" for number in range(10)]
    groups = [buy(name) for name in names]
    start = threading.Barrier(4)
    said: list[str] = []

    def press() -> None:
        for group in groups:
            start.wait(20)
            try:
                services.confirm(group.pk, by=asha)
            except NotReady as stopped:
                said.append(str(stopped))
        connections.close_all()

    people = [threading.Thread(target=press) for _ in range(4)]
    for one in people:
        one.start()
    for one in people:
        one.join(60)

    for call in PartnerCall.objects.all():
        carried(call)
    assert {taken(partners, name) for name in names} == {(1, 1)}
    assert PartnerCall.objects.filter(state=State.SUCCEEDED).count() == len(names)
    assert len(said) == 30
    assert {"asha" in words for words in said} == {True}


@only_postgresql
def test_O25_control_who_looks_without_a_lock_and_without_the_constraint_asks_twice(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    all_looked = threading.Barrier(4)

    def naive() -> None:
        nobody = not PartnerCall.objects.filter(group=group, state__in=LIVE).exists()
        all_looked.wait(20)
        if nobody:
            another(group, PartnerCall())
        connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'one_live_confirmation'")
        [[index]] = cursor.fetchall()
        cursor.execute("DROP INDEX one_live_confirmation")
        try:
            people = [threading.Thread(target=naive) for _ in range(4)]
            for one in people:
                one.start()
            for one in people:
                one.join(20)
            asked = PartnerCall.objects.count()
        finally:
            PartnerCall.objects.all().delete()
            cursor.execute(index)

    assert asked == 4


# --- O26, O27: what must not be sent ----------------------------------------------------------------------------------


def test_O26_cash_on_delivery_is_never_sent(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy(method="COD")
    OrderGroup.objects.update(payment_method="COD")

    with pytest.raises(NotReady, match="Cash on delivery: 1mg wants no confirmation for that"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests)) == (0, 0)


def test_O26_nor_where_1mg_and_the_shop_disagree(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy(method="COD")
    OrderGroup.objects.update(payment_method="ONLINE")

    with pytest.raises(NotReady, match="one says cash on delivery"):
        services.confirm(group.pk, by=asha, overridden=["method"], why="It was paid.")

    assert len(partners.requests) == 0


REFUSED = {
    95: "cancel",
    99: "cancel",
    40: "nothing left to confirm",
    140: "nothing left to confirm",
    142: "nothing left to confirm",
    130: "gone on without a confirmation",
    30: "gone on without a confirmation",
    777: "nobody here can judge",
}


@pytest.mark.parametrize("status", REFUSED)
def test_O27_a_status_that_speaks_against_it_stops_the_press(
    status: int, buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy(status=status)

    with pytest.raises(NotReady, match=REFUSED[status]):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), len(partners.requests), stands(group)) == (0, 0, "none")


@pytest.mark.parametrize("status", REFUSED)
def test_O27_it_is_looked_at_again_under_lock_just_before_sending(
    status: int, buy: Buy, partners: Partners, asha: Actor
) -> None:
    group, told = buy(), list[str]()
    between(partners, lambda: told.append(by_1mg(status)))

    call = pressed(group, asha)

    assert told[0] in ("SUCCESS", "PENDING")  # PENDING: a status that nobody knows is kept for review
    assert (call.state, call.attempts, stands(group)) == (State.ABANDONED, 0, "none")
    assert call.said.startswith("Not sent: ")
    assert REFUSED[status] in call.said
    assert taken(partners) == (0, 0)


def test_O27_control_with_nothing_against_it_in_between_it_is_sent(buy: Buy, partners: Partners, asha: Actor) -> None:
    group, told = buy(), list[str]()
    between(partners, lambda: told.append(by_1mg(160)))

    assert (pressed(group, asha).state, told[0], taken(partners)) == (State.SUCCEEDED, "SUCCESS", (1, 1))


def test_O27_an_order_marked_for_a_look_is_not_sent_without_an_override(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    GroupedOrder.objects.update(review_flags=["late_cancellation"])

    with pytest.raises(NotReady, match="Marked for a look"):
        services.confirm(group.pk, by=asha)
    with pytest.raises(NotReady, match="Marked for a look"):
        services.confirm(group.pk, by=asha, seen=read(group), overridden=["looked_at"], why=" ")
    call = pressed(group, asha, seen=read(group), overridden=["looked_at"], why="I have looked.")

    assert (call.state, call.overridden, call.why) == (State.SUCCEEDED, ["looked_at"], "I have looked.")


def test_O27_an_override_of_one_thing_does_not_cover_another(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    GroupedOrder.objects.update(review_flags=["late_cancellation"])
    seen = read(group)
    between(partners, lambda: by_1mg(99), of_a_page=True)

    call = pressed(group, asha, seen=seen, overridden=["looked_at"], why="I have looked.")

    assert (call.state, taken(partners)) == (State.ABANDONED, (0, 0))


@pytest.mark.parametrize("paid", ["pending", "failed"])
def test_O27_a_payment_that_is_not_there_stops_the_press(paid: str, buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy(payment_status=paid)

    with pytest.raises(NotReady, match=f"Nimbbl says that the payment is {paid}"):
        services.confirm(group.pk, by=asha)

    assert (PartnerCall.objects.count(), taken(partners), stands(group)) == (0, (0, 0), "none")
    by_transfer = pressed(group, asha, seen=read(group), overridden=["paid"], why="Paid by bank transfer.")
    assert by_transfer.state == State.SUCCEEDED


@pytest.mark.parametrize("kind", ["unavailable", "html", "error", "times-out-before-acting", "reset", "forbidden"])
def test_O27_whatever_is_wrong_with_the_enquiry_it_lets_through(
    kind: str, buy: Buy, partners: Partners, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.enquiry.SECONDS", 1.0)
    group = buy()
    partners.misbehave("o_M1", kind, on="enquiry", **long(kind))

    call = pressed(group, asha)

    tick = next(tick for tick in call.ticks if tick["code"] == "paid")
    assert (call.state, tick["verdict"]) == (State.SUCCEEDED, "unknown")


# --- O28: cancelled meanwhile -----------------------------------------------------------------------------------------


def flags() -> list[str]:
    """What the purchase's order is marked with."""
    return list(GroupedOrder.objects.get(pk="POM1").review_flags)


def test_O28_a_cancellation_during_the_call_is_taken_at_once_and_both_are_told(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group, told = buy(), list[str]()
    partners.misbehave("POM1", "fine", on="confirm", during=lambda: told.append(by_1mg(99)))

    call = pressed(group, asha)

    assert told == ["SUCCESS"]
    assert (call.state, stands(group), flags()) == (State.SUCCEEDED, "confirmed", ["cancelled_meanwhile"])
    assert taken(partners) == (1, 1)


def test_O28_with_no_answer_the_cancellation_settles_it(buy: Buy, partners: Partners, asha: Actor) -> None:
    group, told = buy(), list[str]()
    partners.misbehave(
        "POM1", "times-out-after-acting", on="confirm", during=lambda: told.append(by_1mg(99)), seconds=4
    )

    call = pressed(group, asha)

    assert told[0] == "SUCCESS"
    assert (call.state, call.settled_by, stands(group)) == (State.ABANDONED, SettledBy.UPDATE, "rejected")
    assert flags() == ["cancelled_meanwhile"]


def test_O28_a_refusal_of_a_cancelled_order_is_no_conflict(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "cancelled-before-confirmation", on="confirm", during=lambda: by_1mg(99))

    assert (pressed(group, asha).state, stands(group), flags()) == (State.REJECTED, "rejected", [])


@only_postgresql
def test_O28_control_with_the_purchase_locked_meanwhile_the_update_waits(buy: Buy, asha: Actor) -> None:
    group = buy()
    held, release = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            orders.locked(group.pk)
            held.set()
            release.wait(10)
        connections.close_all()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    threading.Timer(1.2, release.set).start()

    word = by_1mg(99)
    waited = release.is_set()

    holder.join(10)
    assert (word, waited) in [("SUCCESS", True), ("PENDING", True), ("PENDING", False)]
