"""*Now*: what needs somebody, one row a purchase; and the same on the purchase, the rail and in the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import reviews
from orders.actors import Actor
from orders.care import services as care
from orders.models import ApiKey, ClockLimit, GroupedOrder, Need, OrderGroup
from tests.conftest import document, order_update, payload
from webhooks import replay

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 1, 0


def text(answer: Any) -> str:
    """A page in one line."""
    return " ".join(answer.content.decode().split())


def rows(answer: Any) -> list[tuple[str, str]]:
    """Purchase and cause of each row, from top to bottom."""
    return [(line.group.pk, line.work.cause.slug) for line in answer.context["lines"]]


def confirmed(order_id: str, status: int, updated: int | None = None, **entry: Any) -> dict[str, Any]:
    """An update of a COD purchase, which waits for no confirmation."""
    body = order_update(order_id, status, updated or T0, **{"eta": None, **entry})
    told = document(body)
    told["merchant_order_id"] = f"M-{order_id}"
    told["grouped_orders"][0]["payment_summary"] |= {"mode": "COD"}
    return body


# --- rows -------------------------------------------------------------------------------------------------------------


def test_a_purchase_is_one_row_that_says_whose_turn_it_is_why_and_until_when(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20))

    page = text(as_role("Operations").get("/"))

    assert "No stock" in page
    assert re.search(r"1mg found no stock, (1 h|1 h \d+ m) ago", page)
    assert "Us <br><small>1mg and the customer</small>" in page
    assert "<small> of 2 h </small><br> <small>1mg&#x27;s FAQ: 2 h at most</small>" in page
    assert 'href="/orders/M-PO1/#ask"' in page


def test_the_most_overdue_stands_first(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20, T0))
    post(confirmed("PO2", 20, T0 - 3600 * 5))
    post(confirmed("PO3", 30, T0, eta={"eta_to": T0 - 3600}))

    assert rows(as_role("Operations").get("/")) == [
        ("M-PO2", "allocation"),
        ("M-PO3", "late"),
        ("M-PO1", "allocation"),
    ]


def test_of_several_causes_the_first_is_shown_and_the_others_are_named(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20, eta={"eta_to": T0}))

    page = as_role("Operations").get("/")

    assert rows(page) == [("M-PO1", "allocation")]
    assert "+1 more: Late" in text(page)


def test_what_is_somebody_elses_turn_is_not_here_until_its_limit_has_passed(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 130, T0))
    post(confirmed("PO2", 130, T0 - 3600 * 24))

    assert rows(as_role("Operations").get("/")) == [("M-PO2", "waits_1mg")]


def test_a_promise_that_passes_needs_no_delivery(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 30, eta={"eta_to": T0 + 3600 * 24}))
    browser = as_role("Operations")
    before = rows(browser.get("/"))

    Need.objects.filter(clock="late").update(since=timezone.now())  # as if a day had passed

    assert (before, rows(browser.get("/"))) == ([], [("M-PO1", "late")])


def test_a_tab_shows_one_cause_with_its_count_and_its_oldest(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20))
    post(confirmed("PO2", 20, T0 - 3600))
    post(confirmed("PO3", 30, eta={"eta_to": T0}))

    page = as_role("Operations").get("/?cause=late")

    assert rows(page) == [("M-PO3", "late")]
    assert [(tab.cause.slug, tab.many) for tab in page.context["tabs"]] == [("allocation", 2), ("late", 1)]
    assert re.search(r"No stock <b>2</b> <small><time [^>]+>2 h", text(page))


def test_a_tab_shows_its_cause_where_another_one_comes_first(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20, eta={"eta_to": T0}))

    assert rows(as_role("Operations").get("/?cause=late")) == [("M-PO1", "late")]


@pytest.fixture
def looked_after(post: Post, as_role: AsRole) -> Client:
    """Four without stock, one of them late as well: two are mine, one is Asha's, one nobody's."""
    for number in range(4):
        post(confirmed(f"PO{number}", 20, eta={"eta_to": T0} if number == 0 else None))
    browser, asha = as_role("Operations"), User.objects.create_user("asha")
    me = User.objects.get(username="operations")
    for number, owner in ((0, me), (1, me), (2, asha)):
        care.take(f"M-PO{number}", by=owner, instead_of=None)
    return browser


def whose(answer: Any) -> list[int]:
    """What the tabs say: all, mine, nobody's."""
    return [tab.many for tab in answer.context["whose"]]


