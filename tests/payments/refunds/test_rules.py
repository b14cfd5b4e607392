"""What a request of 1mg's is: the whole matrix, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from payments.choices import Hold, Judged, RefundState
from payments.refunds.rules import JUST_NOW, Asked, Purchase, Room, Standing, Verdict, judge, room

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
WHOLE = ("M1", "PO1")
OPEN = [RefundState.WAITING, RefundState.SECOND, RefundState.SENDING, RefundState.UNKNOWN, RefundState.ACCEPTED]
OVER = [RefundState.PAID, RefundState.DECLINED]
HUNDRED = Decimal("100.00")


def asked(order_id: str = "PO1", amount: str = "100.00") -> Asked:
    """A request of 1mg's."""
    return Asked(order_id, Decimal(amount), NOW)


def refund(state: str = RefundState.WAITING, order_id: str = "PO1", number: int = 1, **more: Any) -> Standing:
    """A refund of ₹100 that stands."""
    return Standing(number, order_id, HUNDRED, state, **{"heard_at": NOW - timedelta(minutes=15)} | more)


def purchase(*refunds: Standing, ended: tuple[str, ...] = ("PO1",), left: str | None = "900.00") -> Purchase:
    """A purchase of two orders, PO1 by whose id all of it goes and PO2, with so many rupees left."""
    return Purchase(WHOLE, ended, refunds, None if left is None else Room(Decimal(left), Decimal(left)))


SAME = Verdict(Judged.SAME, 1)
NEW = Verdict(Judged.NEW)
TOO_MUCH = Verdict(Judged.TOO_MUCH)


def held(why: Hold) -> Verdict:
    """A person decides, for that reason."""
    return Verdict(Judged.HELD, hold=why)


def test_the_first_request_is_a_new_refund() -> None:
    assert judge(asked(), purchase()) == NEW


@pytest.mark.parametrize("state", [*OPEN, *OVER, RefundState.FAILED])
@pytest.mark.parametrize("order_id", ["PO1", "M1"])
def test_an_equal_one_is_the_same_refund_however_it_stands(state: str, order_id: str) -> None:
    assert judge(asked(order_id), purchase(refund(state))) == SAME


@pytest.mark.parametrize("left", ["0.00", None])
def test_a_repetition_asks_for_no_money(left: str | None) -> None:
    assert judge(asked(), purchase(refund(RefundState.PAID), left=left)) == SAME


@pytest.mark.parametrize("state", [*OPEN, *OVER, RefundState.FAILED])
def test_a_second_order_that_has_ended_explains_an_equal_one_and_a_person_decides(state: str) -> None:
    assert judge(asked(), purchase(refund(state), ended=("PO1", "PO2"))) == held(Hold.SECOND_CHILD)


def test_two_orders_that_have_ended_explain_two_refunds_and_no_third() -> None:
    stands = purchase(refund(), refund(number=2), ended=("PO1", "PO2"))

    assert judge(asked(), stands) == Verdict(Judged.SAME, 2)


def test_a_second_order_does_not_explain_a_request_that_names_the_first_alone() -> None:
    stands = purchase(refund(order_id="PO2"), ended=("PO2", "PO3"))

    assert judge(asked("PO2"), stands) == SAME


def test_another_order_that_has_ended_explains_its_own_refund() -> None:
    assert judge(asked("PO2"), purchase(refund(), ended=("PO1", "PO2"))) == NEW


@pytest.mark.parametrize("order_id", ["PO2", "PO1"])
def test_an_equal_amount_for_another_part_that_nothing_explains_is_for_a_person(order_id: str) -> None:
    other = refund(order_id="PO3" if order_id == "PO1" else "PO1")

    assert judge(asked(order_id), purchase(other, ended=("PO1",))) == held(Hold.OTHER_PART)


