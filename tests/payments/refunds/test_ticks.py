"""What a person reads before a refund is approved, started or sent again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from payments.choices import Asker, Hold, RefundState, Verdict
from payments.refunds import ticks
from payments.refunds.rules import Room
from payments.refunds.ticks import Facts

ASKED: dict[str, Any] = {
    "amount": Decimal(100),
    "asker": Asker.ONEMG,
    "asked_by": "1mg",
    "asked": 1,
    "hold": "",
    "state": RefundState.WAITING,
    "approved_by": "",
    "is_first": False,
    "second_above": Decimal(5000),
    "linked": True,
    "captured": Decimal(652),
    "back": Decimal(0),
    "claimed": Decimal(0),
    "room": Room(Decimal(652), Decimal(652)),
    "here": True,
}
NEW = {"amount": None, "asker": "", "asked_by": "", "asked": 0, "state": ""}


def found(code: str, **change: Any) -> list[tuple[Verdict, str]]:
    """What the tick of this code says, if it is there."""
    return [(one.verdict, one.words) for one in ticks.of(Facts(**ASKED | change)) if one.code == code]


def test_all_that_is_read_of_a_plain_one() -> None:
    assert [(one.code, one.verdict) for one in ticks.of(Facts(**ASKED))] == [
        ("asked", "pass"),
        ("captured", "pass"),
        ("back", "pass"),
        ("left", "pass"),
    ]


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, Verdict.PASS, "1mg asked for it, once"),
        ({"asked": 3}, Verdict.PASS, "1mg asked for it, 3 times"),
        ({"asker": Asker.PERSON, "asked_by": "asha"}, Verdict.PASS, "asha started it; 1mg has not asked for it"),
        (NEW, Verdict.WARN, "1mg did not ask for this one: should it still do so, money may go back twice"),
    ],
)
def test_who_asked(change: dict[str, Any], verdict: Verdict, words: str) -> None:
    assert found("asked", **change) == [(verdict, words)]


@pytest.mark.parametrize("hold", list(Hold))
def test_why_a_person_decides_is_a_warning(hold: Hold) -> None:
    assert found("hold", hold=hold) == [(Verdict.WARN, hold.label)]


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({}, Verdict.PASS, "₹652.00 left"),
        ({"claimed": Decimal(50)}, Verdict.PASS, "₹652.00 left, ₹50.00 claimed by other refunds"),
        ({"room": Room(Decimal(99), Decimal(99))}, Verdict.FAIL, "₹99.00 left: less than ₹100.00"),
        (
            {"room": Room(Decimal(99), Decimal(100))},
            Verdict.UNKNOWN,
            "₹99.00 to ₹100.00 left: it is sent only where that is enough",
        ),
        (NEW | {"room": Room(Decimal(0), Decimal(0))}, Verdict.FAIL, "₹0.00 left"),
    ],
)
def test_what_is_left(change: dict[str, Any], verdict: Verdict, words: str) -> None:
    assert found("left", **change) == [(verdict, words)]


@pytest.mark.parametrize("unknown", ["captured", "back"])
def test_what_nobody_knows_is_said_and_not_counted_as_nothing(unknown: str) -> None:
    change = {unknown: None, "room": None}

    assert [verdict for verdict, _words in found(unknown, **change)] == [Verdict.UNKNOWN]
    assert found("left", **change) == []


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"amount": Decimal("5000.01")}, Verdict.WARN),
        ({"state": RefundState.SECOND, "approved_by": "asha", "is_first": True}, Verdict.FAIL),
        ({"state": RefundState.SECOND, "approved_by": "asha"}, Verdict.PASS),
        (NEW, Verdict.PASS),
    ],
)
def test_M18_whether_a_second_person_is_needed(change: dict[str, Any], verdict: Verdict) -> None:
    assert [one for one, _words in found("second", **change)] == [verdict]


@pytest.mark.parametrize(("code", "change"), [("captured", {"linked": False}), ("here", {"here": False})])
def test_where_nothing_can_be_paid_it_fails(code: str, change: dict[str, Any]) -> None:
    assert [verdict for verdict, _words in found(code, **change)] == [Verdict.FAIL]
