"""The ticks before a cancellation, row by row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from orders.statuses import STATUSES
from payments.cancelling import checks
from payments.choices import Verdict
from payments.preflight.facts import Facts, LiveCall, OrderFact, Rival


def ticks(status: int | None = 15, captured: Decimal | None = Decimal("739.48"), **told: Any) -> dict[str, Any]:
    """What the ticks find of PO1, which is in this status."""
    facts = Facts(
        **{
            "merchant_order_id": "M1",
            "payment_method": "ONLINE",
            "orders": (OrderFact("PO1", status),),
            "environment": "sandbox",
            "portal_environment": "sandbox",
            **told,
        }
    )
    return {tick.code: tick for tick in checks.of(facts, "PO1", captured)}


def test_an_order_that_waits_passes_everywhere() -> None:
    assert {tick.verdict for tick in ticks().values()} == {Verdict.PASS}


@pytest.mark.parametrize(
    ("codes", "verdict"),
    [
        ((15, 100, 110), Verdict.PASS),
        ((17, 20, 120, 160, 170, 180), Verdict.WARN),
        ((25, 30, 40, 45, 130, 131, 132, 140, 141, 142, 95, 99), Verdict.FAIL),
        ((173, None), Verdict.UNKNOWN),
    ],
)
def test_M21_what_is_packed_stops_it_and_what_nobody_publishes_is_a_warning(codes: Any, verdict: Verdict) -> None:
    assert {ticks(code)["status"].verdict for code in codes} == {verdict}


def test_every_status_has_a_word() -> None:
    assert all(ticks(code)["status"].words for code in STATUSES)


@pytest.mark.parametrize(
    ("state", "verdict", "words"),
    [
        ("intended", Verdict.FAIL, "asha is cancelling it"),
        ("sending", Verdict.FAIL, "asha is cancelling it"),
        ("unknown", Verdict.FAIL, "settle that first"),
        ("succeeded", Verdict.FAIL, "it is not asked twice"),
    ],
)
def test_M20_a_cancellation_that_stands_is_in_the_way(state: str, verdict: Verdict, words: str) -> None:
    found = ticks(cancelling={"PO1": LiveCall(state, "asha", "28 Nov 12:00")})["free"]

    assert found.verdict is verdict
    assert words in found.words


def test_a_cancellation_of_another_order_is_not_in_the_way() -> None:
    found = ticks(cancelling={"PO2": LiveCall("sending", "asha", "28 Nov 12:00")})["free"]

    assert found.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("state", "verdict"),
    [("sending", Verdict.FAIL), ("unknown", Verdict.WARN), ("succeeded", Verdict.PASS)],
)
def test_a_confirmation_on_its_way_is_in_the_way(state: str, verdict: Verdict) -> None:
    assert ticks(live=LiveCall(state, "asha", "28 Nov 12:00"))["free"].verdict is verdict


@pytest.mark.parametrize(
    ("captured", "told", "verdict", "words"),
    [
        (Decimal("739.48"), {}, Verdict.PASS, "The refund of ₹739.48 should follow, 1mg asks for it"),
        (Decimal(0), {}, Verdict.PASS, "nothing is to be paid back"),
        (None, {}, Verdict.UNKNOWN, "is not known"),
        (None, {"payment_method": "COD"}, Verdict.PASS, "Cash on delivery"),
        (
            Decimal("739.48"),
            {"orders": (OrderFact("PO1", 15), OrderFact("PO2", 15))},
            Verdict.PASS,
            "captured for the whole purchase; the refund of this order's part should follow",
        ),
    ],
)
def test_what_is_captured_is_named(captured: Any, told: dict[str, Any], verdict: Verdict, words: str) -> None:
    found = ticks(captured=captured, **told)["money"]

    assert found.verdict is verdict
    assert words in found.words


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("configured", {"configured": False}),
        ("one_purchase", {"rivals": (Rival("M2", ("PO1",)),)}),
        ("same_world", {"environment": "live"}),
    ],
)
def test_what_stops_a_confirmation_for_good_stops_this_too(code: str, told: dict[str, Any]) -> None:
    assert ticks(**told)[code].verdict is Verdict.FAIL


def test_an_order_of_which_1mg_has_not_spoken_is_not_known() -> None:
    assert ticks(orders=())["status"].verdict is Verdict.UNKNOWN
