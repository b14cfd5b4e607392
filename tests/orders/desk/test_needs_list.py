"""What purchases need, in the list and in the API: tab, filter and page by page."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orders.models import ApiKey
from tests.orders.made import purchase

pytestmark = pytest.mark.django_db


@pytest.fixture
def three() -> dict[str, str]:
    """One to confirm, one in doubt, one delivered."""
    return {"to_confirm": purchase(160), "unknown": purchase(160, state="unknown"), "": purchase(40)}


@pytest.mark.parametrize("name", ["to_confirm", "unknown"])
def test_the_list_shows_a_queue(three: dict[str, str], as_role: Callable[[str], Client], name: str) -> None:
    page = " ".join(as_role("Viewer").get(f"/orders/?cause={name}").content.decode().split())

    assert [f'href="/orders/{key}/"' in page for key in three.values()] == [name == key for key in three]
    assert f'<a href="?cause={name}" aria-current="page">' in page


@pytest.mark.parametrize("name", ["to_confirm", "unknown"])
def test_the_api_lists_a_queue(three: dict[str, str], client: Client, name: str) -> None:
    secret = ApiKey.issue("shop")[1]

    answer = client.get(f"/api/orders/?cause={name}", headers={"Authorization": f"Token {secret}"})

    assert [found["merchant_order_id"] for found in answer.json()["results"]] == [three[name]]


def test_a_queue_narrows_down_with_the_other_filters(three: dict[str, str], as_role: Callable[[str], Client]) -> None:
    browser = as_role("Viewer")

    with_stage = browser.get("/orders/?cause=to_confirm&stage=ship").content.decode()
    with_mode = browser.get("/orders/?cause=to_confirm&mode=ONLINE").content.decode()

    assert three["to_confirm"] not in with_stage
    assert f'href="/orders/{three["to_confirm"]}/"' in with_mode


def test_U21_an_unknown_queue_is_said_to_be_one(as_role: Callable[[str], Client], client: Client) -> None:
    secret = ApiKey.issue("shop")[1]

    answer = client.get("/api/orders/?cause=nowhere", headers={"Authorization": f"Token {secret}"})
    page = as_role("Viewer").get("/orders/?cause=nowhere").content.decode()

    assert (answer.status_code, list(answer.json())) == (400, ["cause"])
    assert "A filter cannot be read" in page


def test_an_empty_queue_says_that_nothing_waits(as_role: Callable[[str], Client]) -> None:
    assert "Nothing waits here" in as_role("Viewer").get("/orders/?cause=to_confirm").content.decode()


def test_a_long_queue_is_paged_newest_first(as_role: Callable[[str], Client]) -> None:
    keys = [purchase(160) for _ in range(60)]
    browser, found = as_role("Viewer"), []
    address = "/orders/?cause=to_confirm"

    while address:
        page = browser.get(address)
        found += [group.pk for group in page.context["page"].rows]
        older = page.context["page"].older
        address = f"/orders/?cause=to_confirm&older={older}" if older else ""

    assert found == keys[::-1]


def test_a_page_of_a_queue_costs_the_same_however_many_wait(as_role: Callable[[str], Client]) -> None:
    browser = as_role("Viewer")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get("/orders/?cause=to_confirm")
        return len(queries)

    purchase(160)
    browser.get("/orders/")
    one = cost()
    for _ in range(5):
        purchase(160)

    assert cost() == one


#: A value of every filter of the form.
EACH = "cause=to_confirm&turn=us&wait=1m&status=160&promise=passed&prescription=none&mode=COD&city=a&city=b&courier=c"


@pytest.mark.parametrize(
    "query",
    ["", "cause=to_confirm", "cause=unknown", "stage=intake", "q=abc+xyz", f"{EACH}&owner=~nobody&tag=t", "owner=~me"],
)
@pytest.mark.parametrize("many", [1, 55])
def test_no_list_asks_more_than_twelve_statements(as_role: Callable[[str], Client], query: str, many: int) -> None:
    for _ in range(many):
        purchase(160)
        purchase(160, state="unknown")
    browser = as_role("Operations")

    with CaptureQueriesContext(connection) as asked:
        browser.get(f"/orders/?{query}")

    assert len(asked) <= 12


def test_what_is_searched_for_is_not_counted(as_role: Callable[[str], Client]) -> None:
    purchase(160)
    purchase(160, state="unknown")
    browser = as_role("Viewer")

    def counts(query: str) -> list[tuple[str, int]]:
        return [(tab.cause.slug, tab.many) for tab in (browser.get(f"/orders/?{query}").context.get("tabs") or [])]

    assert [counts(query) for query in ("", "q=abc")] == [[("unknown", 1), ("to_confirm", 1)], []]


@pytest.mark.parametrize(
    ("queue", "state"), [("to_confirm", "none"), ("unknown_outcome", "unknown"), ("in_flight", "in_flight")]
)
def test_the_api_still_takes_the_names_that_it_had_for_queues(client: Client, queue: str, state: str) -> None:
    keys = {name: purchase(160, state=name) for name in ("none", "unknown", "in_flight", "confirmed")}
    secret = ApiKey.issue("shop")[1]

    answer = client.get(f"/api/orders/?queue={queue}", headers={"Authorization": f"Token {secret}"})

    assert [found["merchant_order_id"] for found in answer.json()["results"]] == [keys[state]]
