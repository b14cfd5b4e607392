"""The status table: complete, unambiguous, and open for codes nobody has described."""

from __future__ import annotations

import pytest

from orders.choices import Shape, Stage, Tone
from orders.statuses import CANCELLED, FINAL, STATUSES, codes_in, status_of

#: The codes of 1mg's table of order statuses, and two (15, 17) that only its samples of other calls name.
KNOWN = {15, 17, 20, 25, 30, 40, 45, 95, 99, 100, 110, 120, 130, 131, 132, 140, 141, 142, 160, 170, 180}


def test_every_code_1mg_names_has_its_line() -> None:
    assert set(STATUSES) == KNOWN


def test_every_known_code_has_a_rank_of_its_own() -> None:
    assert sorted(status.rank for status in STATUSES.values()) == list(range(1, len(KNOWN) + 1))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (160, 100),
        (100, 110),
        (110, 120),
        (130, 25),
        (25, 30),
        (30, 45),
        (45, 40),
        (40, 140),
        (140, 141),
        (141, 142),
        (30, 99),
        (95, 99),
        (99, 142),
    ],
)
def test_rank_is_progress_through_an_orders_life_and_not_the_number(earlier: int, later: int) -> None:
    assert status_of(earlier).rank < status_of(later).rank


@pytest.mark.parametrize("code", [0, -1, 21, 10**9, -(2**62)])
def test_D3_an_unknown_code_is_shown_as_such(code: int) -> None:
    status = status_of(code)

    assert (status.known, status.rank, status.stage, status.shape) == (False, 0, Stage.UNKNOWN, Shape.NEEDS_US)
    assert str(code) in status.label


def test_a_missing_code_is_no_known_status() -> None:
    assert (status_of(None).known, status_of(None).label) == (False, "Status not given")


def test_a_word_a_tone_a_shape_and_an_owner_for_each() -> None:
    for status in STATUSES.values():
        assert (status.label, status.owner) != ("", "")
        assert status.tone in Tone.values
        assert status.shape in Shape.values


def test_labels_are_told_apart() -> None:
    labels = [status.label for status in STATUSES.values()]

    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("stage", [stage for stage in Stage.values if stage != Stage.UNKNOWN])
def test_every_stage_has_codes_and_they_know_it(stage: str) -> None:
    codes = codes_in(stage)

    assert codes != []
    assert {status_of(code).stage for code in codes} == {stage}


def test_the_stages_share_out_all_codes() -> None:
    assert sorted(code for stage in Stage.values for code in codes_in(stage)) == sorted(KNOWN)


def test_the_codes_that_matter_for_money_and_review() -> None:
    assert sorted(CANCELLED) == [95, 99]
    assert sorted(FINAL) == [99, 142]
