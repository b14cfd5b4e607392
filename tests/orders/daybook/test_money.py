"""The page Money: sums to the paisa, days in India, what is not known apart, and each figure with its purchases."""

from __future__ import annotations

import csv
import io
import logging
import random
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.daybook import spans, sums
from orders.daybook.figures import CHOICES, CONDITIONS
from orders.daybook.spans import Span
from orders.models import OrderGroup
from orders.rebuild import put_sums_anew
from tests.conftest import document, order_update

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
Post = Callable[..., Any]
FIRST = date(2026, 11, 20)
#: Half past eleven at night in India, on the first day.
LATE = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
#: Half past six in London's winter is midnight in India.
_SUMMER_AND_WINTER = ("2001-01-31", "2001-07-31", "2026-02-28")
_ABOUT_MIDNIGHT = ("29:59", "29:59.999999", "30:00", "30:00.000001")
QUERY = "since=2026-11-20&until=2026-11-21"


def bought(name: str, at: datetime = LATE, *, method: str = "ONLINE", **money: Any) -> OrderGroup:
    """A purchase of which that is known; registered, so that the list shows it."""
    names = {"captured": "all_captured_amount", "collected": "collected_amount", "due": "refund_due_amount"}
    names |= {"back": "paid_back_amount", "asked": "refund_asked_amount"}
    columns = {names.get(key, key): value for key, value in money.items()}
    return OrderGroup.objects.create(
        merchant_order_id=name, first_seen_at=at, registered_at=at, payment_method=method, **columns
    )


def settled(name: str, at: datetime = LATE, amount: str = "652.36", **more: Any) -> OrderGroup:
    """One of which all is known, and nothing differs."""
    known = {"captured": amount, "collected": amount, "due": "0.00", "back": "0.00"}
    return bought(name, at, **{name: Decimal(value) for name, value in (known | more).items()})


def cells(day: sums.Day) -> dict[str, Any]:
    return {cell.name: cell.amount for cell in day.cells}


def unknown(day: sums.Day) -> dict[str, int]:
    return {cell.name: cell.unknown for cell in day.cells if cell.unknown}


def lines(browser: Client, path: str) -> list[list[str]]:
    """The lines of a CSV file."""
    answer: Any = browser.get(path)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))


# --- M28: sums --------------------------------------------------------------------------------------------------------


def test_M28_each_figure_is_the_sum_of_its_purchases() -> None:
    settled("M1")
    settled("M2", captured="100.10", collected="100.00", due="50.05", asked="50.05", back="20.00")

    day = sums.of(Span(FIRST, FIRST))[0]

    assert {name: str(amount) for name, amount in cells(day).items()} == {
        "captured": "752.46",
        "collected": "752.36",
        "differs": "0.10",
        "due": "50.05",
        "asked": "50.05",
        "paid_back": "20.00",
        "left": "30.05",
    }
    assert (day.many, unknown(day)) == (2, {})


def test_M28_many_odd_paise_come_to_the_paisa() -> None:
    chance = random.Random(10)
    amounts = [Decimal(chance.randrange(1, 10**7)) / 100 for _ in range(2000)]
    OrderGroup.objects.bulk_create(
        OrderGroup(merchant_order_id=f"M{n}", first_seen_at=LATE, payment_method="ONLINE", all_captured_amount=amount)
        for n, amount in enumerate(amounts)
    )

    assert cells(sums.of(Span(FIRST, FIRST))[0])["captured"] == sum(amounts)


def test_M28_a_day_begins_and_ends_in_india() -> None:
    for number, at in enumerate(
        (LATE - timedelta(hours=24), LATE, LATE + timedelta(hours=1), LATE + timedelta(days=1))
    ):
        settled(f"M{number}", at)

    days = sums.of(Span(FIRST, FIRST + timedelta(days=1)))

    assert [(day.span.first.day, day.many) for day in days] == [(21, 2), (20, 1)]


@pytest.mark.parametrize("at", [f"{day}T18:{time}+00:00" for day in _SUMMER_AND_WINTER for time in _ABOUT_MIDNIGHT])
def test_M28_each_moment_is_of_its_day_in_india(at: str) -> None:
    moment = datetime.fromisoformat(at)
    settled("M1", moment)

    days = sums.of(Span(moment.date(), moment.date() + timedelta(days=1)))

    assert [day.span.first for day in days] == [timezone.localdate(moment, timezone.get_default_timezone())]


