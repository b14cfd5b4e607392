"""1mg's promises: each time that it said another one, and whether it kept it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from orders.stories import promises
from orders.stories.promises import Standing
from tests.conftest import order_update
from tests.orders.stories.test_story import HOUR, NOON, update

Post = Callable[[Any], Any]
AsRole = Callable[[str], Client]


def eta(after: timedelta | None, **more: Any) -> dict[str, Any]:
    """What an update says that promises a time so long after noon; `None`: none."""
    return {"said": {"eta": [None, (NOON + after).isoformat() if after is not None else None]}, **more}


def hours(said: list[promises.Said]) -> list[float | None]:
    """The times that were promised, in hours after noon."""
    return [(one.until - NOON) / HOUR if one.until else None for one in said]


def test_each_other_promise_counts_once() -> None:
    said = promises.of(
        [
            update(15, **eta(2 * HOUR)),
            update(130, HOUR, **eta(2 * HOUR)),
            update(25, 2 * HOUR),
            update(30, 3 * HOUR, **eta(5 * HOUR)),
        ]
    )

    assert hours(said["PO1"]) == [2, 5]
    assert [one.at for one in said["PO1"]] == [NOON, NOON + 3 * HOUR]


def test_a_promise_may_be_taken_back_and_given_again() -> None:
    said = promises.of(
        [update(15, **eta(2 * HOUR)), update(100, HOUR, **eta(None)), update(110, 2 * HOUR, **eta(2 * HOUR))]
    )

    assert hours(said["PO1"]) == [2, None, 2]


def test_what_was_never_promised_is_not_taken_back() -> None:
    assert promises.of([update(15, **eta(None))]) == {"PO1": []}


def test_E3_promises_are_in_the_order_in_which_1mg_made_them() -> None:
    first, second = update(15, **eta(2 * HOUR)), update(130, HOUR, **eta(3 * HOUR))

    assert promises.of([second, first]) == promises.of([first, second])


def test_each_order_has_its_own() -> None:
    said = promises.of([update(15, **eta(HOUR)), update(15, HOUR, **eta(2 * HOUR), order_id="PO2")])

    assert {order: hours(found) for order, found in said.items()} == {"PO1": [1], "PO2": [2]}


@pytest.mark.parametrize(
    ("until", "arrived", "standing", "by"),
    [
        (None, None, Standing.NONE, None),
        (None, NOON, Standing.NONE, None),
        (NOON + HOUR, None, Standing.OPEN, None),
        (NOON, None, Standing.OPEN, None),
        (NOON - HOUR, None, Standing.PASSED, HOUR),
        (NOON - HOUR, NOON - 2 * HOUR, Standing.KEPT, HOUR),
        (NOON - HOUR, NOON - HOUR, Standing.KEPT, timedelta(0)),
        (NOON - 2 * HOUR, NOON - HOUR, Standing.MISSED, HOUR),
    ],
)
def test_how_a_promise_stands(until: datetime | None, arrived: Any, standing: Standing, by: timedelta | None) -> None:
    assert promises.standing(until, arrived, NOON) == (standing, by)


# --- on the page ------------------------------------------------------------------------------------------------------

#: Seconds: half past two in India on Fri 27 Nov 2020.
AT = 1_606_467_600


def words(browser: Client, path: str = "/orders/M-PO1/") -> str:
    """A page's words between its tags."""
    text = browser.get(path).text
    return " ".join("".join(f"{piece.split('>', 1)[-1]} " for piece in text.split("<")).split())


@pytest.mark.django_db
def test_the_page_tells_the_history_of_a_promise(post: Post, as_role: AsRole) -> None:
    post(order_update("PO1", 15, AT, eta={"eta_from": 0, "eta_to": AT + 3600}))
    post(order_update("PO1", 130, AT + 60, eta={"eta_from": 0, "eta_to": AT + 7200}))
    post(order_update("PO1", 130, AT + 120, eta={"eta_from": 0, "eta_to": AT + 90_000}))

    page = words(as_role("Viewer"))

    assert "promised 3 times, first Fri 27 Nov 2020 15:30 , now Sat 28 Nov 2020 15:30" in page
    assert "Fri 27 Nov 2020 16:30 said Fri 27 Nov 2020 14:31" in page
    assert "passed" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("after", "said"), [(600, "kept by 50 min"), (3600, "kept by 0 s"), (3600 + 7200, "missed by 2 h")]
)
def test_the_page_says_whether_a_promise_was_kept(post: Post, as_role: AsRole, after: int, said: str) -> None:
    post(order_update("PO1", 40, AT + after, eta={"eta_from": 0, "eta_to": AT + 3600}))

    assert said in words(as_role("Viewer"))


@pytest.mark.django_db
@pytest.mark.parametrize(("status_id", "updated"), [(99, AT), (40, None)])
def test_of_what_did_not_arrive_or_nobody_knows_when_no_promise_is_judged(
    post: Post, as_role: AsRole, status_id: int, updated: int | None
) -> None:
    post(order_update("PO1", status_id, updated, eta={"eta_from": 0, "eta_to": AT - 3600}))

    page = words(as_role("Viewer"))

    assert [verdict for verdict in ("passed", "kept by", "missed by") if verdict in page] == []


@pytest.mark.django_db
def test_looked_back_at_a_promise_stands_as_it_did(post: Post, as_role: AsRole) -> None:
    post(order_update("PO1", 130, AT, eta={"eta_from": 0, "eta_to": 4_000_000_000}))

    page = words(as_role("Viewer"), f"/orders/M-PO1/?as_of={datetime.now().year + 1}-01-01")

    assert "passed" not in page
