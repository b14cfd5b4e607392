"""When Nimbbl is to be asked next: each case by itself, and whole lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from payments.reconciliation.rules import Facts, next_ask

#: Ten in the morning in India.
TEN = datetime(2026, 11, 28, 4, 30, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Half past midnight in India, the night after.
NIGHT = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)
LAPSE = TEN + 24 * HOUR + 10 * MINUTE


@pytest.mark.parametrize(
    ("facts", "then"),
    [
        (Facts(), None),
        (Facts(asked_at=TEN), None),
        # An order that nobody has paid.
        (Facts(open_since=TEN), TEN + 5 * MINUTE),
        (Facts(open_since=TEN, asked_at=TEN + MINUTE), TEN + 5 * MINUTE),
        (Facts(open_since=TEN, asked_at=TEN + 5 * MINUTE), TEN + 15 * MINUTE),
        (Facts(open_since=TEN, asked_at=TEN + 20 * MINUTE), TEN + HOUR),
        (Facts(open_since=TEN, asked_at=TEN + 2 * HOUR), TEN + 6 * HOUR),
        (Facts(open_since=TEN, asked_at=TEN + 7 * HOUR), LAPSE),
        (Facts(open_since=TEN, asked_at=LAPSE), None),
        (
            Facts(open_since=TEN, asked_at=TEN + 2 * DAY),
            None,
        ),  # after an outage of ours
        # Nimbbl told nothing.
        (Facts(open_since=TEN, asked_at=TEN + 5 * MINUTE, in_vain=True), TEN + 15 * MINUTE),
        (Facts(open_since=TEN, asked_at=TEN + 2 * HOUR, in_vain=True), TEN + 3 * HOUR),
        (Facts(open_since=TEN, asked_at=LAPSE, in_vain=True), LAPSE + HOUR),
        (Facts(open_since=TEN, asked_at=TEN + 3 * DAY, in_vain=True), None),
        # A refund under way.
        (Facts(refund_since=TEN), TEN + 5 * MINUTE),
        (Facts(refund_since=TEN, asked_at=TEN - DAY), TEN + 5 * MINUTE),
        (Facts(refund_since=TEN, asked_at=LAPSE), LAPSE + DAY),
        (Facts(refund_since=TEN, asked_at=TEN + 40 * DAY), TEN + 41 * DAY),
        (Facts(open_since=TEN - 50 * DAY, refund_since=TEN), TEN - 50 * DAY + 5 * MINUTE),
        # Money that moved.
        (Facts(moved_at=TEN, asked_at=TEN), NIGHT),
        (Facts(moved_at=TEN), NIGHT),
        (Facts(moved_at=TEN, asked_at=NIGHT), NIGHT + DAY),
        (Facts(moved_at=TEN, asked_at=NIGHT + 2 * DAY), None),
        (Facts(moved_at=TEN, asked_at=TEN + 30 * DAY), None),
        (Facts(moved_at=TEN, refund_since=TEN, asked_at=TEN + 7 * HOUR), NIGHT),
    ],
)
def test_M25_when_it_is_asked_next(facts: Facts, then: datetime | None) -> None:
    assert next_ask(facts) == then


@pytest.mark.parametrize(("share", "after"), [(0, 0), (0.5, 2.5), (0.999, 4.995)])
def test_the_night_is_shared_out(share: float, after: float) -> None:
    assert next_ask(Facts(moved_at=TEN), share) == NIGHT + timedelta(hours=after)


def asked_at(facts: Facts, days: int) -> list[timedelta]:
    """When it is asked, from ten on, where each question is put in time and answered alike."""
    found: list[timedelta] = []
    while (then := next_ask(facts)) and then < TEN + days * DAY:
        found.append(then - TEN)
        facts = Facts(facts.open_since, facts.refund_since, facts.moved_at, then, facts.in_vain)
    return found


def test_M25_an_unpaid_order_is_asked_about_five_times() -> None:
    assert asked_at(Facts(open_since=TEN), 365) == [5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, LAPSE - TEN]


def test_M25_while_nimbbl_is_away_it_is_asked_hourly_for_three_days() -> None:
    assert 2 + 72 <= len(asked_at(Facts(open_since=TEN, in_vain=True), 365)) <= 4 + 72


def test_M26_a_refund_is_asked_about_for_as_long_as_it_takes() -> None:
    assert asked_at(Facts(refund_since=TEN), 100)[-1] > 98 * DAY
    assert len(asked_at(Facts(refund_since=TEN), 100)) == 5 + 98


def test_what_moved_is_asked_about_in_three_nights() -> None:
    assert [after // DAY for after in asked_at(Facts(moved_at=TEN), 365)] == [0, 1, 2]
