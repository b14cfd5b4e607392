"""Paging of the staff list: every row once, whatever arrives in between; places cannot be forged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import paging
from orders.models import OrderGroup

pytestmark = pytest.mark.django_db


def make(count: int, *, step: timedelta = timedelta(seconds=1), prefix: str = "M") -> list[str]:
    """Purchases first seen `step` apart; their ids, newest first."""
    start = timezone.now()
    groups = [OrderGroup(merchant_order_id=f"{prefix}{n:03}", first_seen_at=start + step * n) for n in range(count)]
    OrderGroup.objects.bulk_create(groups)
    return [group.pk for group in reversed(groups)]


def page(size: int = 5, **params: str | None) -> paging.Page:
    """A page of all purchases."""
    return paging.page(OrderGroup.objects.all(), params, size)


def ids(found: paging.Page) -> list[str]:
    """Its rows."""
    return [group.pk for group in found.rows]


@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(0)], ids=["apart", "all in one instant"])
@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 10, 23])
def test_older_pages_show_every_row_once(count: int, step: timedelta) -> None:
    newest_first = make(count, step=step)

    shown, found = [], page()
    while found.rows:
        shown += ids(found)
        if found.older is None:
            break
        found = page(older=found.older)

    assert shown == newest_first


@pytest.mark.parametrize("step", [timedelta(seconds=1), timedelta(0)], ids=["apart", "all in one instant"])
def test_newer_leads_back_over_the_same_pages(step: timedelta) -> None:
    make(14, step=step)
    there = [page()]
    while there[-1].older:
        there.append(page(older=there[-1].older))

    back = [there[-1]]
    while back[-1].newer:
        back.append(page(newer=back[-1].newer))

    assert [ids(found) for found in back[::-1]] == [ids(found) for found in there]


def test_the_ends_have_no_further_page() -> None:
    make(7)

    first = page()
    last = page(older=first.older)

    assert (first.newer, last.older) == (None, None)


def test_a_full_last_page_is_the_last() -> None:
    make(10)

    assert page(older=page().older).older is None


def test_rows_that_arrive_in_between_move_nothing() -> None:
    newest_first = make(10)
    older = page().older
    OrderGroup.objects.create(merchant_order_id="NEW", first_seen_at=timezone.now() + timedelta(hours=1))

    assert ids(page(older=older)) == newest_first[5:]


def test_from_keeps_the_page_where_it_is_while_news_arrive() -> None:
    newest_first = make(7)
    place = page().first
    assert place is not None
    OrderGroup.objects.create(merchant_order_id="NEW", first_seen_at=timezone.now() + timedelta(hours=1))

    assert ids(page(**{"from": place})) == newest_first[:5]
    assert paging.newer_than(OrderGroup.objects.all(), place) == 1


def test_news_are_counted_up_to_a_limit() -> None:
    place = make(30)[-1]
    cursor = paging.cursor_of(OrderGroup.objects.get(pk=place))

    assert paging.newer_than(OrderGroup.objects.all(), cursor, most=10) == 10


def test_an_empty_list_has_no_place() -> None:
    assert page().first is None


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "a:b:c",
        "\0",
        "💊",
        "A" * 10_000,
        signing.dumps("text"),
        signing.dumps([1, 2]),
        signing.dumps(["x", "y"]),
        signing.dumps([None]),
        signing.dumps({}),
        signing.dumps(["2026", "M", "x"]),
    ],
    ids=range(12),
)
@pytest.mark.parametrize("name", ["older", "newer", "from"])
def test_U21_a_damaged_place_is_the_first_page(name: str, cursor: str) -> None:
    newest_first = make(7)

    assert ids(page(**{name: cursor})) == newest_first[:5]
    assert paging.newer_than(OrderGroup.objects.all(), cursor) == 0


def test_a_place_cannot_be_forged() -> None:
    newest_first = make(12)
    good = page().older
    assert good is not None
    body, _, signature = good.rpartition(":")

    assert ids(page(older=f"{body}:{signature[::-1]}")) == newest_first[:5]


@pytest.mark.parametrize("params", [{}, {"older": True}, {"newer": True}])
def test_F20_a_page_is_one_query_without_offset_or_count(params: dict[str, Any]) -> None:
    make(12)
    place = paging.cursor_of(OrderGroup.objects.all()[6])

    with CaptureQueriesContext(connection) as queries:
        page(**dict.fromkeys(params, place))

    assert len(queries) == 1
    assert [word for word in ("OFFSET", "COUNT(") if word in queries[0]["sql"]] == []
