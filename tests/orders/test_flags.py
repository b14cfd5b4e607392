"""What a person should look at: worked out from all updates of an order, the same in every order of arrival."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orders.choices import Flag
from orders.flags import Look, Place, raised, standing
from orders.fold import Position
from orders.statuses import STATUSES, status_of

NOON = datetime(2024, 1, 10, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HERE = Place("M1", "G1", registered=False)


@dataclass
class Row:
    """An update as `orders.flags` asks for it; received as the `pk`-th one."""

    pk: int
    minute: int
    words: dict[str, Any]
    flags: list[str] = field(default_factory=list)

    @property
    def position(self) -> Position:
        at_ms = int((NOON + self.minute * MINUTE).timestamp() * 1000)
        return Position(at_ms, status_of(self.words.get("status")).rank, self.pk, 0)

    @property
    def received_at(self) -> datetime:
        return NOON + self.pk * MINUTE


def story(*told: int | None | dict[str, Any]) -> list[Row]:
    """Updates a minute apart: a status, or words; each names the purchase M1 unless its words say otherwise."""
    words = [one if isinstance(one, dict) else {"purchase": "M1", "status": one} for one in told]
    return [Row(number, number, said) for number, said in enumerate(words, start=1)]


def found(updates: list[Row], place: Place = HERE) -> set[tuple[str, int | None]]:
    """Each flag, and the number of the update that it stands on."""
    return {(str(one.flag), one.update and one.update.pk) for one in raised(updates, place)}


MATRIX: dict[str, tuple[tuple[Any, ...], set[tuple[str, int | None]]]] = {
    "an ordinary life": ((160, 130, 25, 30, 40), set()),
    "moving back": ((130, 100, 130, 30, 45, 30), set()),
    "a return": ((40, 140, 141, 142), set()),
    "a cancellation": ((130, 95, 99), set()),
    "cancelled, then on its way": ((99, 30), {("left_final", 2), ("late_cancellation", 1)}),
    "cancelling, then accepted": ((95, 160), {("late_cancellation", 1)}),
    "cancelled, then cancelling": ((99, 95), {("left_final", 2)}),
    "cancelled, then returned": ((99, 142), {("left_final", 2), ("late_cancellation", 1)}),
    "returned, then on its way": ((142, 30), {("left_final", 2)}),
    "cancelled twice": ((99, 99), set()),
    "an update without a status between": (
        (99, {"purchase": "M1"}, 30),
        {("left_final", 3), ("late_cancellation", 1)},
    ),
    "a status that cannot be read": ((99, None), {("left_final", 2), ("late_cancellation", 1)}),
    "a status that nobody knows": ((142, 777), {("left_final", 2)}),
    "out of it twice": (
        (99, 30, 99, 40),
        {("left_final", 2), ("late_cancellation", 1), ("left_final", 4), ("late_cancellation", 3)},
    ),
    "another purchase": (({"purchase": "M2"}, {"purchase": "M1"}), {("purchase_moved", 2)}),
    "another purchase, with silence between": (
        ({"purchase": "M2"}, {"status": 30}, {"purchase": "M1"}),
        {("purchase_moved", 3)},
    ),
    "the purchase is named at last": (({"status": 30}, {"purchase": "M1"}), set()),
    "no purchase is named": (({"status": 30}, {"status": 40}), {("purchase_id_missing", None)}),
    "another group of 1mg's": (({"purchase": "M1", "group": "G2"},), {("purchase_shared", None)}),
    "another group before": (({"purchase": "M1", "group": "G2"}, {"group": "G1"}), set()),
    "nothing is said of a group": (({"purchase": "M1"},), set()),
    "nothing at all": ((), set()),
}


@pytest.mark.parametrize("kind", MATRIX)
def test_what_stands_out(kind: str) -> None:
    told, flags = MATRIX[kind]

    assert found(story(*told)) == flags


@pytest.mark.parametrize("kind", MATRIX)
def test_it_is_the_same_in_whatever_order_the_updates_are_given(kind: str) -> None:
    told, flags = MATRIX[kind]

    assert [one for one in itertools.permutations(story(*told)) if found(list(one)) != flags] == []


@pytest.mark.parametrize("final", [99, 142])
def test_E9_leaving_a_final_status_for_any_other_is_marked(final: int) -> None:
    wrong = [then for then in STATUSES if (("left_final", 2) in found(story(final, then))) is (then == final)]

    assert wrong == []


@pytest.mark.parametrize("cancelled", [95, 99])
def test_E10_a_cancellation_that_is_not_the_last_word_is_marked(cancelled: int) -> None:
    marked = {then for then in STATUSES if ("late_cancellation", 1) in found(story(cancelled, then))}

    assert marked == STATUSES.keys() - {95, 99}


def test_a_registered_purchase_needs_no_id_of_the_merchants() -> None:
    assert found(story({"status": 30}), Place("M1", "", registered=True)) == set()


# --- the same instant -------------------------------------------------------------------------------------------------


def tie(**later: Any) -> list[Row]:
    """Two updates of one minute with one status, the later one changed."""
    first = Row(1, 5, {"purchase": "M1", "status": 30})
    return [first, Row(**{"pk": 2, "minute": 5, "words": first.words} | later)]


def test_E4_two_contents_of_one_instant_and_status_are_marked_on_the_later_arrival() -> None:
    assert found(tie()) == {("same_instant_conflict", 2)}


@pytest.mark.parametrize(
    "later",
    [{"minute": 6}, {"words": {"purchase": "M1", "status": 40}}, {"flags": [Flag.CLOCK_UNTRUSTED]}],
    ids=["another instant", "another status", "no clock of its own"],
)
def test_E4_what_can_be_told_apart_is_not(later: dict[str, Any]) -> None:
    assert found(tie(**later)) == set()


def test_a_conflict_of_one_instant_waits_for_nobody() -> None:
    assert standing(raised(tie(), HERE), []) == []


# --- looked at --------------------------------------------------------------------------------------------------------


def keys(updates: list[Row], place: Place = HERE) -> frozenset[str]:
    """The keys of everything that stands out."""
    return frozenset(one.key for one in raised(updates, place))


def test_without_a_look_everything_that_needs_one_stands() -> None:
    assert standing(raised(story(99, 30), HERE), []) == ["late_cancellation", "left_final"]


def test_what_was_looked_at_does_not_come_back_with_what_follows() -> None:
    look = Look(NOON, keys(story(99, 30)))

    assert standing(raised(story(99, 30, 40), HERE), [look]) == []


def test_the_same_flag_for_another_reason_comes_after_the_look() -> None:
    look = Look(NOON, keys(story(99, 30)))

    assert standing(raised(story(99, 30, 99, 40), HERE), [look]) == ["late_cancellation", "left_final"]


def test_a_look_that_covers_nothing_takes_nothing_away() -> None:
    look = Look(NOON + 99 * MINUTE, frozenset())

    assert standing(raised(story(99, 30), HERE), [look]) == ["late_cancellation", "left_final"]


@pytest.mark.parametrize(("minutes", "left"), [(2, []), (1, ["late_cancellation", "left_final"])])
def test_a_look_of_the_code_before_covers_what_had_been_received(minutes: int, left: list[str]) -> None:
    look = Look(NOON + minutes * MINUTE, None)

    assert standing(raised(story(99, 30), HERE), [look]) == left


def test_the_missing_id_of_another_purchase_is_another_reason() -> None:
    updates = story({"status": 30})
    look = Look(NOON, keys(updates, Place("PO1", "", registered=False)))

    assert standing(raised(updates, Place("G1", "", registered=False)), [look]) == ["purchase_id_missing"]
