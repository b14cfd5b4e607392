"""Which banner a purchase shows beside what it needs, and with which buttons: the whole table."""

from __future__ import annotations

from typing import Any

import pytest

from orders.choices import Confirmation
from payments.banners import Banner, Button, Press, Standing, Weight, banner, buttons, of_rival, press, tone_of_update
from payments.choices import State, Verdict
from payments.preflight.facts import Rival
from payments.preflight.ticks import Tick

OURS = Rival("M2", ("PO1",), kept="M1", by="asha")
THEIRS = Rival("M2", ("PO1",), kept="M2", by="asha")
NOBODYS = Rival("M2", ("PO1",))


def standing(confirmation: str = "none", waits: bool = True, **more: Any) -> Standing:
    given: dict[str, Any] = {
        "merchant_order_id": "M1",
        "confirmation": confirmation,
        "waits": waits,
        "may_confirm": True,
    }
    return Standing(**(given | more))


#: confirmation, waits, has_call, fresh -> the banner
TABLE = [
    ("none", False, False, False, Banner.NONE),
    ("none", True, False, False, Banner.NONE),
    ("none", True, True, True, Banner.NONE),
    ("not_needed", False, False, True, Banner.NONE),
    ("in_flight", False, True, False, Banner.IN_FLIGHT),
    ("in_flight", False, False, False, Banner.NONE),
    ("unknown", False, True, False, Banner.NONE),
    ("unknown", False, False, True, Banner.NONE),
    ("rejected", True, True, False, Banner.REJECTED),
    ("rejected", False, True, True, Banner.REJECTED),
    ("rejected", False, True, False, Banner.NONE),
    ("rejected", True, False, False, Banner.NONE),
    ("confirmed", False, True, True, Banner.CONFIRMED),
    ("confirmed", False, False, True, Banner.CONFIRMED),
    ("confirmed", False, True, False, Banner.NONE),
]


@pytest.mark.parametrize(("state", "waits", "has_call", "fresh", "shown"), TABLE)
def test_the_banner_follows_the_confirmation(
    state: str, waits: bool, has_call: bool, fresh: bool, shown: Banner
) -> None:
    assert banner(standing(state, waits, has_call=has_call, fresh=fresh)) == shown


def test_an_order_of_another_purchases_is_not_to_be_confirmed_here() -> None:
    there = standing("rejected", has_call=True, rivals=(THEIRS,))

    assert (banner(there), buttons(there)) == (Banner.NONE, {})


@pytest.mark.parametrize(
    ("waits", "shown"),
    [(False, {Button.CALL: Weight.PLAIN}), (True, {Button.CALL: Weight.PLAIN, Button.CONFIRM: Weight.QUIET})],
)
def test_after_a_refusal_confirming_again_is_never_the_first_thing(waits: bool, shown: dict[Button, Weight]) -> None:
    assert buttons(standing("rejected", waits, has_call=True, fresh=True)) == shown


@pytest.mark.parametrize(
    ("state", "shown"), [("in_flight", {Button.CALL: Weight.PLAIN}), ("unknown", {}), ("confirmed", {})]
)
def test_a_call_leads_to_its_page(state: str, shown: dict[Button, Weight]) -> None:
    assert buttons(standing(state, waits=False, has_call=True, fresh=True)) == shown


@pytest.mark.parametrize("state", Confirmation.values)
def test_who_may_not_confirm_sees_no_way_to_it(state: str) -> None:
    shown = buttons(standing(state, has_call=True, fresh=True, may_confirm=False))

    assert Button.CONFIRM not in shown


@pytest.mark.parametrize(
    ("rival", "button"),
    [(NOBODYS, Button.SAY_WHICH), (OURS, Button.SAY_OTHERWISE), (THEIRS, Button.SAY_OTHERWISE)],
)
def test_a_rival_asks_whose_the_order_is(rival: Rival, button: Button) -> None:
    assert of_rival(rival) == button


@pytest.mark.parametrize(
    ("state", "doubtful", "tone"),
    [
        (State.INTENDED, False, "moving"),
        (State.SENDING, False, "moving"),
        (State.SUCCEEDED, False, "good"),
        (State.SUCCEEDED, True, ""),
        (State.REJECTED, False, "bad"),
        (State.UNKNOWN, False, ""),
        (State.ABANDONED, False, ""),
    ],
)
def test_an_update_is_good_only_where_nimbbl_has_shown_it(state: State, doubtful: bool, tone: str) -> None:
    assert tone_of_update(state, doubtful=doubtful) == tone


def fails(*, overridable: bool) -> Tick:
    return Tick("paid", Verdict.FAIL, "Not paid.", overridable)


@pytest.mark.parametrize(
    ("blocked", "may_override", "shown"),
    [
        ([], False, Press.OPEN),
        ([fails(overridable=True)], True, Press.IN_SPITE),
        ([fails(overridable=True)], False, Press.ASK),
        ([fails(overridable=True), fails(overridable=False)], True, Press.SHUT),
    ],
)
def test_whether_it_may_be_pressed(blocked: list[Tick], may_override: bool, shown: Press) -> None:
    assert press(blocked, may_override=may_override) == shown
