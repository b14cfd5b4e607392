"""What somebody must see to: each trouble is told as 1mg would, and only the unreadable ones cannot be read."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from onemg_portal.sandbox.day import troubles
from onemg_portal.sandbox.day.stories import Clock
from onemg_portal.sandbox.day.troubles import TROUBLES, Trouble
from orders.choices import UNDERSTOOD_IN_PART, Flag
from webhooks import onemg

NOW = 1_790_000_000
DAY = 86_400
UNREAD = {Flag.PART_UNREADABLE, Flag.AMOUNT_UNREADABLE}
EACH = [
    pytest.param(cause, trouble, id=f"{cause}-{n}")
    for cause, found in TROUBLES.items()
    for n, trouble in enumerate(found)
]


def told(trouble: Trouble, seed: int = 1) -> list[dict[str, Any]]:
    """Everything 1mg says, from the first word to the last."""
    dice = random.Random(seed)
    if trouble.scene:
        staged = troubles.stage(trouble, 1, NOW, NOW, dice)
        purchase, steps = staged.purchase, [*staged.story.steps, *staged.follow(Clock(NOW, 60))]
    else:
        purchase, steps = troubles.tell(trouble, 1, NOW, NOW, dice)
    return [step.document for step in (*steps, *troubles.ending(trouble, purchase, Clock(NOW + 900, 60), dice))]


def stamps(documents: list[dict[str, Any]]) -> list[int]:
    """1mg's clock, update by update."""
    return [max(entry["updated"] for entry in said["result"]["grouped_orders"]) for said in documents]


def flags(document: dict[str, Any]) -> set[str]:
    """What is odd about an update by itself."""
    read = onemg.read(json.dumps(document).encode())
    assert read.problems == ()
    assert read.unknown_keys == ()
    return {flag for update in read.updates for flag in update.flags}


@pytest.mark.parametrize(("cause", "trouble"), EACH)
def test_only_the_trouble_that_is_about_it_has_a_part_that_cannot_be_read(cause: str, trouble: Trouble) -> None:
    found = set().union(*(flags(said) for said in told(trouble)))

    assert bool(found & UNREAD) == (cause == "unread")
    assert found & (UNDERSTOOD_IN_PART - UNREAD) == set()


@pytest.mark.parametrize(("cause", "trouble"), EACH)
def test_what_cannot_be_read_is_mended_at_the_end(cause: str, trouble: Trouble) -> None:
    assert flags(told(trouble)[-1]) & UNDERSTOOD_IN_PART == set()


@pytest.mark.parametrize(("cause", "trouble"), EACH)
def test_time_goes_on_from_update_to_update(cause: str, trouble: Trouble) -> None:
    for seed in range(5):
        found = stamps(told(trouble, seed))

        assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("cause", "place", "days"), [("waits_1mg", 0, 1), ("waits_1mg", 1, 2), ("waits_1mg", 2, 1), ("refund", 0, 7)]
)
def test_what_takes_days_has_lasted_for_days_when_it_is_first_told(cause: str, place: int, days: int) -> None:
    for seed in range(20):
        _purchase, steps = troubles.tell(TROUBLES[cause][place], 1, NOW, NOW, random.Random(seed))

        assert stamps([step.document for step in steps])[-1] < NOW - days * DAY


@pytest.mark.parametrize("place", [0, 2])
def test_what_is_late_is_past_its_promise(place: int) -> None:
    for seed in range(20):
        _purchase, steps = troubles.tell(TROUBLES["late"][place], 1, NOW, NOW, random.Random(seed))

        assert steps[-1].document["result"]["grouped_orders"][0]["eta"]["eta_to"] < NOW


def test_the_opening_has_each_trouble_and_two_of_each_cause() -> None:
    found = troubles.opening(staffed=True)

    assert all(one in found for several in TROUBLES.values() for one in several)
    assert all(sum(one in several for one in found) >= 2 for several in TROUBLES.values())


def test_each_round_has_another_trouble_of_each_cause() -> None:
    first, second = (troubles.round_of(n, staffed=True) for n in (2, 3))

    assert len(first) == len(second) == len(TROUBLES)
    assert all(before != after for before, after in zip(first, second, strict=True) if before.scene is None)


def test_without_a_colleague_nothing_is_told_that_needs_one() -> None:
    assert all(one.scene is None and one.works == () for one in troubles.opening(staffed=False))
    with_scenes_alone = [cause for cause, found in TROUBLES.items() if all(one.scene for one in found)]
    assert len(troubles.round_of(2, staffed=False)) == len(TROUBLES) - len(with_scenes_alone)