@pytest.mark.parametrize(
    ("query", "found", "counts", "causes"),
    [
        ("", ["M-PO0", "M-PO1", "M-PO2", "M-PO3"], [4, 2, 1], [("allocation", 4), ("late", 1)]),
        ("owner=~me", ["M-PO0", "M-PO1"], [4, 2, 1], [("allocation", 2), ("late", 1)]),
        ("owner=~nobody", ["M-PO3"], [4, 2, 1], [("allocation", 1)]),
        ("owner=~me&cause=late", ["M-PO0"], [1, 1, 0], [("allocation", 2), ("late", 1)]),
        ("owner=~nobody&cause=late", [], [1, 1, 0], [("allocation", 1)]),
        ("owner=asha", ["M-PO0", "M-PO1", "M-PO2", "M-PO3"], [4, 2, 1], [("allocation", 4), ("late", 1)]),
    ],
)
def test_mine_nobodys_and_all_are_counted_with_the_causes(
    looked_after: Client, query: str, found: list[str], counts: list[int], causes: list[tuple[str, int]]
) -> None:
    page = looked_after.get(f"/?{query}")

    assert sorted(key for key, _cause in rows(page)) == found
    assert whose(page) == counts
    assert [(tab.cause.slug, tab.many) for tab in page.context["tabs"]] == causes


@pytest.mark.parametrize("query", ["", "owner=~me", "owner=~nobody&cause=late"])
def test_the_rail_counts_everybodys(looked_after: Client, query: str) -> None:
    page = text(looked_after.get(f"/?{query}"))

    assert re.search(r'id="need-count"[^>]*>4<', page)


def test_tabs_combine_and_begin_at_the_first_row(looked_after: Client) -> None:
    page = text(looked_after.get("/?owner=~me&cause=late&after=x"))

    assert 'href="?owner=~me&amp;cause=allocation"' in page.replace("%7E", "~")
    assert 'href="?cause=late"' in page
    assert 'href="?owner=~nobody&amp;cause=late"' in page.replace("%7E", "~")


def test_where_nothing_of_an_owner_is_due_the_page_does_not_say_that_nothing_is(looked_after: Client) -> None:
    page = text(looked_after.get("/?owner=~nobody&cause=late"))

    assert "Nothing needs you." not in page
    assert "Everything that needs somebody" in page


@pytest.mark.parametrize("query", ["owner=~me", "owner=~me&cause=allocation"])
def test_an_owners_page_costs_no_more(looked_after: Client, query: str) -> None:
    looked_after.get("/")

    with CaptureQueriesContext(connection) as asked:
        looked_after.get(f"/?{query}")

    assert len(asked) <= 12


