"""The sandbox keeps two purchases in every queue: played to its end by a clock that need not be waited for."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from onemg_portal.sandbox import staff
from onemg_portal.sandbox.day import troubles
from onemg_portal.sandbox.day.colleague import Colleague
from onemg_portal.sandbox.day.player import Due, Errand
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.refill import EVERY, Refill
from onemg_portal.sandbox.stage import Stage
from orders.actors import Actor
from orders.choices import PaymentMethod
from orders.models import OrderGroup
from payments import outbox
from payments.models import PartnerCall
from payments.registration import services as registration
from tests.onemg_portal.sandbox.queues import lengths
from tests.payments.conftest import key_pair as key_pair  # noqa: PLC0414 - a fixture
from tests.payments.conftest import partners as portal_knows  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)
TWO = dict.fromkeys((*troubles.TROUBLES, "to_confirm"), 2)


class Shop:
    """The merchant's shop, registering without the API between."""

    def __init__(self) -> None:
        self.purchases: dict[str, dict[str, str]] = {}

    def register(self, purchase: str) -> None:
        """Register a purchase, once."""
        if said := self.purchases.pop(purchase, None):
            told = registration.Registration(
                said["merchant_order_id"],
                said["onemg_order_id"],
                PaymentMethod.ONLINE,
                said["payable_amount"],
                said["nimbbl_order_id"],
            )
            registration.register(told, by=Actor("the shop"))


class Play:
    """A play whose clock stands still while something is done. It began two hours ago."""

    def __init__(self, post: Callable[..., Any]) -> None:
        self.began, self.seconds, self.post, self.shop = int(time.time()) - 7200, 0.0, post, Shop()
        self.lines: list[str] = []
        self._dues: list[tuple[float, int, Due]] = []
        self._numbers = itertools.count()

    def add(self, dues: Iterable[Due]) -> None:
        """As `Player.add`."""
        for due in dues:
            heapq.heappush(self._dues, (self.seconds + due.due, next(self._numbers), due))

    def now(self) -> float:
        """The play's time, epoch seconds."""
        return self.began + self.seconds

    def until(self, seconds: float) -> Play:
        """Do all that is due until then, and let every call end."""
        while self._dues and self._dues[0][0] <= seconds:
            self.seconds, _number, due = heapq.heappop(self._dues)
            if isinstance(due, Errand):
                assert due.act(), self.lines
            else:
                self.shop.register(due.purchase)
                assert self.post(due.body).status_code == 200
        assert outbox.drain(60)
        self.seconds = seconds
        return self

    def queues(self) -> dict[str, int]:
        """How many purchases stand in each queue."""
        return lengths(datetime.fromtimestamp(self.now(), UTC))


@pytest.fixture
def play(post: Callable[..., Any], portal_knows: Partners, settings: Any, key_pair: Any) -> Iterator[Play]:  # noqa: F811
    """The opening has been told."""
    playing = Play(post)
    stage = Stage(playing, speed=60)  # type: ignore[arg-type]
    with Partners(Agreed(public_key=key_pair[1]), on_confirm=stage.follow) as partners:
        settings.ONEMG_BASE_URL = settings.NIMBBL_BASE_URL = partners.base_url
        settings.PARTNER_HOSTS = frozenset({f"127.0.0.1:{partners.port}"})
        colleague = Colleague(Actor.of(staff.colleague()), playing.lines.append)
        Refill(
            playing.add,
            stage,
            partners,
            playing.shop,  # type: ignore[arg-type]
            colleague,
            number=1,
            run=playing.began,
            speed=60,
            dice=random.Random(3),
            now=playing.now,
        ).begin()
        yield playing.until(20)
        outbox.drain(60)


def test_two_purchases_stand_in_every_queue_from_the_beginning(play: Play) -> None:
    found = play.queues()

    assert {cause: min(many, 2) for cause, many in found.items()} == TWO


def test_two_stand_in_every_queue_for_as_long_as_it_runs_and_not_ever_more(play: Play) -> None:
    short, most = {}, 0
    for minute in range(2, 40, 2):
        found = play.until(60 * minute).queues()
        short |= {(minute, cause): many for cause, many in found.items() if many < 2}
        most = max(most, *found.values())

    assert short == {}
    assert most < 12


def test_a_queue_that_staff_have_emptied_fills_within_two_rounds(play: Play) -> None:
    OrderGroup.objects.all().update(confirmation_state="confirmed")

    found = play.until(2 * EVERY + 60).queues()

    assert found["unknown"] >= 2


def test_nobody_knows_only_what_came_of_calls_that_were_made_and_not_answered(play: Play) -> None:
    calls = PartnerCall.objects.filter(state="unknown")

    assert {(call.by, call.sent_at is None, call.answer_code) for call in calls} == {("meera", False, None)}
    assert {call.group.confirmation_state for call in calls} == {"unknown"}
