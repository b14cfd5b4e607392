"""A3, A4, A6, A8: what settles a confirmation nobody knows the outcome of, and how long an answer is kept."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.test import Client

from onemg_portal.sandbox.partners.server import Partners
from orders.actors import Actor
from orders.models import OrderGroup
from payments import services
from payments.models import PartnerCall
from tests.conftest import document, order_update
from tests.payments.conftest import Buy, carried, speak
from tests.payments.test_views import text

pytestmark = pytest.mark.django_db(transaction=True)
AsRole = Callable[[str], Client]
Post = Callable[..., Any]
T = 1_700_000_000
News = tuple[int, int]


def doubtful(group: OrderGroup, partners: Partners, asha: Actor) -> PartnerCall:
    """A confirmation that nothing was heard of."""
    partners.misbehave("POM1", "reset-before-acting", on="confirm", times=1)
    call = carried(services.confirm(group.pk, by=asha))
    assert call.state == "unknown"
    return call


def outcome() -> tuple[str, str]:
    """Where the last confirmation stands, and the purchase."""
    return PartnerCall.objects.all()[0].state, OrderGroup.objects.get(pk="M1").confirmation_state


def tell(post: Post, *news: News) -> None:
    """1mg tells these statuses, each `updated` so many seconds after the beginning."""
    for status, at in news:
        speak(post, "M1", status, T + at)


def test_A3_news_older_than_what_was_known_at_the_press_settles_nothing(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy()
    tell(post, (100, 500))
    doubtful(group, partners, asha)

    tell(post, (130, 300))

    assert outcome() == ("unknown", "unknown")


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        ([(130, 600)], ("succeeded", "confirmed")),
        ([(99, 600)], ("abandoned", "rejected")),
        ([(130, 500)], ("succeeded", "confirmed")),  # the same second, further in its life
        ([(110, 600)], ("unknown", "unknown")),
        ([(99, 400), (130, 450)], ("unknown", "unknown")),
        ([(99, 700), (130, 600)], ("succeeded", "confirmed")),
        ([(130, 600), (99, 700)], ("succeeded", "confirmed")),
    ],
)
def test_A3_later_news_settles_in_whatever_order_it_comes(
    news: list[News], expected: tuple[str, str], buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy()
    tell(post, (100, 500))
    doubtful(group, partners, asha)

    tell(post, *news)

    assert outcome() == expected


@pytest.mark.parametrize("first", [99, 130])
def test_A3_news_while_the_call_is_on_its_way_counts_in_its_own_order(
    first: int, buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy()
    news = [(99, 300), (130, 200)] if first == 99 else [(130, 200), (99, 300)]

    def meanwhile() -> None:
        tell(post, *news)
        connections.close_all()

    partners.misbehave("POM1", "reset-before-acting", on="confirm", times=1, during=meanwhile)
    carried(services.confirm(group.pk, by=asha))

    assert outcome() == ("succeeded", "confirmed")


def test_A3_the_same_news_has_the_same_outcome_before_and_after_the_answer(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    """Random news of an order around a call, in several orders: known before, while it is sent, and after."""
    dice = random.Random(7)
    for number in range(6):
        news = [(dice.choice((100, 110, 160, 99, 95, 130, 120, 25)), dice.randrange(50, 900, 50)) for _ in range(4)]
        found = set()
        for turn, arranged in enumerate(list(itertools.permutations(news))[:: 6 + number]):
            name = f"N{number}x{turn}"
            group = buy(name)
            speak(post, name, 100, T + 400)
            partners.misbehave(f"PO{name}", "reset-before-acting", on="confirm", times=1)
            cut = turn % (len(arranged) + 1)

            def during(name: str = name, early: Any = arranged[:cut]) -> None:
                for status, at in early:
                    speak(post, name, status, T + at)
                connections.close_all()

            partners.misbehave(f"PO{name}", "reset-before-acting", on="confirm", times=1, during=during)
            call = carried(services.confirm(group.pk, by=asha))
            for status, at in arranged[cut:]:
                speak(post, name, status, T + at)
            call.refresh_from_db()
            found.add((call.state, OrderGroup.objects.get(pk=name).confirmation_state))
        assert len(found) == 1, (news, found)


def test_A4_proof_that_came_before_the_resend_counts_for_it(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy()
    first = doubtful(group, partners, asha)

    def meanwhile() -> None:
        speak(post, "M1", 130, T + 100)
        connections.close_all()

    partners.misbehave("POM1", "order-not-found", on="confirm", times=1, during=meanwhile)
    again = carried(services.resend(first, by=asha, why="1mg asks for it"))

    assert (again.state, again.settled_by, outcome()[1]) == ("succeeded", "update", "confirmed")


def test_A4_proof_between_the_press_of_the_resend_and_its_sending(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    group = buy()
    first = doubtful(group, partners, asha)
    times = iter((1, 2))

    def meanwhile() -> None:
        if next(times, 0) == 2:
            speak(post, "M1", 130, T + 100)
            connections.close_all()

    partners.misbehave("o_M1", "fine", on="enquiry", during=meanwhile)
    again = carried(services.resend(first, by=asha, why="1mg asks for it"))

    assert (again.state, outcome()[1]) == ("succeeded", "confirmed")
    assert partners.effects("POM1")["confirms_received"] == 1


def moved(post: Post, status: int, updated: int) -> None:
    """1mg files the order under another purchase."""
    body = order_update("POM1", status, updated)
    document(body)["merchant_order_id"] = "M2"
    assert post(body).status_code == 200


def test_A6_an_order_that_has_moved_is_settled_by_its_news_there(
    buy: Buy, partners: Partners, asha: Actor, post: Post
) -> None:
    doubtful(buy(), partners, asha)

    moved(post, 100, T + 100)
    doubt = OrderGroup.objects.get(pk="M2").confirmation_state
    moved(post, 130, T + 200)

    assert doubt == "unknown"
    assert outcome() == ("succeeded", "confirmed")
    assert OrderGroup.objects.get(pk="M2").confirmation_state == "confirmed"


def test_A6_what_the_tab_counts_is_listed(
    buy: Buy, partners: Partners, asha: Actor, post: Post, as_role: AsRole
) -> None:
    doubtful(buy(), partners, asha)
    OrderGroup.objects.update(registered_at=None)
    moved(post, 100, T + 100)
    browser = as_role("Operations")

    page = browser.get("/orders/?queue=unknown_outcome")

    assert [group.pk for group in page.context["page"].rows] == ["M2", "M1"]
    there = text(browser.get("/orders/M2/"))
    assert "Nobody knows whether 1mg confirmed it" in there
    assert f'href="/calls/{PartnerCall.objects.get().pk}/"' in there


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A database that does not answer for so many of the next transactions."""
    left = {"times": 0}
    ensure = type(connections["default"]).ensure_connection

    def guarded(self: Any) -> None:
        if left["times"] and threading.current_thread().name.startswith("partner-call"):
            left["times"] -= 1
            raise OperationalError("away")
        ensure(self)

    monkeypatch.setattr(type(connections["default"]), "ensure_connection", guarded)
    return left


def test_A8_an_answer_outlives_a_database_that_is_away_for_long(
    buy: Buy, partners: Partners, asha: Actor, away: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = buy()
    waited: list[float] = []
    monkeypatch.setattr("payments.exchange.time.sleep", waited.append)

    def meanwhile() -> None:
        away["times"] = 8

    partners.misbehave("POM1", "fine", on="confirm", during=meanwhile)
    call = carried(services.confirm(group.pk, by=asha))

    assert (call.state, outcome()[1]) == ("succeeded", "confirmed")
    assert sum(waited) > 8