def test_M28_what_is_not_known_is_counted_apart_and_never_zero() -> None:
    bought("M1")
    bought("M2", is_refund_unread=True, collected=Decimal(5))
    bought("M3", method="COD")

    day = sums.of(Span(FIRST, FIRST))[0]

    assert (cells(day)["captured"], cells(day)["due"], cells(day)["collected"]) == (None, None, 5)
    assert unknown(day) == {"captured": 2, "collected": 1, "due": 1, "paid_back": 2}


def test_M28_the_total_is_the_sum_of_the_days() -> None:
    settled("M1")
    bought("M2", LATE + timedelta(days=1), captured=Decimal("0.07"))
    span = Span(FIRST, FIRST + timedelta(days=1))

    total = sums.total(sums.of(span), span)

    assert (total.many, cells(total)["captured"], unknown(total)) == (
        2,
        Decimal("652.43"),
        {"collected": 1, "paid_back": 1},
    )


# --- M28: what 1mg and Nimbbl say comes here --------------------------------------------------------------------------


def told(name: str, order: str, **amounts: Any) -> dict[str, Any]:
    """What 1mg says of one order of a purchase."""
    body = order_update(order, 30)
    document(body)["merchant_order_id"] = name
    document(body)["grouped_orders"][0]["payment_summary"] |= amounts
    return body


def test_M28_what_was_collected_counts_once_a_purchase(post: Post) -> None:
    for order in ("PO1", "PO2"):
        post(told("M1", order, online_collected=652.36, total_refund_due=10))

    group = OrderGroup.objects.get(pk="M1")
    assert (group.orders.count(), group.collected_amount, group.refund_due_amount) == (2, Decimal("652.36"), 10)


def test_M28_the_last_word_counts_also_where_it_is_said_again(post: Post) -> None:
    post(told("M1", "PO1", online_collected=100))
    post(told("M1", "PO2", online_collected=200))
    again = told("M1", "PO1", online_collected=100)
    document(again)["grouped_orders"][0]["updated"] += 60
    post(again)

    assert OrderGroup.objects.get(pk="M1").collected_amount == 100


def test_M28_an_amount_nobody_can_read_is_not_known(post: Post) -> None:
    post(told("M1", "PO1", online_collected="1,234.50", total_refund_due=None))

    group = OrderGroup.objects.get(pk="M1")
    assert (group.collected_amount, group.refund_due_amount, group.is_refund_unread) == (None, None, True)


def test_purchases_of_the_code_before_get_their_sums(post: Post) -> None:
    for order, amount in (("PO1", 100), ("PO2", 200)):
        post(told("M1", order, online_collected=amount))
    group = OrderGroup.objects.get(pk="M1")
    heard = {name: place for name, place in group.heard.items() if name != "sums"}
    OrderGroup.objects.update(collected_amount=None, refund_due_amount=None, heard=heard)

    put_sums_anew(10)

    after = OrderGroup.objects.get(pk="M1")
    assert (after.collected_amount, after.refund_due_amount, after.heard) == (200, group.refund_due_amount, group.heard)


# --- M28: each figure opens its purchases -----------------------------------------------------------------------------


@pytest.fixture
def various() -> None:
    """Purchases that stand for each figure."""
    settled("EVEN")
    settled("PAISE", captured="652.40")
    settled("MORE", captured="700.00")
    settled("LESS", captured="600.00")
    settled("BACK", due="652.36", asked="652.36", back="652.36")
    settled("OWED", due="652.36", asked="100.00", back="100.00")
    bought("UNREAD", is_refund_unread=True)
    settled("OTHER", LATE + timedelta(days=5), captured="1.00")


ALL = {"EVEN", "PAISE", "MORE", "LESS", "BACK", "OWED"}


