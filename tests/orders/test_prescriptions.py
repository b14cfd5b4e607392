"""Whether a rejected paper still keeps 1mg from packing."""

from __future__ import annotations

import pytest

from orders import prescriptions
from orders.prescriptions import Rejections
from orders.statuses import STATUSES, codes_in
from tests.orders.stories.test_story import HOUR, NOON, update


def papers(*statuses: object) -> list[dict[str, object]]:
    """Papers of these statuses."""
    return [{"status": status} for status in statuses]


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("Rejected", "rejected"),
        (" REJECTED\t", "rejected"),
        ("In progress", "in_progress"),
        ("in--PROGRESS", "in_progress"),
        ("Completed.", "completed"),
        ("InProgress", "other"),
        ("Not rejected", "other"),
        ("", "other"),
        (None, "other"),
    ],
)
def test_one_word_for_each_way_to_write_a_status(status: object, word: str) -> None:
    assert prescriptions.word(status) == word


@pytest.mark.parametrize("status_id", sorted(STATUSES))
def test_a_rejected_paper_stands_until_its_order_is_packed(status_id: int) -> None:
    before_packing = {*codes_in("intake"), *codes_in("prescription")}

    assert prescriptions.rejection_stands(papers("Rejected"), [status_id]) is (status_id in before_packing)


@pytest.mark.parametrize(
    ("statuses", "status_ids", "stands"),
    [
        (["Rejected", "Completed"], [100], True),
        (["Rejected", "Completed"], [110], False),
        (["Rejected", "Completed"], [160], False),
        (["Rejected", "In-progress"], [110], True),
        (["Rejected"], [130, 160], True),
        (["Rejected"], [130, 99], False),
        (["Rejected"], [None], True),
        (["Rejected"], [777], True),
        (["Rejected"], [], False),
        (["Completed"], [100], False),
        (["Expired"], [100], False),
        ([], [100], False),
    ],
)
def test_whether_a_rejection_stands(statuses: list[str], status_ids: list[int | None], stands: bool) -> None:
    assert prescriptions.rejection_stands(papers(*statuses), status_ids) is stands


@pytest.mark.parametrize(
    ("required", "verified", "status", "word"),
    [
        (None, None, "", ""),
        (None, True, "Ready for processing", ""),
        (False, False, "Ready for processing", "not_needed"),
        (True, False, "Ready for processing", "needed"),
        (True, None, "", "needed"),
        (True, True, "", "completed"),
        (False, True, "All prescriptions rejected. Waiting for prescription", "rejected"),
        (True, True, "ALL PRESCRIPTIONS REJECTED", "rejected"),
        (True, True, "No prescription was rejected", "completed"),
    ],
)
def test_one_word_for_an_item(required: bool | None, verified: bool | None, status: str, word: str) -> None:
    assert prescriptions.of_item(required, verified, status) == word


# --- how often --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "listed", "times", "last"),
    [
        (["in_progress", "rejected"], ["Rejected"], 1, 1),
        (["rejected", "rejected"], ["Rejected"], 1, 0),
        (["rejected", "in_progress", "rejected"], ["Rejected"], 2, 2),
        (["rejected"], ["Rejected", "Rejected", "In-progress"], 2, 0),
        (["rejected", "completed"], ["Completed"], 1, 0),
    ],
)
def test_how_often_a_paper_was_rejected(said: list[str], listed: list[str], times: int, last: int) -> None:
    updates = [update(100, hour * HOUR, said={"rx": word}) for hour, word in enumerate(said)]

    found = prescriptions.rejections(papers(*listed), updates)

    assert found == Rejections(times, NOON + last * HOUR)


def test_of_papers_whose_story_is_not_kept_only_those_that_are_listed_count() -> None:
    assert prescriptions.rejections(papers("Rejected", "Completed"), []) == Rejections(1, None)


def test_papers_that_were_never_rejected_have_no_number() -> None:
    assert prescriptions.rejections(papers("Completed"), [update(130, said={"rx": "completed"})]) is None