@pytest.mark.parametrize("state", OVER)
def test_an_equal_one_long_after_is_for_a_person(state: str) -> None:
    long_ago = refund(state, heard_at=NOW - JUST_NOW - timedelta(seconds=1))

    assert judge(asked(), purchase(long_ago)) == held(Hold.LONG_AGO)


@pytest.mark.parametrize("state", [*OPEN, RefundState.FAILED])
def test_one_that_is_not_over_is_the_same_however_long_ago(state: str) -> None:
    assert judge(asked(), purchase(refund(state, heard_at=NOW - timedelta(days=90)))) == SAME


def test_of_several_equal_ones_it_is_the_one_that_is_not_over() -> None:
    stands = purchase(refund(RefundState.WAITING, number=1), refund(RefundState.PAID, number=2))

    assert judge(asked(), stands) == SAME


@pytest.mark.parametrize(
    ("amount", "left", "verdict"),
    [
        ("900.00", "900.00", NEW),
        ("900.01", "900.00", TOO_MUCH),
        ("0.01", "0.00", TOO_MUCH),
        ("0.01", "-5.00", TOO_MUCH),
        ("50.00", None, held(Hold.MONEY_UNKNOWN)),
    ],
)
def test_no_more_is_asked_for_than_there_is(amount: str, left: str | None, verdict: Verdict) -> None:
    assert judge(asked(amount=amount), purchase(left=left)) == verdict


def test_one_for_a_person_is_still_no_more_than_there_is() -> None:
    assert judge(asked(), purchase(refund(), ended=("PO1", "PO2"), left="99.99")) == TOO_MUCH


def test_a_purchase_of_another_environment_is_for_a_person() -> None:
    assert judge(asked(), Purchase(WHOLE, ("PO1",), (), Room(HUNDRED, HUNDRED), here=False)) == held(Hold.ELSEWHERE)


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [(90, NEW), (91, held(Hold.MONEY_UNKNOWN)), (100, held(Hold.MONEY_UNKNOWN)), (101, TOO_MUCH)],
)
def test_between_what_is_left_surely_and_at_most_a_person_decides(amount: int, verdict: Verdict) -> None:
    stands = Purchase(WHOLE, ("PO1",), (), Room(Decimal(90), Decimal(100)))

    assert judge(asked(amount=str(amount)), stands) == verdict


def exactly(rupees: int) -> Room:
    """So much, and no doubt about it."""
    return Room(Decimal(rupees), Decimal(rupees))


@pytest.mark.parametrize("state", [*OPEN, RefundState.PAID])
def test_what_a_refund_claims_is_not_there_for_another(state: str) -> None:
    assert room(Decimal(500), Decimal(0), [refund(state)]) == exactly(400)


@pytest.mark.parametrize("state", [RefundState.FAILED, RefundState.DECLINED])
def test_one_that_pays_nothing_claims_nothing(state: str) -> None:
    assert room(Decimal(500), Decimal(0), [refund(state)]) == exactly(500)


def test_one_that_is_in_what_went_back_is_not_counted_twice() -> None:
    counted = refund(RefundState.PAID, counted=True)

    assert room(Decimal(500), HUNDRED, [counted, refund(RefundState.ACCEPTED)]) == exactly(300)


@pytest.mark.parametrize("back", ["30", "100", "250"])
def test_one_that_was_sent_may_be_in_what_went_back_as_far_as_that_goes(back: str) -> None:
    found = room(Decimal(500), Decimal(back), [refund(RefundState.SENDING)])

    assert found == Room(Decimal(400) - Decimal(back), Decimal(400) - max(Decimal(back) - HUNDRED, Decimal(0)))


def test_one_that_waits_for_a_person_is_not_in_there() -> None:
    assert room(Decimal(500), HUNDRED, [refund(RefundState.WAITING)]) == exactly(300)


@pytest.mark.parametrize(("captured", "back"), [(None, Decimal(0)), (Decimal(500), None)])
def test_what_is_not_known_is_not_enough(captured: Decimal | None, back: Decimal | None) -> None:
    assert room(captured, back, []) is None