@pytest.mark.usefixtures("various")
@pytest.mark.parametrize(
    ("figure", "those"),
    [
        ("captured", ALL),
        ("collected", ALL),
        ("differs", {"PAISE", "MORE", "LESS"}),
        ("differs_much", {"MORE", "LESS"}),
        ("due", {"BACK", "OWED"}),
        ("asked", {"BACK", "OWED"}),
        ("paid_back", {"BACK", "OWED"}),
        ("left", {"OWED"}),
        ("left_much", {"OWED"}),
        ("captured_unknown", {"UNREAD"}),
        ("collected_unknown", {"UNREAD"}),
        ("due_unknown", {"UNREAD"}),
        ("paid_back_unknown", {"UNREAD"}),
    ],
)
def test_M28_a_figure_opens_its_purchases(as_role: AsRole, figure: str, those: set[str]) -> None:
    page = as_role("Viewer").get(f"/orders/?{QUERY}&money={figure}")

    assert {group.pk for group in page.context["page"].rows} == those


def test_every_figure_has_words_and_purchases() -> None:
    assert {value for value, _words in CHOICES} == set(CONDITIONS)


@pytest.mark.usefixtures("various")
def test_M28_the_page_leads_there_and_nowhere_else(as_role: AsRole) -> None:
    browser = as_role("Viewer")
    page = browser.get(f"/money/?{QUERY}").content.decode()

    links = [unescape(link) for link in re.findall(r'href="(/orders/\?[^"]+)"', page)]
    shown = {link.rpartition("=")[2]: browser.get(link).context["page"].rows for link in links}
    assert set(shown) - {"2026-11-20", "2026-11-21"} == set(CONDITIONS)
    assert all(shown.values())


@pytest.mark.usefixtures("various")
def test_M28_differences_that_even_out_are_shown_all_the_same(as_role: AsRole) -> None:
    OrderGroup.objects.exclude(pk__in=("MORE", "LESS")).delete()
    OrderGroup.objects.filter(pk="LESS").update(all_captured_amount=Decimal("604.72"))

    page = as_role("Viewer").get(f"/money/?{QUERY}").content.decode()

    assert 'money=differs"' in page
    assert "2 by more than ₹1" in page


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("various")
def test_amounts_and_what_is_not_known_are_shown(as_role: AsRole) -> None:
    page = as_role("Viewer").get("/money/?since=2026-11-20&until=2026-11-20").content.decode()

    assert "₹3,909.48" in page
    assert "1 not known" in page
    assert "Fri 20 Nov 2026" in page


def test_the_latest_week_is_shown_where_nothing_was_chosen(as_role: AsRole) -> None:
    page = as_role("Viewer").get("/money/")

    today = timezone.localdate()
    assert page.context["span"] == Span(today - timedelta(days=6), today)
    assert "Nobody has spoken of a purchase in these days." in page.content.decode()


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("since=2026-11-21&until=2026-11-20", "The first day is after the last one."),
        ("since=2025-01-01&until=2026-11-20", "No more than 366 days at once."),
        ("since=x", "Enter a valid date."),
        ("since=0001-01-01", "Ensure this value is greater than or equal to"),
        ("until=9999-12-31", "Ensure this value is less than or equal to"),
    ],
)
def test_days_that_cannot_be_shown(as_role: AsRole, query: str, problem: str) -> None:
    browser = as_role("Viewer")

    assert problem in unescape(browser.get(f"/money/?{query}").content.decode())
    assert browser.get(f"/money/days/csv/?{query}").status_code == 302
    assert browser.get(f"/money/purchases/csv/?{query}").status_code == 302


def test_more_days_than_are_summed_at_once_are_a_file(as_role: AsRole) -> None:
    settled("M1")

    page = as_role("Viewer").get("/money/?since=2026-10-20&until=2026-11-20").content.decode()

    assert "So many days are not summed on this page: 31 at most." in page
    assert "/money/days/csv/?since=2026-10-20&amp;until=2026-11-20" in page
    assert "M1" not in page


def test_days_are_offered(as_role: AsRole) -> None:
    page = as_role("Viewer").get("/money/").content.decode()

    assert [f"?{spans.latest(many).query}" in unescape(page) for many in (7, 30)] == [True, True]


