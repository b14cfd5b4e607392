"""The purchases of the sandbox that wait: how they are registered, and what follows when 1mg takes a confirmation."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import requests

from onemg_portal.sandbox.day.shop import Shop
from onemg_portal.sandbox.day.stories import Clock
from onemg_portal.sandbox.day.waiting import SCENES, Scene, Waiting, waiting
from onemg_portal.sandbox.partners import nimbbl
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.server import Partners
from onemg_portal.sandbox.stage import Stage
from tests.onemg_portal.sandbox.test_player import player, portal_that_answers

NOW = 1_790_000_000
SPEED = 60_000


def told(purchases: int = 16, seed: int = 1) -> list[Waiting]:
    """The purchases of a day."""
    return waiting(seed, purchases=purchases, first=101, run=NOW, clock=Clock(NOW, 60))


def statuses(documents: list[dict[str, Any]]) -> list[int]:
    """The code of each update about a purchase of one order."""
    return [said["result"]["grouped_orders"][0]["order_status"]["status_id"] for said in documents]


def one(hint: str) -> Waiting:
    """The purchase of this scene."""
    return next(found for found in told() if found.scene.hint == hint)


# --- the purchases ----------------------------------------------------------------------------------------------------


def test_the_same_seed_tells_the_same_purchases() -> None:
    assert told(seed=7) == told(seed=7)


def test_each_scene_is_played_once_before_any_comes_again() -> None:
    assert [found.scene for found in told()[: len(SCENES)]] == list(SCENES)


def test_fourteen_wait_when_the_day_begins_and_the_others_come_one_by_one() -> None:
    minutes = [found.story.steps[0].minute for found in told()]

    assert all(minute < 0 for minute in minutes[:14])
    assert minutes[14:] == [40, 80]


def test_1mg_says_once_that_it_waits_and_nothing_more() -> None:
    said = [statuses([step.document for step in found.story.steps]) for found in told(40)]

    assert {tuple(codes) for codes in said} == {(15,), (17,), (100,)}


def test_its_id_says_how_a_confirmation_will_go() -> None:
    names = [found.order.merchant_order_id for found in told()]

    assert re.fullmatch(r"SBX-\w+-102-NOT-FOUND", names[1])
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name) for name in names)


def test_every_id_is_its_own() -> None:
    ids = [name for found in told(300) for name in found.order.ids]

    assert len(set(ids)) == 900


def test_what_is_payable_is_what_1mg_says_to_the_paisa() -> None:
    for found in told():
        summary = found.story.steps[0].document["result"]["grouped_orders"][0]["payment_summary"]

        assert abs(Decimal(found.order.payable_amount) - Decimal(repr(summary["order_mrp"]))) <= Decimal("0.005")
        assert re.fullmatch(r"\d+\.\d\d", found.order.payable_amount)


def test_who_paid_less_paid_a_hundred_rupees_less() -> None:
    order = one("PAID-LESS").order

    assert Decimal(order.payable_amount) - Decimal(order.paid_amount) == 100


def test_nimbbl_knows_the_address_that_1mg_knows() -> None:
    found = one("ADDRESS-NOT-APPLIED")

    told_by_1mg = found.story.steps[0].document["result"]["delivery_address"]
    assert found.order.shipping_address is not None
    assert set(found.order.shipping_address) == set(nimbbl.ADDRESS_KEYS)
    assert found.order.shipping_address["city"] == told_by_1mg["city"]
    assert found.order.shipping_address["address_1"] == told_by_1mg["street1"]


def test_every_scene_plays_a_kind_that_there_is() -> None:
    assert {scene.kind for scene in SCENES} <= set(KINDS)
    assert len({scene.hint for scene in SCENES}) == len(SCENES)


def test_what_follows_is_told_from_the_confirmation_on() -> None:
    found = one("CONFIRM-ME")

    steps = found.follow(Clock(NOW + 500, 60))

    stamps = [step.document["result"]["grouped_orders"][0]["updated"] for step in steps]
    assert statuses([step.document for step in steps]) == [160, 120, 130, 25, 30, 40]
    assert stamps == sorted(set(stamps))
    assert stamps[0] >= NOW + 500
    assert steps[0].document["result"]["grouped_orders"][0]["payment_summary"]["online_collected"] > 0


# --- what a confirmation sets off -------------------------------------------------------------------------------------


class Play:
    """A stage with one purchase: `got` are the bodies that the portal was posted."""

    def __init__(self, scene: Scene, url: str, got: list[Any], partners: Partners, stage: Stage) -> None:
        self.url, self._got, self.partners = url, got, partners
        (found,) = waiting(1, purchases=1, first=1, run=NOW, clock=Clock(NOW, SPEED))
        self.one = replace(found, scene=scene, minutes=tuple(float(n) for n, _ in enumerate(scene.follows)))
        stage.set([self.one])

    def confirm(self, seconds: float = 60) -> int:
        """Confirm it at 1mg; the code, 0 where none came."""
        order = self.one.order
        path = f"/api/v4/merchants/demo-merchant/orders/{order.onemg_order_id}/confirm"
        body = {"merchant_order_id": order.merchant_order_id, "order_id": order.onemg_order_id}
        try:
            with requests.Session() as session:
                session.trust_env = False
                session.headers.update({"X-Access-Key": "k", "Authorization": "Bearer t"})
                return session.put(self.partners.base_url + path, json=body, timeout=seconds).status_code
        except requests.RequestException:
            return 0

    def cancel(self) -> int:
        """Cancel as the portal does; the code of the answer."""
        body = {"order_id": self.one.order.onemg_order_id, "reason": "why", "agent_id": "", "merchant": ""}
        headers = {"X-Access-Key": "k", "Authorization": "Bearer t"}
        url = f"{self.partners.base_url}/api/v4/demo-merchant/order/cancel"
        return requests.post(url, json=body, headers=headers, timeout=10).status_code

    def posted(self, count: int, seconds: float = 60) -> list[int]:
        """Wait until so many updates were posted; their codes."""
        end = time.monotonic() + seconds
        while len(self._got) < count and time.monotonic() < end:
            time.sleep(0.02)
        return statuses([json.loads(body) for _, _, body in self._got])


@contextmanager
def playing(scene: Scene) -> Iterator[Play]:
    """Both partners and the player, playing."""
    with portal_that_answers(200) as (url, got):
        chosen = player(url, stay=True, minutes=10 / 60)
        with Partners(Agreed(bearer_token="t")) as partners:
            play = Play(scene, url, got, partners, Stage(chosen, SPEED, partners))
            thread = threading.Thread(target=chosen.play, args=([],), daemon=True)
            thread.start()
            yield play


USUAL = [160, 120, 130, 25, 30, 40]


def test_after_a_confirmation_1mg_tells_what_happens() -> None:
    with playing(SCENES[0]) as play:
        code = play.confirm()

        assert (code, play.posted(6)) == (200, USUAL)


def test_a_second_confirmation_is_followed_by_nothing() -> None:
    with playing(SCENES[0]) as play:
        play.confirm()
        play.posted(6)
        play.confirm()
        time.sleep(0.3)

        assert play.posted(6) == USUAL


def test_control_without_a_confirmation_1mg_tells_nothing() -> None:
    with playing(SCENES[0]) as play:
        time.sleep(0.5)

        assert play.posted(1, 0) == []


def test_a_refused_confirmation_is_followed_by_nothing() -> None:
    with playing(one("NOT-FOUND").scene) as play:
        code = play.confirm()
        time.sleep(0.3)

        assert (code, play.posted(1, 0)) == (500, [])


def test_a_refusal_because_it_was_cancelled_is_followed_by_the_cancellation_once() -> None:
    with playing(one("CANCELLED-MEANWHILE").scene) as play:
        codes = [play.confirm(), play.confirm()]
        time.sleep(0.3)

        assert (codes, play.posted(2)) == ([500, 500], [95, 99])


def test_a_confirmation_that_took_effect_in_silence_is_told_of_later() -> None:
    scene = Scene("X", "times-out-after-acting", times=1, options={"seconds": 5}, silence=2.0)
    with playing(scene) as play:
        began = time.monotonic()
        code = play.confirm(seconds=0.3)
        early = play.posted(0)
        found = play.posted(6)

        assert (code, early, found) == (0, [], USUAL)
        assert time.monotonic() - began > 2


def test_a_confirmation_that_was_lost_can_be_sent_again() -> None:
    scene = Scene("X", "times-out-before-acting", times=1, options={"seconds": 5})
    with playing(scene) as play:
        codes = [play.confirm(seconds=0.3), play.confirm()]

        assert (codes, play.posted(6)) == ([0, 200], USUAL)
        assert play.partners.effects(play.one.order.onemg_order_id)["confirms_taken"] == 1


def test_after_a_cancellation_1mg_tells_of_that_and_of_nothing_else() -> None:
    with playing(SCENES[0]) as play:
        codes = [play.cancel(), play.cancel(), play.confirm()]
        found = play.posted(2)
        time.sleep(0.3)

        assert (codes, found, play.posted(2)) == ([200, 400, 500], [95, 99], [95, 99])


# --- the shop ---------------------------------------------------------------------------------------------------------


def shop(url: str, lines: list[str], key: str = "a-key") -> Shop:
    """A shop with two purchases."""
    first, second = told(2)
    return Shop(url, key, lines.append, {"A": first.registration(), "B": second.registration()})


def test_the_shop_registers_a_purchase_once() -> None:
    lines: list[str] = []

    with portal_that_answers(201) as (url, got):
        chosen = shop(url, lines)
        for purchase in ("A", "A", "another"):
            chosen.register(purchase)

    ((_, headers, body),) = got
    said = json.loads(body)
    assert headers["Authorization"] == "Token a-key"
    assert set(said) == {
        "merchant_order_id",
        "onemg_order_id",
        "nimbbl_order_id",
        "payment_method",
        "payable_amount",
    }
    assert (said["payment_method"], lines) == ("ONLINE", [])


@pytest.mark.parametrize("code", [401, 403, 404, 405])
def test_a_shop_that_may_not_register_says_so_once(code: int) -> None:
    lines: list[str] = []

    with portal_that_answers(code) as (url, got):
        chosen = shop(url, lines)
        chosen.register("A")
        chosen.register("B")

    assert len(got) == 1
    assert lines == [f"The portal answers {code} to a registration: purchases are not registered."]


@pytest.mark.parametrize("code", [400, 409, 503])
def test_a_shop_says_which_purchase_could_not_be_registered(code: int) -> None:
    lines: list[str] = []

    with portal_that_answers(code) as (url, got):
        chosen = shop(url, lines)
        chosen.register("A")
        chosen.register("B")

    assert len(got) == 2
    assert lines == [f"A could not be registered: {code}.", f"B could not be registered: {code}."]


def test_a_shop_whose_portal_is_away_says_so() -> None:
    lines: list[str] = []
    with portal_that_answers(200) as (url, _got):
        pass

    shop(url, lines).register("A")

    assert lines == ["A could not be registered: ConnectionError."]


def test_a_shop_without_a_key_registers_nothing() -> None:
    with portal_that_answers(201) as (url, got):
        shop(url, [], key="").register("A")

    assert got == []
