"""The rule of order alone: no database, no HTTP. What counts is what was said, never when it reached us."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from orders.choices import Flag, Outcome
from orders.fold import Arrival, Folded, Position, believable, fold, latest, remember, take
from orders.statuses import STATUSES, status_of
from orders.updates import Dates, Eta, Progress, Purchase, Shipment, Update

NOW = datetime(2024, 1, 10, 12, 0, tzinfo=UTC)
NOON_MS = int(NOW.timestamp()) * 1000
MINUTE_MS = 60 * 1000
HOUR_MS = 60 * MINUTE_MS
DAY = timedelta(days=1)


def said(status: int | None = 130, at_ms: int | None = NOON_MS, **parts: object) -> Update:
    """An update about order PO1; its identity is its content."""
    progress = Progress(status, f"Title {status}") if status is not None else None
    return Update("PO1", f"{status}{at_ms}{parts}", 0, updated_ms=at_ms, progress=progress, **parts)


def arrival(number: int = 1, at: datetime = NOW) -> Arrival:
    """The delivery with that number."""
    return Arrival(number, at)


class Order:
    """What the fold leaves of an order: for each part the update that said it last, by the fold alone."""

    def __init__(self) -> None:
        self.heard: dict[str, list[int]] = {}
        self.parts: dict[str, object] = {}
        self.status_id: int | None = None

    def hear(self, update: Update, number: int = 1, at: datetime = NOW) -> Folded:
        """Fold one update in and return the verdict."""
        folded = fold(self.heard, update, arrival(number, at))
        self.heard = remember(self.heard, folded.taken, folded.position)
        for part in folded.taken:
            self.parts[part.name] = part
            if isinstance(part, Progress):
                self.status_id = part.status_id
        return folded


def after(updates: list[Update]) -> dict[str, object]:
    """The parts of an order that hears these, in this order of arrival."""
    order = Order()
    for number, update in enumerate(updates, start=1):
        order.hear(update, number)
    return order.parts


# --- which of two counts ----------------------------------------------------------------------------------------------


def test_the_first_update_of_an_order_is_taken_whole():
    update = said(130, dates=Dates(), eta=Eta())

    folded = Order().hear(update)

    assert folded == Folded(
        Outcome.APPLIED,
        Position(NOON_MS, status_of(130).rank, 1, 0),
        True,
        tuple(update.order_parts()),
        frozenset(),
    )


def test_E3_an_older_update_that_arrives_later_is_stale():
    order = Order()
    order.hear(said(25, NOON_MS), 1)

    folded = order.hear(said(40, NOON_MS - 1000), 2)

    assert (folded.outcome, folded.taken, order.status_id) == (Outcome.STALE, (), 25)


def test_a_newer_update_wins_whatever_its_rank():
    order = Order()
    order.hear(said(40, NOON_MS))

    order.hear(said(30, NOON_MS + 1000), 2)

    assert order.status_id == 30


def test_a_millisecond_is_enough_to_be_newer():
    order = Order()
    order.hear(said(40, NOON_MS))

    order.hear(said(30, NOON_MS + 1), 2)

    assert order.status_id == 30


@pytest.mark.parametrize("first", STATUSES)
def test_E4_at_the_same_instant_the_later_status_of_a_life_wins(first: int):
    wrong = [
        second
        for second in STATUSES
        if second != first
        and after([said(first), said(second)])["progress"].status_id
        != max(first, second, key=lambda code: STATUSES[code].rank)
    ]

    assert wrong == []


def test_E4_an_unknown_status_ranks_below_every_known_one():
    wrong = [code for code in STATUSES if after([said(code), said(777)])["progress"].status_id != code]

    assert wrong == []


def test_E4_the_same_instant_and_status_with_other_content_the_later_arrival_wins():
    order = Order()
    order.hear(said(30, shipment=Shipment("A")), 1)

    order.hear(said(30, shipment=Shipment("B")), 2)

    assert order.parts["shipment"].delivery_partner_name == "B"


def test_ranks_are_a_strict_order_of_all_known_codes():
    ranks = [status.rank for status in STATUSES.values()]

    assert sorted(ranks) == list(range(1, len(STATUSES) + 1))


def test_ranks_do_not_follow_the_numbers():
    assert status_of(130).rank < status_of(25).rank < status_of(40).rank < status_of(140).rank


@pytest.mark.parametrize("lower", [code for code in STATUSES if code not in (99, 142)])
def test_a_cancellation_outranks_everything_but_a_finished_return(lower: int):
    assert status_of(lower).rank < status_of(99).rank < status_of(142).rank


# --- a total order: arrival cannot matter -----------------------------------------------------------------------------


def test_E3_every_arrival_of_five_updates_leaves_the_same_order():
    updates = [said(code, NOON_MS + n * 1000) for n, code in enumerate((160, 100, 130, 30, 40))]

    results = {repr(after(list(one))) for one in itertools.permutations(updates)}

    assert results == {repr(after(updates))}


def test_every_arrival_leaves_the_same_order_where_updates_leave_parts_out():
    updates = [
        said(160, NOON_MS, eta=Eta(NOW, NOW + DAY)),
        said(None, NOON_MS + 1000, shipment=Shipment("A")),
        said(130, NOON_MS + 1000),
        said(25, NOON_MS + 2000, eta=Eta(NOW + DAY, NOW + DAY)),
        said(None, NOON_MS + 2000, shipment=Shipment("B"), purchase=Purchase("M1")),
    ]
    newest = {
        "progress": Progress(25, "Title 25"),
        "eta": Eta(NOW + DAY, NOW + DAY),
        "shipment": Shipment("B"),
        "purchase": Purchase("M1"),
    }

    results = [after(list(one)) for one in itertools.permutations(updates)]

    assert [result for result in results if result != newest] == []


def test_every_arrival_leaves_the_same_order_with_many_ties():
    chance = random.Random(11)
    updates = [said(code, NOON_MS + chance.randrange(3) * 1000) for code in STATUSES]
    newest = max(updates, key=lambda update: (update.updated_ms, status_of(update.progress.status_id).rank))

    finals = {after(chance.sample(updates, len(updates)))["progress"].status_id for _ in range(300)}

    assert finals == {newest.progress.status_id}


def test_control_the_later_arrival_wins_would_depend_on_arrival():
    updates = [said(code, NOON_MS + n * 1000) for n, code in enumerate((160, 100, 130, 30, 40))]

    finals = {one[-1].progress.status_id for one in itertools.permutations(updates)}

    assert finals == {160, 100, 130, 30, 40}


# --- the same again ---------------------------------------------------------------------------------------------------


def test_E1_the_same_update_of_the_same_delivery_takes_nothing_the_second_time():
    order = Order()
    update = said(130, dates=Dates(), eta=Eta())
    order.hear(update, 7)

    folded = order.hear(update, 7)

    assert (folded.outcome, folded.taken) == (Outcome.STALE, ())


def test_E15_hearing_the_whole_story_again_changes_nothing():
    updates = [said(code, NOON_MS + n * 1000) for n, code in enumerate((160, 100, 130, 30, 40))]
    order = Order()
    for number, update in enumerate(updates, start=1):
        order.hear(update, number)
    before = dict(order.heard)

    for number, update in enumerate(updates, start=1):
        order.hear(update, number)

    assert (order.heard, order.status_id) == (before, 40)


def test_a_part_is_taken_only_where_nobody_said_it_later():
    heard = {"progress": [NOON_MS, 5, 2, 0], "eta": [NOON_MS - 1, 5, 1, 0]}
    parts = (Progress(30), Eta(), Dates())

    taken = take(heard, parts, Position(NOON_MS, 5, 1, 0))

    assert taken == (Eta(), Dates())


def test_an_update_that_says_a_part_first_is_applied_though_it_is_older():
    order = Order()
    order.hear(said(40, NOON_MS), 1)

    folded = order.hear(said(30, NOON_MS - HOUR_MS, shipment=Shipment("A")), 2)

    assert (folded.outcome, folded.taken, order.status_id) == (Outcome.APPLIED, (Shipment("A"),), 40)


# --- clocks that cannot be believed -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at_ms", "believed"),
    [
        (None, False),
        (0, False),
        (-NOON_MS, False),
        (1_262_303_999_999, False),  # 2009
        (1_262_304_000_000, True),
        (NOON_MS, True),
        (NOON_MS + 10 * MINUTE_MS, True),
        (NOON_MS + 10 * MINUTE_MS + 1, False),
        (NOON_MS + 365 * 24 * HOUR_MS, False),
        (10**15, False),
    ],
)
def test_D24_D25_only_a_plausible_clock_is_believed(at_ms: int | None, believed: bool):
    assert believable(said(130, at_ms), NOW) is believed


@pytest.mark.parametrize(("created", "believed"), [(NOW - DAY, True), (NOW, True), (NOW + DAY, False)])
def test_D25_a_change_before_the_creation_is_not_believed(created: datetime, believed: bool):
    assert believable(said(130, NOON_MS, dates=Dates(created_at=created)), NOW) is believed


def test_D24_a_clock_from_the_future_does_not_freeze_the_order():
    order = Order()
    order.hear(said(130, NOON_MS), 1)
    order.hear(said(25, NOON_MS + 365 * 24 * HOUR_MS), 2)

    order.hear(said(30, NOON_MS + HOUR_MS), 3, NOW + timedelta(hours=1))

    assert order.status_id == 30


def test_D24_a_clock_from_the_future_is_flagged_and_may_move_the_order_forward():
    order = Order()
    order.hear(said(130, NOON_MS), 1)

    folded = order.hear(said(25, NOON_MS + 365 * 24 * HOUR_MS), 2)

    assert (order.status_id, folded.trusted, folded.flags) == (25, False, {Flag.CLOCK_UNTRUSTED})


def test_D24_control_a_believed_future_would_freeze_the_order():
    order = Order()
    order.hear(said(130, NOON_MS), 1)
    order.hear(said(25, NOON_MS + 10 * MINUTE_MS), 2)

    folded = order.hear(said(30, NOON_MS + 5 * MINUTE_MS), 3, NOW + timedelta(minutes=5))

    assert (folded.outcome, order.status_id) == (Outcome.STALE, 25)


@pytest.mark.parametrize("clock", [None, 0, -5, 1_000])
def test_D25_without_a_clock_the_rank_decides_among_equals(clock: int | None):
    order = Order()
    order.hear(said(30, NOON_MS), 1)

    behind, ahead = order.hear(said(130, clock), 2), order.hear(said(40, clock), 3)

    assert (behind.taken, ahead.taken, order.status_id) == ((), (Progress(40, "Title 40"),), 40)


def test_D25_without_a_clock_the_same_status_is_ordered_by_arrival():
    order = Order()
    order.hear(said(30, None, shipment=Shipment("A")), 1)

    order.hear(said(30, None, shipment=Shipment("B")), 2)

    assert order.parts["shipment"].delivery_partner_name == "B"


@pytest.mark.parametrize("clock", [None, 0])
def test_D25_an_order_first_heard_of_without_a_clock_yields_to_any_clock(clock: int | None):
    order = Order()
    order.hear(said(142, clock), 1)

    order.hear(said(160, 1_262_304_000_000), 2)

    assert order.status_id == 160


# --- what the fold knows of what was said -----------------------------------------------------------------------------


def test_the_latest_position_is_that_of_whatever_was_said_last():
    order = Order()
    order.hear(said(30, NOON_MS), 1)
    order.hear(said(None, NOON_MS + 1000, shipment=Shipment("A")), 2)

    assert (latest(order.heard), latest({})) == (Position(NOON_MS + 1000, 0, 2, 0), None)