def test_pages_hold_every_purchase_once(post: Post, as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orders.desk.attention.PAGE_SIZE", 3)
    for number in range(8):
        post(confirmed(f"PO{number}", 20, T0 - number // 2, eta={"eta_to": T0}))
    # What is not shown of a purchase is overdue after what is, and after the rows of the pages before.
    ClockLimit.objects.create(clock="allocation", after=timedelta(0))
    browser, found, address = as_role("Operations"), [], "/"

    while address:
        page = browser.get(address)
        found += [key for key, _cause in rows(page)]
        address = f"/?after={page.context['after']}" if page.context["after"] else ""

    assert sorted(found) == [f"M-PO{number}" for number in range(8)]


@pytest.mark.parametrize("query", ["after=rubbish", "cause=nowhere", "after=%00", "cause=%F0%9F%98%80"])
def test_U21_what_cannot_be_read_of_the_address_is_left_alone(post: Post, as_role: AsRole, query: str) -> None:
    post(confirmed("PO1", 20))

    assert rows(as_role("Operations").get(f"/?{query}")) == [("M-PO1", "allocation")]


def test_nothing_needs_somebody(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 40))

    page = text(as_role("Operations").get("/"))

    assert "Nothing needs you." in page
    assert "Last news:" in page
    assert "Everything that was received is applied." in page


def test_who_may_not_see_people_sees_none_and_no_button_that_is_not_theirs(post: Post, as_role: AsRole) -> None:
    body = payload("order-stuck")
    document(body)["prescriptions"] = [{"url": "", "status": "Rejected", "reason": "Not for USER1 of Hiramay"}]
    post(body)

    page = text(as_role("Viewer").get("/"))

    assert "1mg rejected the prescription" in page
    assert "USER1" not in page
    assert "Hiramay" not in page


def test_an_engineers_row_is_for_who_may_replay(post: Post, as_role: AsRole) -> None:
    body = confirmed("PO1", 40)
    document(body)["grouped_orders"][0]["order_status"]["status_id"] = 173
    post(body)

    assert rows(as_role("Viewer").get("/")) == []
    page = as_role("Operations").get("/")
    assert rows(page) == [("M-PO1", "unread")]
    assert "was not understood in full: 1mg sent a status that is not in its table" in text(page)
    assert 'href="/deliveries/' in text(page)


# --- the same everywhere ----------------------------------------------------------------------------------------------


def test_the_rail_counts_the_rows(post: Post, as_role: AsRole) -> None:
    for number in range(3):
        post(confirmed(f"PO{number}", 20, eta={"eta_to": T0}))
    browser = as_role("Operations")

    counts = [
        re.search(r'id="need-count"[^>]*>(\d+)<', text(browser.get(path))) for path in ("/", "/orders/", "/pulse/")
    ]

    assert [found and found[1] for found in counts] == ["3", "3", "3"]


def test_the_purchase_says_what_now_says_word_for_word(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 20, eta={"eta_to": T0}))
    browser = as_role("Operations")
    [line] = browser.get("/").context["lines"]

    page = text(browser.get("/orders/M-PO1/"))

    assert page.index(line.work.sentence) < page.index(line.more[0].sentence)
    assert f'href="{line.work.link.address}"' in page


def test_the_api_says_it_too(post: Post, client: Client) -> None:
    post(confirmed("PO1", 20))
    secret = ApiKey.issue("shop")[1]

    answer = client.get("/api/orders/M-PO1/", headers={"Authorization": f"Token {secret}"}).json()

    [need] = answer["needs"]
    assert (need["cause"], need["turn"], need["order_id"]) == ("allocation", "us", "PO1")
    assert datetime.fromisoformat(need["until"]) - datetime.fromisoformat(need["since"]) == timedelta(hours=2)


@pytest.mark.parametrize("many", [1, 12])
def test_the_page_asks_as_often_for_one_row_as_for_many(post: Post, as_role: AsRole, many: int) -> None:
    for number in range(many):
        post(order_update(f"PO{number}", 160, T0))
        post(confirmed(f"POX{number}", 20, eta={"eta_to": T0}))
    browser = as_role("Operations")
    browser.get("/")

    with CaptureQueriesContext(connection) as asked:
        browser.get("/")

    assert len(asked) <= 12


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_a_cause_ends_with_its_condition(post: Post) -> None:
    post(confirmed("PO1", 20))
    post(confirmed("PO1", 130, T0 + 60))

    assert list(Need.objects.values_list("clock", flat=True)) == ["waits_130"]


def test_looking_at_what_was_flagged_ends_it(post: Post) -> None:
    post(confirmed("PO1", 99, T0))
    post(confirmed("PO1", 130, T0 + 60))
    before = set(Need.objects.values_list("clock", flat=True))

    reviews.mark_reviewed(GroupedOrder.objects.get(), by=Actor.of(User.objects.create_user("asha")))

    assert (before, set(Need.objects.values_list("clock", flat=True))) == ({"flagged", "waits_130"}, {"waits_130"})


def test_what_could_not_be_read_ends_when_1mg_says_it_better(post: Post) -> None:
    odd = confirmed("PO1", 40, T0)
    document(odd)["grouped_orders"][0]["payment_summary"] |= {"online_collected": "much"}
    post(odd)
    before = list(Need.objects.values_list("clock", flat=True))

    post(confirmed("PO1", 40, T0 + 60))

    assert (before, list(Need.objects.values_list("clock", flat=True))) == (["unread"], [])


def test_the_second_try_to_deliver_counts(post: Post) -> None:
    for number, status in enumerate((30, 45, 30, 45)):
        post(confirmed("PO1", status, T0 + number, eta={"eta_to": T0 + 3600 * 48}))

    assert GroupedOrder.objects.get().attempts == 2
    assert Need.objects.get(clock="late").since < timezone.now()


def compared() -> list[str]:
    """What comparing with the bytes finds to differ."""
    found = replay.rebuild(OrderGroup.objects.order_by("pk"), keep=False)
    return [f"{group.pk}: {', '.join(names)}" for group, names in found if names]


def test_a_need_that_is_gone_or_wrong_is_found_and_put_right(post: Post) -> None:
    post(confirmed("PO1", 20))
    post(confirmed("PO2", 30, eta={"eta_to": T0}))
    assert compared() == []
    Need.objects.filter(clock="allocation").delete()
    Need.objects.filter(clock="late").update(many=7)

    found = compared()
    call_command("rebuild_orders", stdout=StringIO())

    assert sorted(found) == ["M-PO1: purchase.need.allocation", "M-PO2: purchase.need.late"]
    assert compared() == []


# --- limits -----------------------------------------------------------------------------------------------------------


def test_a_limit_that_an_administrator_sets_counts_from_then_on(post: Post, as_role: AsRole) -> None:
    post(confirmed("PO1", 130, T0))
    browser = as_role("Operations")
    before = rows(browser.get("/"))

    ClockLimit.objects.create(clock="waits_130", after=timedelta(minutes=30), why="agreed with 1mg")
    page = browser.get("/")

    assert (before, rows(page)) == ([], [("M-PO1", "waits_1mg")])
    assert "of 30 min </small><br> <small>agreed with 1mg</small>" in text(page)
