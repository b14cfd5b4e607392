"""Money and counts as they are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.template import Context, Template

from orders.money import UNKNOWN, Amount
from orders.templatetags.amounts import and_more, quantity, rupees, rupees_or_dash


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (Decimal("0"), "0.00"),
        (Decimal("5.5"), "5.50"),
        ("999.99", "999.99"),
        (1000, "1,000.00"),
        (Decimal("12345.67"), "12,345.67"),
        (Decimal("123456.7"), "1,23,456.70"),
        (Decimal("10000000"), "1,00,00,000.00"),
        (Decimal("-1234567.891"), "−12,34,567.89"),
        (Decimal("1e9"), "1,00,00,00,000.00"),
    ],
)
def test_rupees_are_grouped_as_in_india(value: Any, shown: str) -> None:
    assert rupees(value) == shown


@pytest.mark.parametrize("value", [None, "", "x", Decimal("NaN"), Decimal("Infinity"), "1_000"])
def test_what_is_no_amount_is_never_shown_as_one(value: Any) -> None:
    assert rupees(value) == ""


def test_what_is_not_known_is_a_dash() -> None:
    assert [rupees_or_dash(value) for value in (None, Decimal(0), Decimal(1234))] == ["—", "₹0.00", "₹1,234.00"]


@pytest.mark.parametrize(
    ("said", "text"),
    [(None, "—"), (UNKNOWN, "— not known"), (Amount(Decimal(0)), "0.00"), (Amount(Decimal("-5")), "−5.00")],
)
def test_an_amount_not_said_an_unknown_one_and_a_known_one(said: Amount | None, text: str) -> None:
    shown = Template("{% load i18n %}{% amount said %}").render(Context({"said": said}))

    assert " ".join(_words(shown).split()) == text


def test_an_unknown_amount_says_what_is_odd() -> None:
    shown = Template("{% amount said %}").render(Context({"said": UNKNOWN}))

    assert 'title="1mg sent something that is no amount of money"' in shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (Decimal("2.000"), "2"), (Decimal("0.500"), "0.5"), (Decimal("100"), "100")]
)
def test_a_count_without_zeros(value: Decimal | None, shown: str) -> None:
    assert quantity(value) == shown


@pytest.mark.parametrize(
    ("count", "shown", "words"),
    [(20, 20, ""), (3, 20, ""), (21, 20, "and 1 more"), (123_476, 20, "and 1,23,456 more")],
)
def test_what_a_list_does_not_show(count: int, shown: int, words: str) -> None:
    assert and_more(count, shown) == words


def _words(markup: str) -> str:
    """The text of some markup."""
    return "".join(part.rpartition(">")[2] for part in markup.split("<"))
