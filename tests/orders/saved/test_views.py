"""Views of the list that staff keep: own and shared ones, with their counts."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.care import services as care
from orders.models import OrderGroup, SavedView
from orders.saved import services, shown
from tests.conftest import order_update
from tests.forms import fields, press

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]
#: Cities that are too many letters for a view.
LONG = "&".join(f"city={'a' * 90}{number}" for number in range(18))


def text(answer: Any) -> str:
    """A page in one line."""
    return " ".join(answer.content.decode().split())


def _nav(answer: Any) -> str:
    return text(answer).partition("Saved views")[2].partition("</nav>")[0]


def tabs(answer: Any) -> list[tuple[str, str]]:
    """Name and count of each view that is shown above the list."""
    found = re.findall(r"<bdi>([^<]*)</bdi>(?: <b>([^<]*)</b>)?", _nav(answer))
    return [(html.unescape(name), count) for name, count in found]


def save(browser: Client, query: str, name: str, **more: str) -> Any:
    """Save what is filtered now, as the form above the list does."""
    return browser.post("/views/save/", {"query": query, "name": name, **more})


def keep(name: str, query: str = "status=20", *, owner: str = "operations", is_shared: bool = False) -> SavedView:
    """A view that somebody has kept."""
    user, _made = User.objects.get_or_create(username=owner)
    return services.save(user, name, query, is_shared=is_shared)


# --- keeping ----------------------------------------------------------------------------------------------------------


def test_what_is_filtered_is_kept_in_one_press_with_a_name(post: Post, as_role: AsRole) -> None:
    post(order_update("PO1", 20))
    browser = as_role("Operations")

    answer = browser.post("/views/save/", fields(browser.get("/orders/?status=20&older=x")) | {"name": " Stuck  here "})

    assert (answer.status_code, answer["Location"]) == (302, "/orders/?status=20")
    page = browser.get("/orders/?status=20")
    assert tabs(page) == [("Stuck here", "")]
    assert 'href="/orders/?status=20" aria-current="page"' in text(page)


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("q=asha&city=Pune", "city=Pune"),
        ("older=x&newer=y&from=z&turn=us&nobody=knows", "turn=us"),
        ("city=+Pune+&city=Goa&city=&status=30&status=20", "status=20&status=30&city=Goa&city=Pune"),
        ("owner=me", "owner=~me"),
        ("owner=asha", "owner=asha"),
    ],
)
def test_only_filters_are_kept_and_never_what_was_searched(as_role: AsRole, query: str, kept: str) -> None:
    save(as_role("Operations"), query, "Mine")

    assert SavedView.objects.get().query.replace("%7E", "~") == kept


@pytest.mark.parametrize("query", ["", "q=asha", "status=abc", "wait=soon", LONG])
def test_what_cannot_be_kept_is_said(as_role: AsRole, query: str) -> None:
    answer = save(as_role("Operations"), query, "Mine")

    assert (answer.status_code, SavedView.objects.count()) == (400, 0)
    assert 'class="wrong" role="alert"' in text(answer)


@pytest.mark.parametrize("name", ["", "   ", "a" * 61, "a\0b"])
def test_a_name_that_is_none_is_said(as_role: AsRole, name: str) -> None:
    answer = save(as_role("Operations"), "status=20", name)

    assert (answer.status_code, SavedView.objects.count()) == (400, 0)
    assert 'value="status=20"' in text(answer)


def test_pressed_twice_it_is_kept_once(as_role: AsRole) -> None:
    browser = as_role("Operations")

    codes = [save(browser, "status=20", "Stuck").status_code for _press in range(2)]

    assert (codes, SavedView.objects.count()) == ([302, 302], 1)


def test_a_name_that_stands_for_something_else_is_said(as_role: AsRole) -> None:
    browser = as_role("Operations")
    save(browser, "status=20", "Stuck")

    answer = save(browser, "status=30", "Stuck")

    assert "You have another view of that name." in text(answer)
    assert SavedView.objects.get().query == "status=20"


def test_there_are_not_too_many(as_role: AsRole) -> None:
    browser = as_role("Operations")
    for number in range(services.MOST):
        save(browser, "status=20", f"View {number}")

    answer = save(browser, "status=20", "One more")

    assert (answer.status_code, SavedView.objects.count()) == (400, services.MOST)


# --- counts -----------------------------------------------------------------------------------------------------------


def test_each_says_how_many_it_holds_and_since_when_the_oldest(post: Post, as_role: AsRole) -> None:
    for number in range(3):
        post(order_update(f"PO{number}", 20))
    post(order_update("PO9", 30))
    OrderGroup.objects.filter(pk="M-PO1").update(first_seen_at=timezone.now() - timezone.timedelta(days=3))
    browser = as_role("Operations")
    for name, query in (("Stuck", "status=20"), ("Sent", "status=30"), ("None", "status=40")):
        save(browser, query, name)

    page = browser.get("/views/counts/")

    assert tabs(page) == [("None", "0"), ("Sent", "1"), ("Stuck", "3")]
    assert re.search(r"<b>3</b> <small><time [^>]+>3 d</time>", text(page))


def test_it_is_counted_no_further_than_to_999(post: Post, as_role: AsRole, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "MOST", 2)
    for number in range(4):
        post(order_update(f"PO{number}", 20))
    browser = as_role("Operations")
    save(browser, "status=20", "Stuck")

    page = browser.get("/views/counts/")

    assert tabs(page) == [("Stuck", "2+")]
    assert "<small>" not in text(page)  # of more than were counted nobody knows the oldest


def test_whose_turn_and_who_i_am_is_asked_for_the_reader(post: Post, as_role: AsRole) -> None:
    post(order_update("PO1", 20))
    keep("Mine", "owner=~me", owner="boss", is_shared=True)
    browser = as_role("Operations")
    care.take("M-PO1", by=User.objects.get(username="operations"), instead_of=None)

    assert tabs(browser.get("/views/counts/")) == [("Mine", "1")]


def test_one_that_cannot_be_read_any_more_stays_without_a_count(as_role: AsRole) -> None:
    browser = as_role("Operations")
    save(browser, "status=20", "Stuck")
    SavedView.objects.update(query="status=no-more")

    assert tabs(browser.get("/views/counts/")) == [("Stuck", "")]
    assert "cannot be read any more" in text(browser.get("/views/"))


@pytest.mark.parametrize("path", ["/orders/", "/views/counts/", "/views/"])
@pytest.mark.parametrize("many", [1, 10])
def test_many_views_cost_as_many_statements_as_one(as_role: AsRole, path: str, many: int) -> None:
    browser = as_role("Operations")
    for number in range(many):
        keep(f"View {number}", f"city=c{number}&turn=us&wait=1h&owner=~me")
        keep(f"Shared {number}", "promise=passed&prescription=none&tag=x", owner="boss", is_shared=True)

    with CaptureQueriesContext(connection) as asked:
        browser.get(path)

    assert len(asked) <= 12


# --- own and shared ---------------------------------------------------------------------------------------------------


def test_own_ones_are_seen_by_nobody_else(as_role: AsRole) -> None:
    keep("Hers", owner="asha")
    keep("Everybody's", owner="asha", is_shared=True)

    assert tabs(as_role("Operations").get("/orders/")) == [("Everybody's", "")]


def test_who_may_not_share_is_not_asked_and_does_not(as_role: AsRole) -> None:
    browser = as_role("Operations")
    page = browser.get("/orders/?status=20")

    save(browser, "status=20", "Stuck", is_shared="on")

    assert "Everybody sees it" not in text(page)
    assert SavedView.objects.get().is_shared is False


def test_an_administrator_shares_and_takes_back(as_role: AsRole) -> None:
    browser = as_role("Administrator")
    save(browser, "status=20", "Stuck", is_shared="on")
    view = SavedView.objects.get()

    for is_shared in ("0", "1", "1"):
        browser.post(f"/views/{view.pk}/share/", {"is_shared": is_shared})

    view.refresh_from_db()
    assert view.is_shared is True


def test_of_a_shared_view_who_may_not_see_people_reads_only_common_words(as_role: AsRole) -> None:
    keep("Orders of Asha Rao", "status=20", owner="boss", is_shared=True)
    keep("By tag", "tag=asha+rao", owner="boss", is_shared=True)
    keep("By courier", "courier=asha", owner="boss", is_shared=True)
    browser = as_role("Viewer")

    pages = [text(browser.get(path)) for path in ("/orders/", "/views/", "/views/counts/")]

    assert [("Asha" in page, "asha" in page, "Orders of ••••" in page) for page in pages] == [(False, False, True)] * 3


def test_a_viewer_keeps_views_too_and_reads_their_names(as_role: AsRole) -> None:
    browser = as_role("Viewer")

    save(browser, "status=20", "Asha's")

    assert tabs(browser.get("/orders/")) == [("Asha's", "")]


@pytest.mark.parametrize(("role", "code"), [("Operations", 404), ("Administrator", 200)])
def test_shared_ones_are_looked_after_by_who_may_share(as_role: AsRole, role: str, code: int) -> None:
    view = keep("Everybody's", owner="asha", is_shared=True)
    browser = as_role(role)

    codes = {browser.get(f"/views/{view.pk}/{page}/").status_code for page in ("rename", "delete")}

    assert codes == {code}


@pytest.mark.parametrize("page", ["rename", "delete"])
def test_U10_nobody_reaches_somebody_elses(as_role: AsRole, page: str) -> None:
    view = keep("Hers", owner="asha")
    browser = as_role("Administrator")

    codes = [
        browser.get(f"/views/{view.pk}/{page}/").status_code,
        browser.post(f"/views/{view.pk}/{page}/").status_code,
    ]

    assert (codes, SavedView.objects.filter(pk=view.pk).exists()) == ([404, 404], True)


# --- renaming and deleting --------------------------------------------------------------------------------------------


def test_it_is_given_another_name(as_role: AsRole) -> None:
    browser = as_role("Operations")
    view = keep("Stuck")

    press(browser, f"/views/{view.pk}/rename/", name="No stock")

    assert tabs(browser.get("/orders/")) == [("No stock", "")]


def test_a_name_that_another_one_has_is_said(as_role: AsRole) -> None:
    browser = as_role("Operations")
    keep("No stock")
    view = keep("Stuck")

    answer = browser.post(f"/views/{view.pk}/rename/", {"name": "No stock"})

    assert (answer.status_code, SavedView.objects.get(pk=view.pk).name) == (400, "Stuck")


def test_deleting_asks_first_and_pressed_twice_deletes_once(as_role: AsRole) -> None:
    browser = as_role("Operations")
    view, other = keep("Stuck"), keep("Other")
    asked = browser.get(f"/views/{view.pk}/delete/")

    codes = [browser.post(f"/views/{view.pk}/delete/").status_code for _press in range(2)]

    assert "Delete this view?" in text(asked)
    assert (codes, list(SavedView.objects.all())) == ([302, 302], [other])


def test_it_goes_with_its_owners_account(as_role: AsRole) -> None:
    keep("Stuck", owner="asha", is_shared=True)

    User.objects.get(username="asha").delete()

    assert SavedView.objects.count() == 0