def test_the_number_of_queries_is_the_same(as_role: AsRole) -> None:
    browser = as_role("Viewer")
    counts = []
    for number in (1, 30):
        for n in range(number):
            settled(f"M{number}-{n}", LATE + timedelta(days=n))
        with CaptureQueriesContext(connection) as queries:
            browser.get("/money/?since=2026-11-20&until=2026-12-19")
        counts.append([one["sql"] for one in queries if "orders_ordergroup" in one["sql"]])

    assert (len(counts[0]), len(counts[1])) == (len(counts[1]), 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="the plan is PostgreSQL's")
def test_a_range_reads_its_index_alone() -> None:
    OrderGroup.objects.bulk_create(
        OrderGroup(merchant_order_id=f"M{n}", first_seen_at=LATE - timedelta(hours=n), marks="x" * 500)
        for n in range(4000)
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE orders_ordergroup")
    with CaptureQueriesContext(connection) as queries:
        sums.of(Span(FIRST - timedelta(days=6), FIRST))
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {queries[-1]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "Index Only Scan using group_money_of_days" in plan


# --- M29: files -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("various")
def test_M29_the_days_as_a_file(as_role: AsRole) -> None:
    head, row = lines(as_role("Viewer"), f"/money/days/csv/?{QUERY}")

    assert dict(zip(head, row, strict=True)) == {
        "day": "2026-11-20",
        "purchases": "7",
        "captured": "3909.48",
        "collected": "3914.16",
        "differs": "-4.68",
        "due": "1304.72",
        "asked": "752.36",
        "paid_back": "752.36",
        "left": "552.36",
        "captured_not_known": "1",
        "collected_not_known": "1",
        "due_not_known": "1",
        "paid_back_not_known": "1",
    }


@pytest.mark.parametrize("days", [1, 31, 32, 62, 366])
def test_M29_a_file_of_many_months_has_each_day_once(as_role: AsRole, days: int) -> None:
    first = FIRST - timedelta(days=days - 1)
    for at in {first, first + timedelta(days=days // 2), FIRST}:
        settled(f"M{at}", LATE - (FIRST - at))

    _head, *rows = lines(as_role("Viewer"), f"/money/days/csv/?since={first}&until={FIRST}")

    assert [row[0] for row in rows] == sorted({row[0] for row in rows}, reverse=True)
    assert {row[0] for row in rows} == {f"{first}", f"{first + timedelta(days=days // 2)}", f"{FIRST}"}


@pytest.mark.usefixtures("various")
def test_M29_the_purchases_of_a_file_come_to_the_days(as_role: AsRole) -> None:
    browser = as_role("Viewer")

    head, *rows = lines(browser, f"/money/purchases/csv/?{QUERY}")
    day = dict(zip(*lines(browser, f"/money/days/csv/?{QUERY}"), strict=True))

    for place, name in enumerate(head[3:], start=3):
        known = [Decimal(row[place]) for row in rows if row[place] not in ("", "not known")]
        assert str(sum(known)) == day[name], name
        if f"{name}_not_known" in day:
            assert str([row[place] for row in rows].count("not known")) == day[f"{name}_not_known"]


@pytest.mark.parametrize("name", ["=1+1", "+91", "-2", "@x", "\tx", "＝1", " =1"])
def test_M29_no_spreadsheet_takes_an_id_for_a_formula(as_role: AsRole, name: str) -> None:
    settled(name)

    rows = lines(as_role("Viewer"), f"/money/purchases/csv/?{QUERY}")

    assert rows[1][1] == f"'{name}"


def test_M29_a_file_holds_nothing_personal(as_role: AsRole, caplog: pytest.LogCaptureFixture) -> None:
    bought("M1", customer_name="Kanarija", contact_number="9800000000", method="Kanarija pays", city="Kanari")
    browser = as_role("Viewer")
    with caplog.at_level(logging.INFO):
        found = [str(lines(browser, f"/money/{kind}/csv/?{QUERY}")) for kind in ("days", "purchases")]

    assert [re.findall("Kanar|98000", text) for text in [*found, caplog.text]] == [[], [], []]
    assert "csv money-purchases of 1 lines" in caplog.text


def test_M29_a_file_is_written_while_it_is_read(as_role: AsRole) -> None:
    settled("M1")

    answer: Any = as_role("Viewer").get(f"/money/purchases/csv/?{QUERY}")

    assert answer.streaming
    assert "attachment" in answer["Content-Disposition"]
