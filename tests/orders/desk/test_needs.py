"""Why a purchase needs somebody: every line of the rules as rows of a matrix, and of the purchases that need nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from orders.choices import Confirmation
from orders.desk import causes, needs
from orders.desk.causes import ABOUT, CLOCKS, Cause, Turn
from orders.desk.needs import Child, Purchase, Standing
from orders.statuses import STATUSES, status_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
COLLECTED = {"online_collected": "652.40", "amount_collected": "0.00"}
NOTHING_BACK = {"total_refund_due": "0.00", "total_refunded_amount": "0.00"}
REJECTED = ({"url": "", "status": "Rejected", "reason": "Invalid Prescription"},)
IN_PROGRESS = ({"url": "", "status": "In-progress"},)
TO_DECIDE = {"since": NOON.isoformat(), "refund_id": 1, "amount": "9.00", "why": "asked", "many": 1}
COMPLETED = ({"url": "", "status": "Completed"},)


def purchase(**columns: Any) -> Purchase:
    """A confirmed ONLINE purchase, placed the day before."""
    plain = {
        "first_seen_at": NOON - 24 * HOUR,
        "payment_method": "ONLINE",
        "group_order_id": "G1",
        "registered_at": None,
        "confirmation": "confirmed",
        "confirmation_at": None,
        "papers": (),
        "captured": None,
        "doubt_since": None,
        "to_decide": None,
    }
    return Purchase(**(plain | columns))


def child(status_id: int | None = 40, order_id: str = "PO1", **columns: Any) -> Child:
    """An order that is in a status since noon."""
    plain = {
        "order_id": order_id,
        "status_id": status_id,
        "status_since": NOON,
        "created_at": NOON - 24 * HOUR,
        "eta_to": None,
        "attempts": 0,
        "is_flagged": False,
        "flagged_at": None,
        "unread_at": None,
        "payment": COLLECTED | NOTHING_BACK,
        "told": (1, 1, 1, 0),
    }
    return Child(**(plain | columns))


def clocks(found: dict[str, Standing]) -> set[str]:
    """What stands, by name."""
    return set(found)


# --- each cause by itself ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "of_purchase", "of_order"),
    [
        ("money", {}, {"status_id": 99}),
        ("money", {}, {"status_id": 142}),
        ("money", {"payment_method": "COD"}, {"status_id": 99, "payment": {"amount_collected": "376.00"}}),
        ("money", {"captured": Decimal("650.00")}, {"status_id": 99, "payment": {}}),
        ("money", {"captured": Decimal("650.00")}, {"status_id": 99, "payment": {"online_collected": "0.00"}}),
        ("money", {"captured": Decimal("650.00")}, {"status_id": 130}),
        ("money", {"captured": Decimal("0.00")}, {"status_id": 130}),
        ("money", {"captured": Decimal("652.40")}, {"status_id": 130, "payment": {"online_collected": "0.00"}}),
        ("unknown", {"confirmation": "unknown", "confirmation_at": NOON}, {"status_id": 160}),
        ("unknown", {"doubt_since": NOON}, {"status_id": 160}),
        ("allocation", {}, {"status_id": 20}),
        ("rx_rejected", {"papers": REJECTED}, {"status_id": 100}),
        ("rx_rejected", {"papers": REJECTED + COMPLETED}, {"status_id": 100}),
        ("rx_rejected", {"papers": REJECTED}, {"status_id": 160}),
        ("late", {}, {"status_id": 30, "eta_to": NOON}),
        ("late", {}, {"status_id": 45, "attempts": 2}),
        ("to_confirm", {"confirmation": "none"}, {"status_id": 160}),
        ("to_confirm", {"confirmation": "rejected"}, {"status_id": 15}),
        ("refund_asked", {"to_decide": TO_DECIDE}, {"status_id": 99}),
        ("refund", {}, {"status_id": 99, "payment": COLLECTED | {"total_refund_due": "652.40"}}),
        (
            "refund",
            {},
            {"status_id": 99, "payment": COLLECTED | {"total_refund_due": "9.00", "total_refunded_amount": "8.00"}},
        ),
        ("unread", {}, {"unread_at": NOON}),
        ("flagged", {}, {"is_flagged": True, "flagged_at": NOON}),
        ("flagged", {}, {"is_flagged": True, "flagged_at": None}),
        ("rx_needed", {}, {"status_id": 100}),
        ("rx_needed", {"papers": IN_PROGRESS}, {"status_id": 100}),
        ("waits_100", {"papers": COMPLETED}, {"status_id": 100}),
        ("waits_130", {}, {"status_id": 130}),
        ("waits_95", {}, {"status_id": 95}),
    ],
)
def test_a_cause_holds(clock: str, of_purchase: dict[str, Any], of_order: dict[str, Any]) -> None:
    assert clock in needs.of(purchase(**of_purchase), [child(**of_order)])


@pytest.mark.parametrize(
    ("clock", "of_purchase", "of_order"),
    [
        ("money", {}, {"status_id": 40}),
        ("money", {}, {"status_id": 95}),
        ("money", {}, {"status_id": 99, "payment": COLLECTED | {"total_refund_due": "652.40"}}),
        ("money", {}, {"status_id": 99, "payment": COLLECTED | {"total_refunded_amount": "652.40"}}),
        ("money", {}, {"status_id": 99, "payment": COLLECTED | {"total_refund_due": None}}),  # said, and not readable
        ("money", {}, {"status_id": 99, "payment": {}}),
        ("money", {"captured": Decimal("0.00")}, {"status_id": 99, "payment": {}}),
        ("money", {"captured": Decimal("9.00"), "payment_method": "COD"}, {"status_id": 99, "payment": {}}),
        ("money", {"captured": Decimal("9.00")}, {"status_id": 95, "payment": {}}),
        ("money", {"captured": Decimal("9.00")}, {"status_id": 99, "payment": {"total_refund_due": "9.00"}}),
        ("money", {"captured": Decimal("651.50")}, {"status_id": 130}),
        ("money", {"captured": None}, {"status_id": 130}),
        ("money", {"captured": Decimal("9.00"), "payment_method": "COD"}, {"status_id": 130}),
        ("money", {"captured": Decimal("9.00")}, {"status_id": 160, "payment": {"online_collected": "0.00"}}),
        (
            "money",
            {"captured": Decimal("9.00")},
            {"status_id": 130, "payment": {"online_collected": "0.00", "online_pending_amount": "9.00"}},
        ),
        ("unknown", {"confirmation": "in_flight", "confirmation_at": NOON}, {"status_id": 160}),
        ("allocation", {}, {"status_id": 120}),
        ("rx_rejected", {"papers": REJECTED + COMPLETED}, {"status_id": 160}),
        ("rx_rejected", {"papers": REJECTED}, {"status_id": 130}),
        ("rx_rejected", {"papers": IN_PROGRESS}, {"status_id": 100}),
        ("late", {}, {"status_id": 40, "eta_to": NOON}),
        ("late", {}, {"status_id": 99, "eta_to": NOON}),
        ("late", {}, {"status_id": 45, "attempts": 1}),
        ("late", {}, {"status_id": 30, "attempts": 2}),
        ("late", {"confirmation": "none"}, {"status_id": 160, "eta_to": NOON}),
        ("to_confirm", {"confirmation": "none", "payment_method": "COD"}, {"status_id": 160}),
        ("to_confirm", {"confirmation": "none"}, {"status_id": 180}),
        ("refund", {}, {"status_id": 99, "payment": COLLECTED | NOTHING_BACK}),
        ("refund", {}, {"status_id": 99, "payment": {"total_refund_due": "9.00", "total_refunded_amount": "9.00"}}),
        ("rx_needed", {"papers": REJECTED}, {"status_id": 100}),
        ("rx_needed", {"papers": COMPLETED}, {"status_id": 100}),
        ("waits_100", {}, {"status_id": 100}),
        ("waits_160", {"confirmation": "none"}, {"status_id": 160}),  # it is not 1mg who is slow
    ],
)
def test_a_cause_does_not_hold(clock: str, of_purchase: dict[str, Any], of_order: dict[str, Any]) -> None:
    assert clock not in needs.of(purchase(**of_purchase), [child(**of_order)])


@pytest.mark.parametrize("status_id", [40, 99, 142, 15, 17, 180, 173, None])
def test_an_order_that_may_rest_needs_nobody(status_id: int | None) -> None:
    assert needs.of(purchase(payment_method="COD"), [child(status_id, payment={})]) == {}


def test_every_status_that_1mg_is_to_leave_has_a_clock() -> None:
    waits = {status for status in STATUSES if causes.waiting_in(status)}

    assert waits == {100, 110, 120, 130, 131, 132, 160, 170, 45, 25, 30, 95, 140, 141}


# --- to confirm, as one matrix ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("method", ["ONLINE", "COD", ""])
@pytest.mark.parametrize("state", Confirmation.values)
@pytest.mark.parametrize("statuses", [(), (160,), (160, 99), (160, 130), (130,), (180,), (173,)], ids=str)
def test_to_confirm(registered: bool, method: str, state: str, statuses: tuple[int, ...]) -> None:
    asked = purchase(
        payment_method=method,
        confirmation=state,
        registered_at=NOON if registered else None,
        group_order_id="G1" if statuses else "",
    )

    found = needs.of(asked, [child(status, f"PO{n}") for n, status in enumerate(statuses)])

    waits = statuses == (160,) or (statuses == () and registered)
    assert ("to_confirm" in found) is (waits and method == "ONLINE" and state in ("none", "rejected"))


@pytest.mark.parametrize("beside", [*STATUSES, 173, None])
def test_a_purchase_waits_while_none_of_its_orders_has_gone_on(beside: int | None) -> None:
    found = needs.of(purchase(confirmation="none"), [child(160), child(beside, "PO2")])

    gone_on = status_of(beside).stage in ("fulfil", "ship", "done", "return", "cancel")
    assert ("to_confirm" in found) is not gone_on


# --- since when -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "of_purchase", "of_order", "since"),
    [
        ("allocation", {}, {"status_id": 20}, NOON),
        ("late", {}, {"status_id": 30, "eta_to": NOON + 3 * HOUR}, NOON + 3 * HOUR),
        ("late", {}, {"status_id": 45, "attempts": 2, "eta_to": NOON + 3 * HOUR}, NOON),
        ("to_confirm", {"confirmation": "none"}, {"status_id": 160}, NOON - 24 * HOUR),
        ("unknown", {"confirmation": "unknown", "confirmation_at": NOON, "doubt_since": NOON - HOUR}, {}, NOON - HOUR),
        ("refund_asked", {"to_decide": TO_DECIDE}, {"status_since": NOON - HOUR}, NOON),
        ("refund", {}, {"status_id": 99, "payment": {"total_refund_due": "9.00"}}, NOON),
        ("allocation", {}, {"status_id": 20, "status_since": None}, NOON - 24 * HOUR),
    ],
)
def test_since_when(clock: str, of_purchase: dict[str, Any], of_order: dict[str, Any], since: datetime) -> None:
    assert needs.of(purchase(**of_purchase), [child(**of_order)])[clock].since == since


def test_of_several_orders_the_one_that_waits_longest_counts() -> None:
    orders = [child(20, "PO1"), child(20, "PO2", status_since=NOON - HOUR), child(40, "PO3")]

    assert needs.of(purchase(), orders)["allocation"] == Standing(NOON - HOUR, "PO2", 2)


def test_orders_that_wait_in_several_statuses_have_a_clock_each() -> None:
    found = needs.of(purchase(), [child(130, "PO1"), child(25, "PO2", status_since=NOON - HOUR)])

    assert clocks(found) == {"waits_130", "waits_25"}


# --- money that orders say --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delivery", "due", "holds"), [(1, "100.00", True), (1, "0.50", False), (2, "100.00", False)])
def test_orders_of_one_delivery_must_say_the_same_money(delivery: int, due: str, holds: bool) -> None:
    other = child(130, "PO2", payment=COLLECTED | {"total_refund_due": due}, told=(1, 1, delivery, 1))

    assert ("money" in needs.of(purchase(), [child(130, "PO1"), other])) is holds


def test_the_money_said_last_counts() -> None:
    before = child(99, "PO1", payment=COLLECTED | {"total_refund_due": "652.40"}, told=(1, 1, 1, 0))
    after = child(99, "PO2", payment=COLLECTED | {"total_refunded_amount": "652.40"}, told=(2, 1, 2, 0))

    assert clocks(needs.of(purchase(), [after, before])) == set()


# --- what is known of causes ------------------------------------------------------------------------------------------


def test_every_cause_has_a_turn_a_verb_and_a_limit_with_its_source() -> None:
    assert set(ABOUT) == set(Cause)
    assert {causes.cause_of(clock) for clock in CLOCKS} == set(Cause)
    assert [clock for clock in CLOCKS if not str(causes.DEFAULTS[clock].source)] == []


@pytest.mark.parametrize(
    ("cause", "turn"),
    [
        (Cause.MONEY, Turn.US),
        (Cause.UNKNOWN, Turn.US),
        (Cause.ALLOCATION, Turn.US),
        (Cause.RX_REJECTED, Turn.US),
        (Cause.LATE, Turn.COURIER),
        (Cause.TO_CONFIRM, Turn.US),
        (Cause.REFUND_ASKED, Turn.US),
        (Cause.REFUND, Turn.ONEMG),
        (Cause.UNREAD, Turn.ENGINEER),
        (Cause.FLAGGED, Turn.US),
        (Cause.RX_NEEDED, Turn.CUSTOMER),
        (Cause.WAITS_1MG, Turn.ONEMG),
    ],
)
def test_whose_turn_it_is(cause: Cause, turn: Turn) -> None:
    assert ABOUT[cause].turn is turn


def test_causes_stand_in_the_order_in_which_they_count() -> None:
    before = ["money", "unknown", "allocation", "rx_rejected", "late", "to_confirm", "refund_asked"]
    after = ["refund", "unread", "flagged", "rx_needed", "waits_1mg"]

    assert [cause.slug for cause in sorted(Cause)] == before + after
