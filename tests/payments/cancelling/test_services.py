"""Cancelling at 1mg over real sockets: rows M20 to M22."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import services as payments
from payments.asking import CannotDo, NotAsRead, NotReady
from payments.cancelling import looking, services
from payments.choices import LIVE, Operation, Partner, SettledBy, State
from payments.models import PartnerCall
from tests.payments.cancelling.acting import cancelled, taken
from tests.payments.conftest import Buy, carried, speak
from tests.payments.faults.acting import T, by_1mg, last_line, long, only_postgresql

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., Any]


def doubt() -> bool:
    """Whether the purchase says that nobody knows what became of something."""
    return OrderGroup.objects.get().doubt_since is not None


def test_an_order_is_cancelled_in_1mgs_words_and_the_call_is_kept(buy: Buy, partners: Partners, asha: Actor) -> None:
    call = cancelled(buy(), asha)

    sent = next(request for request in partners.requests if request.path.endswith("/cancel"))
    assert json.loads(sent.body) == {"order_id": "POM1", "reason": "Ordered twice", "agent_id": "", "merchant": ""}
    assert (call.state, call.answer_code, taken(partners)) == (State.SUCCEEDED, 200, (1, 1))
    assert last_line() == "1mg has accepted the cancellation. The order is cancelled only when 1mg says so of it."


def test_the_story_says_which_order_and_why(buy: Buy, asha: Actor, partners: Partners) -> None:
    group = buy()
    cancelled(group, asha)

    assert "Cancel POM1 at 1mg asked for: “Ordered twice”" in group.acts.values_list("text", flat=True)


@pytest.mark.parametrize(("order_id", "why"), [("POM2", "why"), ("", "why"), ("POM1", "  "), ("POM1", "x" * 201)])
def test_without_an_order_of_its_own_or_a_reason_nothing_is_kept(
    order_id: str, why: str, buy: Buy, asha: Actor
) -> None:
    group = buy()

    with pytest.raises(CannotDo):
        services.cancel(group.pk, order_id, why=why, by=asha)

    assert not PartnerCall.objects.exists()


def test_what_is_not_as_it_was_read_stops_the_press(buy: Buy, post: Post, asha: Actor) -> None:
    group = buy()
    seen = looking.look(group, list(group.orders.all()), "POM1").mark
    speak(post, "M1", 110, T + 10)

    with pytest.raises(NotAsRead, match="Digitising prescription"):
        services.cancel(group.pk, "POM1", why="why", by=asha, seen=seen)

    assert not PartnerCall.objects.exists()


def test_a_purchase_of_which_1mg_has_not_spoken_is_cancelled_by_the_id_that_the_shop_knows(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    call = cancelled(buy(status=None), asha)

    assert (call.state, taken(partners)) == (State.SUCCEEDED, (1, 1))


# --- M20: twice -------------------------------------------------------------------------------------------------------


def test_M20_a_second_press_is_stopped_and_says_who_is_at_it(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    answer = threading.Event()
    partners.misbehave("POM1", "fine", on="cancel", during=lambda: answer.wait(12))
    first = services.cancel(group.pk, "POM1", why="why", by=asha)

    with pytest.raises(NotReady, match="asha is cancelling it"):
        services.cancel(group.pk, "POM1", why="why", by=asha)
    answer.set()

    assert (carried(first).state, taken(partners)) == (State.SUCCEEDED, (1, 1))


def test_M20_one_that_1mg_has_accepted_is_not_asked_twice(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    cancelled(group, asha)

    with pytest.raises(NotReady, match="it is not asked twice"):
        cancelled(group, asha)

    assert taken(partners) == (1, 1)


def test_M20_no_order_is_confirmed_while_it_is_being_cancelled(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    answer = threading.Event()
    partners.misbehave("POM1", "fine", on="cancel", during=lambda: answer.wait(12))
    call = services.cancel(group.pk, "POM1", why="why", by=asha)

    with pytest.raises(NotReady, match="asha is cancelling POM1"):
        payments.confirm(group.pk, by=asha)
    answer.set()

    carried(call)
    with pytest.raises(NotReady, match="1mg has accepted the cancellation"):
        payments.confirm(group.pk, by=asha)
    assert partners.effects("M1")["confirms_received"] == 0


def another(group: OrderGroup) -> None:
    """A second live cancellation, past every service."""
    PartnerCall.objects.create(
        group=group, partner=Partner.ONEMG, operation=Operation.CANCEL, by="somebody", onemg_order_id="POM1"
    )


@pytest.mark.parametrize("state", sorted(LIVE))
def test_M20_the_database_itself_keeps_a_second_live_one_out(
    state: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    cancelled(group, asha)
    PartnerCall.objects.update(state=state)

    with pytest.raises(IntegrityError), transaction.atomic():
        another(group)


def test_M20_control_without_the_constraint_it_lets_it_in(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    cancelled(group, asha)

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX one_live_cancellation")
        another(group)
        live = PartnerCall.objects.filter(onemg_order_id="POM1", state__in=LIVE).count()
        transaction.set_rollback(True)

    assert live == 2


@only_postgresql
def test_M20_of_two_operators_at_once_one_asks_and_the_other_reads_who(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    groups = [buy(f"M{number}") for number in range(8)]
    start = threading.Barrier(4)
    said: list[str] = []

    def press() -> None:
        for group in groups:
            start.wait(20)
            try:
                services.cancel(group.pk, f"PO{group.pk}", why="why", by=asha)
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
    assert {taken(partners, group.pk) for group in groups} == {(1, 1)}
    assert len(said) == 24


# --- M21: refused -----------------------------------------------------------------------------------------------------


def test_M21_what_1mg_packs_meanwhile_it_refuses_and_staff_read_that_it_is_too_late(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    partners.books.change("M1", packed=True)

    call = cancelled(group, asha)

    assert (call.state, call.answer_code, call.findings["refusal"]) == (State.REJECTED, 400, "too_late")
    assert last_line().startswith("Too late: 1mg packs the order already")
    assert taken(partners) == (1, 0)


def test_M21_what_1mg_cannot_read_is_for_an_administrator(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "invalid-request", on="cancel")

    call = cancelled(group, asha)

    assert (call.state, call.findings["refusal"]) == (State.REJECTED, "invalid")
    assert "an administrator must look" in call.said


def test_M21_after_a_refusal_it_may_be_asked_for_again(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "invalid-request", on="cancel", times=1)
    cancelled(group, asha)

    assert cancelled(group, asha).state == State.SUCCEEDED
    assert taken(partners) == (2, 1)


def test_M21_what_is_packed_by_1mgs_own_word_is_not_asked_for(buy: Buy, partners: Partners, asha: Actor) -> None:
    with pytest.raises(NotReady, match="too late"):
        cancelled(buy(status=130), asha)

    assert taken(partners) == (0, 0)


def test_M21_what_1mg_packs_between_press_and_sending_is_not_sent(buy: Buy, partners: Partners, asha: Actor) -> None:
    group = buy()
    partners.misbehave("POM1", "too-many", on="cancel", times=1)
    call = cancelled(group, asha)
    by_1mg(130)
    PartnerCall.objects.update(not_before="2026-01-01T00:00:00Z")

    payments.sweep()

    call.refresh_from_db()
    assert (call.state, taken(partners)) == (State.ABANDONED, (1, 0))
    assert call.said == "Not sent: Packaging: too late, 1mg cancels only until it packs."


# --- M22: unknown -----------------------------------------------------------------------------------------------------

SILENT = ("times-out-after-acting", "times-out-before-acting", "html", "server-error", "reset-before-acting")


def in_doubt(buy: Buy, partners: Partners, by: Actor, kind: str = "html") -> PartnerCall:
    """A cancellation of which nobody knows what became."""
    group = buy()
    partners.misbehave("POM1", kind, on="cancel", **long(kind))
    return cancelled(group, by)


@pytest.mark.parametrize("kind", SILENT)
def test_M22_what_nobody_knows_is_never_sent_again_by_itself(
    kind: str, buy: Buy, partners: Partners, asha: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.cancelling.sending.SECONDS", 1.0)
    call = in_doubt(buy, partners, asha, kind)
    PartnerCall.objects.update(not_before="2026-01-01T00:00:00Z")

    payments.sweep()

    call.refresh_from_db()
    assert (call.state, taken(partners)[0], doubt()) == (State.UNKNOWN, 1, True)
    with pytest.raises(NotReady, match="settle that first"):
        cancelled(OrderGroup.objects.get(), asha)


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (95, State.SUCCEEDED, "The cancellation worked: 1mg says Cancelling."),
        (99, State.SUCCEEDED, "The cancellation worked: 1mg says Cancelled."),
        (130, State.REJECTED, "The cancellation did not work: 1mg says Packaging."),
        (40, State.REJECTED, "The cancellation did not work: 1mg says Delivered."),
    ],
)
def test_M22_1mgs_own_later_status_settles_it(
    status: int, state: State, words: str, buy: Buy, partners: Partners, asha: Actor
) -> None:
    call = in_doubt(buy, partners, asha)

    by_1mg(status)

    call.refresh_from_db()
    assert (call.state, call.settled_by, call.settled_reason) == (state, SettledBy.UPDATE, words)
    assert not doubt()


@pytest.mark.parametrize("status", [110, 120, 160, 20])
def test_M22_a_status_before_packing_settles_nothing(status: int, buy: Buy, partners: Partners, asha: Actor) -> None:
    call = in_doubt(buy, partners, asha)

    by_1mg(status)

    call.refresh_from_db()
    assert (call.state, doubt()) == (State.UNKNOWN, True)


@pytest.mark.parametrize("order", [(130, 95), (95, 130)])
def test_M22_in_whatever_order_the_news_comes_it_settles_the_same(
    order: tuple[int, int], buy: Buy, partners: Partners, asha: Actor
) -> None:
    call = in_doubt(buy, partners, asha)

    for status in order:
        by_1mg(status, T + status)

    call.refresh_from_db()
    assert (call.state, call.settled_by) == (State.SUCCEEDED, SettledBy.UPDATE)


def test_M22_older_news_settles_nothing(buy: Buy, partners: Partners, asha: Actor) -> None:
    call = in_doubt(buy, partners, asha)

    by_1mg(130, T - 100)

    call.refresh_from_db()
    assert call.state == State.UNKNOWN


def test_M22_1mg_that_cancels_before_its_answer_is_lost_settles_it_at_once(
    buy: Buy, partners: Partners, asha: Actor
) -> None:
    group = buy()
    partners.misbehave("POM1", "html", on="cancel", during=lambda: by_1mg(99))

    call = cancelled(group, asha)

    assert (call.state, call.settled_by, doubt()) == (State.SUCCEEDED, SettledBy.UPDATE, False)


@pytest.mark.parametrize(("worked", "state"), [(True, State.SUCCEEDED), (False, State.REJECTED)])
def test_M22_a_person_settles_it(worked: bool, state: State, buy: Buy, partners: Partners, asha: Actor) -> None:
    call = in_doubt(buy, partners, asha)

    payments.settle(call, worked=worked, why="1mg said so on the phone", by=asha)

    call.refresh_from_db()
    assert (call.state, call.settled_by, doubt()) == (state, SettledBy.PERSON, False)


def test_M22_what_a_person_has_said_stands_whatever_1mg_says(buy: Buy, partners: Partners, asha: Actor) -> None:
    call = in_doubt(buy, partners, asha)
    payments.settle(call, worked=False, why="1mg said so on the phone", by=asha)

    by_1mg(99)

    call.refresh_from_db()
    assert (call.state, call.settled_by) == (State.REJECTED, SettledBy.PERSON)
