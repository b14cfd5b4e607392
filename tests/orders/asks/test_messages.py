"""The message to 1mg: whose ids are whose, since when, and its last word."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from orders.asks import messages, sheet
from orders.asks.forms import CLOCKS_TO_ASK
from orders.asks.messages import Facts, Order

NOON = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
ONE = Facts("M1", "PO1", "late", NOON, (Order("PO1-1", 30, NOON),))


def test_the_message_says_whose_ids_they_are_since_when_and_1mgs_last_word() -> None:
    assert messages.message([ONE]) == (
        "Late deliveries. When will each be delivered?\n"
        "- Since 27 Nov 2026 12:00 IST: your group PO1; your order PO1-1: status 30 (Out for delivery), "
        "updated 27 Nov 2026 12:00 IST; our order M1."
    )


def test_purchases_of_one_clock_stand_below_one_question() -> None:
    other = Facts("M2", "", "waits_130", NOON, (Order("PO2", 130, None),))

    asked = messages.message([other, ONE, Facts("M3", "PO3", "late", NOON, ())])

    assert [line.partition(":")[0] for line in asked.splitlines()] == [
        "Orders that have not moved from status 130 (Packaging). What does each wait for?",
        "- Since 27 Nov 2026 12",
        "",
        "Late deliveries. When will each be delivered?",
        "- Since 27 Nov 2026 12",
        "- Since 27 Nov 2026 12",
    ]
    assert "your group not given; your order PO2: status 130 (Packaging); our order M2." in asked


def test_facts_are_kept_and_read_again() -> None:
    assert Facts.of(ONE.stored()) == ONE


@pytest.mark.parametrize(("clock", "words"), [("late", "Late"), ("waits_130", "1mg is slow: Packaging")])
def test_what_is_asked_about_has_a_title(clock: str, words: str) -> None:
    assert messages.title(clock) == words


@pytest.mark.parametrize("clock", CLOCKS_TO_ASK)
def test_whatever_1mg_is_asked_about_has_a_question(clock: str) -> None:
    assert messages.question(clock).endswith("?")


def test_the_table_has_a_row_for_each_of_1mgs_orders() -> None:
    two = Facts("M1", "PO1", "refund", NOON, (Order("PO1-1", 99, NOON), Order("PO1-2", 40, None)))
    noon = "2026-11-27T06:30:00+00:00"

    head, *rows = sheet.of([two])

    assert head[:5] == ("asked_about", "since", "onemg_group_id", "onemg_order_id", "merchant_order_id")
    assert rows == [
        (
            "Refund due",
            "2026-11-27T06:30:00+00:00",
            "PO1",
            "PO1-1",
            "M1",
            "99",
            "Cancelled",
            "2026-11-27T06:30:00+00:00",
        ),
        ("Refund due", noon, "PO1", "PO1-2", "M1", "40", "Delivered", ""),
    ]


def test_a_purchase_of_which_1mg_has_named_no_order_has_a_row() -> None:
    assert list(sheet.of([Facts("M1", "", "late", NOON, ())]))[1][2:] == ("", "", "M1", "", "", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "  ="])
def test_U4_no_cell_is_a_formula(start: str) -> None:
    assert sheet.cell(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize(("value", "shown"), [(None, ""), (99, "99"), ("PO-1", "PO-1")])
def test_U4_control_what_is_none_stays_as_it_is(value: object, shown: str) -> None:
    assert sheet.cell(value) == shown
