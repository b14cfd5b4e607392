"""Asking 1mg: whose turn it is then, what ends it, and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from orders.actors import Actor
from orders.asks import services
from orders.asks.tasks import end_moved_asks
from orders.models import Act, Ask, ClockLimit, Need
from tests.conftest import document, order_update
from tests.orders.asks.conftest import Say, due

pytestmark = pytest.mark.django_db
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 3, 0


@pytest.fixture
def meera() -> Actor:
    return Actor.of(User.objects.create_user("meera"))


@pytest.fixture
def asked(say: Say, meera: Actor) -> Ask:
    """1mg was asked about an order of which it has no stock."""
    say(20)
    [one] = services.ask(["M-PO1"], ["allocation"], by=meera).now
    return one


def test_it_is_1mgs_turn_then_and_the_row_leaves_now(say: Say, asha: Client, meera: Actor) -> None:
    say(20)
    before = due(asha)

    services.ask(["M-PO1"], ["allocation"], by=meera)

    assert (before, due(asha)) == (["M-PO1"], [])


def test_the_story_tells_who_asked_about_what(asked: Ask) -> None:
    act = Act.objects.get()

    assert (act.text, act.actor.get_username()) == ("Asked 1mg: No stock", "meera")


def test_another_status_ends_it(asked: Ask, say: Say, asha: Client) -> None:
    say(20, T0 + 30, eta={"eta_to": T0})
    services.ask(["M-PO1"], ["late"], by=Actor("ravi"))

    say(30, T0 + 60, eta={"eta_to": T0})

    assert due(asha) == ["M-PO1"]
    assert Need.objects.get(clock="late").asked_at is None


def test_control_news_of_something_else_does_not(asked: Ask, say: Say, asha: Client) -> None:
    say(20, T0 + 60, shipment_detail={"delivery_partner_name": "GarudaParcel"})

    assert due(asha) == []


def of_two(one: int, other: int, updated: int) -> dict[str, Any]:
    """A body about two orders of a purchase."""
    body = order_update("PO1", one, updated, eta={"eta_to": T0})
    first = document(body)["grouped_orders"][0]
    first["payment_summary"] |= {"mode": "COD", "online_collected": 0}
    document(body)["grouped_orders"].append(
        {**first, "order_id": "PO2", "order_status": {**first["order_status"], "status_id": other}}
    )
    return body


def test_another_status_of_one_of_several_orders_ends_it(post: Callable[..., Any], meera: Actor) -> None:
    post(of_two(30, 30, T0))
    services.ask(["M-PO1"], ["late"], by=meera)

    post(of_two(30, 45, T0 + 60))

    assert Need.objects.get(clock="late").asked_at is None


def test_control_news_of_several_orders_that_move_nowhere_does_not(post: Callable[..., Any], meera: Actor) -> None:
    post(of_two(30, 30, T0))
    services.ask(["M-PO1"], ["late"], by=meera)

    post(of_two(30, 30, T0 + 60))

    assert Need.objects.get(clock="late").asked_by == "meera"
    assert Need.objects.get(clock="late").asked_at is not None


def test_a_new_promise_ends_the_question_about_the_one_before(say: Say, asha: Client, meera: Actor) -> None:
    say(30, eta={"eta_to": T0})
    services.ask(["M-PO1"], ["late"], by=meera)

    say(30, T0 + 60, eta={"eta_to": T0 + 3600})

    assert due(asha) == ["M-PO1"]  # and that one is broken as well


def test_a_new_cause_shows_itself_and_leaves_the_question(asked: Ask, say: Say, asha: Client) -> None:
    say(20, T0 + 60, eta={"eta_to": T0})

    [line] = asha.get("/").context["lines"]

    assert (line.work.cause.slug, line.more) == ("late", [])


def test_it_comes_back_when_1mg_has_had_its_time(asked: Ask, asha: Client) -> None:
    Need.objects.update(asked_at=timezone.now() - timedelta(hours=24))

    assert due(asha) == ["M-PO1"]


def test_that_time_is_a_limit_like_the_others(asked: Ask, asha: Client) -> None:
    ClockLimit.objects.create(clock="asked", after=timedelta(hours=1), why="1mg's desk says so")
    Need.objects.update(asked_at=timezone.now() - timedelta(minutes=61))

    assert due(asha) == ["M-PO1"]


def test_an_answer_that_is_noted_makes_it_our_turn_again(asked: Ask, asha: Client) -> None:
    services.answer("M-PO1", "It comes tomorrow", by=Actor("ravi"))

    assert due(asha) == ["M-PO1"]
    assert Act.objects.latest("pk").text == "1mg answered: “It comes tomorrow”"
    assert Ask.objects.get().ending == Ask.Ending.ANSWERED


def test_who_notes_it_second_is_told_so(asked: Ask) -> None:
    first = services.answer("M-PO1", "Tomorrow", by=Actor("ravi"))

    assert (first, services.answer("M-PO1", "Tomorrow", by=Actor("asha"))) == (True, False)


def test_what_was_not_asked_after_all_is_ours_again_and_no_answer(asked: Ask, asha: Client) -> None:
    services.withdraw("M-PO1", by=Actor("ravi"))

    assert due(asha) == ["M-PO1"]
    assert Ask.objects.get().ending == Ask.Ending.WITHDRAWN


def test_a_second_press_asks_nothing_and_tells_who_was_first(asked: Ask) -> None:
    again = services.ask(["M-PO1"], ["allocation"], by=Actor("ravi"))

    assert ([need.asked_by for need in again.before], again.now) == (["meera"], [])
    assert Ask.objects.count() == Act.objects.count() == 1


def test_asked_again_when_its_time_is_over_it_is_the_same_question(asked: Ask) -> None:
    long_ago = timezone.now() - timedelta(hours=25)
    Need.objects.update(asked_at=long_ago)
    Ask.objects.update(asked_at=long_ago, last_at=long_ago)

    [again] = services.ask(["M-PO1"], ["allocation"], by=Actor("ravi")).now

    assert (again.pk, again.asked_at, again.by) == (asked.pk, long_ago, "ravi")
    assert Act.objects.latest("pk").text == "Asked 1mg again: No stock"


def test_what_1mg_is_not_asked_about_is_left_out(say: Say, meera: Actor) -> None:
    say(100)

    done = services.ask(["M-PO1", "NOBODY"], ["rx_needed", "late"], by=meera)

    assert (done.now, done.before, Ask.objects.count()) == ([], [], 0)


def test_a_question_that_1mg_has_answered_ends_with_its_word(asked: Ask, say: Say) -> None:
    say(130, T0 + 60)
    open_before = Ask.objects.filter(ended_at=None).count()

    ended = end_moved_asks()

    one = Ask.objects.get()
    assert (open_before, ended, one.ending) == (1, 1, Ask.Ending.MOVED)
    assert asked.asked_at < one.ended_at <= timezone.now()


def test_control_one_that_it_has_not_answered_goes_on(asked: Ask) -> None:
    assert (end_moved_asks(), Ask.objects.get().ended_at) == (0, None)


def test_asked_anew_before_the_worker_has_looked_it_is_another_question(asked: Ask, say: Say, meera: Actor) -> None:
    say(130, T0 + 60)
    say(20, T0 + 120)

    services.ask(["M-PO1"], ["allocation"], by=meera)

    endings = list(Ask.objects.order_by("pk").values_list("ending", flat=True))
    assert endings == [Ask.Ending.MOVED, ""]


def test_what_1mg_was_asked_stays_so_when_needs_are_worked_out_anew(asked: Ask, asha: Client) -> None:
    Need.objects.update(since=timezone.now() - timedelta(days=9))
    said = StringIO()

    call_command("rebuild_orders", stdout=said)

    assert (due(asha), Need.objects.get().since < timezone.now() - timedelta(days=8)) == ([], False)


def test_a_question_is_nothing_that_a_comparison_finds(asked: Ask) -> None:
    said = StringIO()

    call_command("rebuild_orders", "--compare", stdout=said)

    assert "need" not in said.getvalue()
