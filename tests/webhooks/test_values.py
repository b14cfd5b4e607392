"""Single values of 1mg's JSON, as `strict_json` hands them on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.backends.utils import format_number

from orders.models import GroupedOrder, Sku
from webhooks import values
from webhooks.values import Flags

NOT_TEXT: list[Any] = [True, False, [], {}, ["x"], {"en": "x"}]


@pytest.mark.parametrize(
    ("value", "kept"), [("as sent", "as sent"), ("1234", "1234"), (" x ", " x "), ("", ""), (None, "")]
)
def test_text_is_kept_as_sent(value: Any, kept: str) -> None:
    flags: Flags = set()

    assert (values.text(value, flags), flags) == (kept, set())


@pytest.mark.parametrize("value", NOT_TEXT)
def test_what_is_no_text_is_empty_and_flagged(value: Any) -> None:
    flags: Flags = set()

    assert (values.text(value, flags), flags) == ("", {"part_unreadable"})


@pytest.mark.parametrize(("length", "flagged"), [(0, set()), (40, set()), (41, {"part_unreadable"})])
def test_text_is_cut_to_its_column_and_flagged(length: int, flagged: set[str]) -> None:
    flags: Flags = set()

    assert (len(values.text("x" * length, flags, 40)), flags) == (min(length, 40), flagged)


@pytest.mark.parametrize("value", [True, False, None])
def test_yes_no_and_not_said_are_three_things(value: Any) -> None:
    flags: Flags = set()

    assert (values.flag_or_none(value, flags), flags) == (value, set())


@pytest.mark.parametrize("value", ["true", "1", "0", [], {}])
def test_what_is_neither_yes_nor_no_is_flagged(value: Any) -> None:
    flags: Flags = set()

    assert (values.flag_or_none(value, flags), flags) == (None, {"part_unreadable"})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("130", 130),
        ("130.0", 130),
        ("1.3e2", 130),
        ("-1", -1),
        ("0", 0),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        (str(-(2**63)), None),
        ("130.5", None),
        ("abc", None),
        ("", None),
        (None, None),
        (True, None),
        ([], None),
        ("1_30", None),
        ("9" * 5_000, None),
        ("1e9999999999", None),
        ("NaN", None),
        ("Infinity", None),
    ],
)
def test_D3_whole_numbers(value: Any, kept: int | None) -> None:
    assert values.whole(value) == kept


@pytest.mark.parametrize(
    ("value", "kept", "flagged"),
    [
        ("652.3599999999999", "652.36", set()),
        ("0.005", "0.01", set()),
        ("2.675", "2.68", set()),
        ("376", "376.00", set()),
        ("0", "0.00", set()),
        ("-0.01", "-0.01", {"amount_negative"}),
        ("1e10", "10000000000.00", set()),
        ("1e12", None, {"amount_unreadable"}),
        ("-1e12", None, {"amount_unreadable"}),
        (None, None, {"amount_unreadable"}),
        ("", None, {"amount_unreadable"}),
        ("1,299.00", None, {"amount_unreadable"}),
        (True, None, {"amount_unreadable"}),
        ({}, None, {"amount_unreadable"}),
        ("99999999999.999", "100000000000.00", set()),
        ("-0", "0.00", set()),
        ("-0.001", "0.00", {"amount_negative"}),
        ("NaN", None, {"amount_unreadable"}),
        ("\u20b9100", None, {"amount_unreadable"}),
        (" 100 ", "100.00", set()),
    ],
)
def test_C13_D14_money_is_two_places_rounded_half_up(value: Any, kept: str | None, flagged: set[str]) -> None:
    flags: Flags = set()

    amount = values.money(value, flags)

    assert (None if amount is None else str(amount), flags) == (kept, flagged)


@pytest.mark.parametrize(
    ("value", "kept", "flagged"),
    [
        ("2", 2, set()),
        ("2.0", 2, set()),
        ("1000000000", 10**9, set()),
        ("1.5", Decimal("1.5"), {"quantity_odd"}),
        ("0", 0, {"quantity_odd"}),
        ("-2", -2, {"quantity_odd"}),
        ("1e12", None, {"quantity_odd"}),
        (None, None, {"quantity_odd"}),
        ("two", None, {"quantity_odd"}),
        ([], None, {"quantity_odd"}),
        ("0.0004", 0, {"quantity_odd"}),
    ],
)
def test_D13_quantities(value: Any, kept: Any, flagged: set[str]) -> None:
    flags: Flags = set()

    assert (values.quantity(value, flags), flags) == (kept, flagged)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", range(9, 14))
@pytest.mark.parametrize(("column", "read"), [("mrp", values.money), ("quantity", values.quantity)])
def test_D13_D14_whatever_is_kept_fits_its_column(
    column: str, read: Callable[[Any, Flags], Decimal | None], digits: int, sign: str
) -> None:
    field = Sku._meta.get_field(column)

    kept = read(f"{sign}{'9' * digits}.{'9' * 5}", set())

    assert kept is None or format_number(kept, field.max_digits, field.decimal_places) == str(kept)


@pytest.mark.parametrize(
    ("value", "kept", "flagged"),
    [
        ("1604837077", datetime(2020, 11, 8, 12, 4, 37, tzinfo=UTC), set()),
        ("1604837077.5", datetime(2020, 11, 8, 12, 4, 37, 500_000, tzinfo=UTC), set()),
        ("1604837077000", datetime(2020, 11, 8, 12, 4, 37, tzinfo=UTC), set()),
        ("0", None, set()),
        (None, None, set()),
        ("", None, set()),
        ("-1", None, {"time_unreadable"}),
        ("253402300799", None, {"time_unreadable"}),
        ("1e39", None, {"time_unreadable"}),
        ("2020-11-08", None, {"time_unreadable"}),
        ({}, None, {"time_unreadable"}),
        (False, None, {"time_unreadable"}),
        ("1", None, {"time_unreadable"}),
    ],
)
def test_D15_times(value: Any, kept: datetime | None, flagged: set[str]) -> None:
    flags: Flags = set()

    assert (values.time(value, flags), flags) == (kept, flagged)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("1563366689", 1_563_366_689_000),
        ("1563366689.25", 1_563_366_689_250),
        ("1563366689123", 1_563_366_689_123),
        ("0", 0),
        ("-5", -5_000),
        ("1e16", None),
        ("soon", None),
        (None, None),
        ([], None),
    ],
)
def test_D24_D25_the_clock_in_milliseconds(value: Any, kept: int | None) -> None:
    assert values.milliseconds(value) == kept


def test_the_clock_fits_its_column() -> None:
    largest = values.milliseconds("9999999999999999")

    assert largest is not None
    assert largest < GroupedOrder._meta.get_field("status_id").validators[1].limit_value  # a 64-bit column like `at_ms`
