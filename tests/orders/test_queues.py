"""The queues: each condition as a matrix, the same in list, API and tab, and counted no further than needed."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders import queues
from orders.choices import Confirmation
from orders.models import ApiKey, GroupedOrder, OrderGroup
from orders.queues import LATER, MOST, QUEUES, WAITING
from orders.statuses import STATUSES, status_of

pytestmark = pytest.mark.django_db

_numbers = itertools.count()


def purchase(*statuses: int | None, registered: bool = False, method: str = "ONLINE", state: str = "none") -> str:
    """A purchase with orders in some statuses."""
    key, now = f"M{next(_numbers)}", timezone.now()
    group = OrderGroup.objects.create(
        merchant_order_id=key,
        first_seen_at=now,
        payment_method=method,
        confirmation_state=state,
        group_order_id=f"G{key}" if statuses else "",
        registered_at=now if registered else None,
    )
    for number, status in enumerate(statuses):
        stage = status_of(status).stage
        group.orders.create(order_id=f"PO{key}-{number}", listed_at=now, status_id=status, stage=stage)
    return key


def inside(name: str) -> set[str]:
    """The purchases that wait in a queue."""
    return set(QUEUES[name].narrow(OrderGroup.objects.all()).values_list("pk", flat=True))


def waiting(key: str) -> bool:
    """Whether a purchase waits to be confirmed: by the queue, and by what its own page says."""
    group = OrderGroup.objects.get(pk=key)
    by_page = queues.waits_for_confirmation(group, list(group.orders.all()))
    assert (key in inside("to_confirm")) == by_page
    return by_page


@pytest.fixture(params=["named", "walked"])
def _both_ways(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where few wait, and as where many do."""
    monkeypatch.setattr(queues, "FEW", 2000 if request.param == "named" else 0)


# --- to confirm -------------------------------------------------------------------------------------------------------

WAITING_AT = {15: True, 17: True, 160: True, 170: True, 100: True, 110: True}


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("status", [*STATUSES, 173, None])
def test_one_order_waits_for_a_confirmation_only_before_it_is_packed(status: int | None) -> None:
    purchase(160, state="confirmed")
    purchase(160)
    key = purchase(status)

    assert waiting(key) is WAITING_AT.get(status or 0, False)


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("beside", [*STATUSES, 173, None])
def test_a_purchase_waits_while_none_of_its_orders_has_gone_on(beside: int | None) -> None:
    purchase(160)
    key = purchase(160, beside)

    gone_on = status_of(beside).stage in ("fulfil", "ship", "done", "return", "cancel")
    assert waiting(key) is not gone_on


@pytest.mark.usefixtures("_both_ways")
@pytest.mark.parametrize("registered", [True, False])
@pytest.mark.parametrize("method", ["ONLINE", "COD", ""])
@pytest.mark.parametrize("state", Confirmation.values)
@pytest.mark.parametrize("statuses", [(), (160,), (160, 99), (130,), (180,)], ids=str)
def test_to_confirm_as_one_matrix(registered: bool, method: str, state: str, statuses: tuple[int, ...]) -> None:
    purchase(160)
    key = purchase(*statuses, registered=registered, method=method, state=state)

    waits = statuses == (160,) or (statuses == () and registered)
    assert waiting(key) is (waits and method == "ONLINE" and state in ("none", "rejected"))


@pytest.mark.usefixtures("_both_ways")
def test_a_registered_purchase_whose_order_1mg_moved_elsewhere_waits_no_longer() -> None:
    purchase(160)
    key = purchase(160, registered=True)
    GroupedOrder.objects.filter(group=key).update(group=purchase(160))

    assert key not in inside("to_confirm")


def test_the_statuses_of_the_queue_are_of_the_stages_before_packing() -> None:
    assert {status_of(code).stage for code in WAITING}.isdisjoint(LATER)


# --- the others -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "wanted"), [("unknown_outcome", "unknown"), ("in_flight", "in_flight")])
@pytest.mark.parametrize("state", Confirmation.values)
@pytest.mark.parametrize("method", ["ONLINE", "COD"])
def test_a_confirmation_under_way_or_in_doubt_is_in_its_queue(name: str, wanted: str, state: str, method: str) -> None:
    key = purchase(130, state=state, method=method)

    assert inside(name) == ({key} if (state, method) == (wanted, "ONLINE") else set())


def test_every_queue_says_why_and_whose_it_is() -> None:
    said = [(queue.label, queue.reason, queue.owner) for queue in QUEUES.values()]

    assert [words for words in said if not all(map(str, words))] == []
    assert [name for name, queue in QUEUES.items() if name != queue.name] == []


# --- counts -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("many", "shown"), [(0, ""), (1, "1"), (MOST, "50"), (MOST + 1, "50+"), (MOST + 30, "50+")])
@pytest.mark.parametrize(("state", "place"), [("rejected", 0), ("unknown", 1)])
def test_a_tab_counts_to_fifty(many: int, shown: str, state: str, place: int) -> None:
    for _ in range(many):
        purchase(160, state=state)

    assert queues.tabs()[place][1] == shown
    assert queues.tabs()[1 - place][1] == ""


def test_a_purchase_of_two_waiting_orders_counts_once() -> None:
    purchase(160, 100)
    purchase(registered=True)

    assert queues.tabs()[0][1] == "2"


def test_a_count_is_exact_however_many_orders_wait_for_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_SOME", 3)
    for _ in range(6):
        purchase(15, method="COD")
    for _ in range(4):
        purchase(160)

    assert queues.tabs()[0][1] == "4"


# --- the list and the API ---------------------------------------------------------------------------------------------


@pytest.fixture
def three() -> dict[str, str]:
    """One to confirm, one in doubt, one delivered."""
    return {"to_confirm": purchase(160), "unknown_outcome": purchase(160, state="unknown"), "": purchase(40)}


@pytest.mark.parametrize("name", ["to_confirm", "unknown_outcome"])
def test_the_list_shows_a_queue(three: dict[str, str], as_role: Callable[[str], Client], name: str) -> None:
    page = " ".join(as_role("Viewer").get(f"/orders/?queue={name}").content.decode().split())

    assert [f'href="/orders/{key}/"' in page for key in three.values()] == [name == key for key in three]
    assert f'<a href="?queue={name}" title="{QUEUES[name].reason}" aria-current="page">' in page


@pytest.mark.parametrize("name", ["to_confirm", "unknown_outcome"])
def test_the_api_lists_a_queue(three: dict[str, str], client: Client, name: str) -> None:
    secret = ApiKey.issue("shop")[1]

    answer = client.get(f"/api/orders/?queue={name}", headers={"Authorization": f"Token {secret}"})

    assert [found["merchant_order_id"] for found in answer.json()["results"]] == [three[name]]


def test_a_queue_narrows_down_with_the_other_filters(three: dict[str, str], as_role: Callable[[str], Client]) -> None:
    browser = as_role("Viewer")

    with_stage = browser.get("/orders/?queue=to_confirm&stage=ship").content.decode()
    with_mode = browser.get("/orders/?queue=to_confirm&mode=ONLINE").content.decode()

    assert three["to_confirm"] not in with_stage
    assert f'href="/orders/{three["to_confirm"]}/"' in with_mode


def test_U21_an_unknown_queue_is_said_to_be_one(as_role: Callable[[str], Client], client: Client) -> None:
    secret = ApiKey.issue("shop")[1]

    answer = client.get("/api/orders/?queue=nowhere", headers={"Authorization": f"Token {secret}"})
    page = as_role("Viewer").get("/orders/?queue=nowhere").content.decode()

    assert (answer.status_code, list(answer.json())) == (400, ["queue"])
    assert "A filter cannot be read" in page


def test_an_empty_queue_says_that_nothing_waits(as_role: Callable[[str], Client]) -> None:
    assert "Nothing waits here" in as_role("Viewer").get("/orders/?queue=to_confirm").content.decode()


def test_a_long_queue_is_paged_newest_first(as_role: Callable[[str], Client]) -> None:
    keys = [purchase(160) for _ in range(60)]
    browser, found = as_role("Viewer"), []
    address = "/orders/?queue=to_confirm"

    while address:
        page = browser.get(address)
        found += [group.pk for group in page.context["page"].rows]
        older = page.context["page"].older
        address = f"/orders/?queue=to_confirm&older={older}" if older else ""

    assert found == keys[::-1]


def test_a_page_of_a_queue_costs_the_same_however_many_wait(as_role: Callable[[str], Client]) -> None:
    browser = as_role("Viewer")

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            browser.get("/orders/?queue=to_confirm")
        return len(queries)

    purchase(160)
    browser.get("/orders/")
    one = cost()
    for _ in range(5):
        purchase(160)

    assert cost() == one


@pytest.mark.parametrize("query", ["", "queue=to_confirm", "queue=unknown_outcome", "stage=intake", "q=abc+xyz"])
@pytest.mark.parametrize("many", [1, MOST + 5])
def test_no_list_asks_more_than_eleven_statements(as_role: Callable[[str], Client], query: str, many: int) -> None:
    for _ in range(many):
        purchase(160)
        purchase(160, state="unknown")
    browser = as_role("Operations")

    with CaptureQueriesContext(connection) as asked:
        browser.get(f"/orders/?{query}")

    assert len(asked) <= 11


def test_what_is_searched_for_or_looked_at_is_not_counted(as_role: Callable[[str], Client]) -> None:
    purchase(160)
    purchase(160, state="unknown")
    browser = as_role("Viewer")

    def counts(query: str) -> list[str]:
        return [many for _queue, many in browser.get(f"/orders/?{query}").context["tabs"]()]

    assert [counts(query) for query in ("", "q=abc", "queue=to_confirm", "queue=unknown_outcome")] == [
        ["1", "1"],
        ["", ""],
        ["", "1"],
        ["1", ""],
    ]


# --- registered purchases of which 1mg has not spoken -----------------------------------------------------------------


@pytest.fixture
def silent() -> str:
    """A purchase that the shop has registered."""
    key = purchase(registered=True)
    OrderGroup.objects.filter(pk=key).update(
        onemg_order_id="PO-SILENT", payable_amount="652.36", search_text=f"{key.lower()} po silent"
    )
    return key


def test_a_registered_purchase_is_in_the_list_before_1mg_speaks(silent: str, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get("/orders/").content.decode()

    assert f'href="/orders/{silent}/"' in page
    assert "Registered, 1mg has not spoken yet" in page
    assert "652.36" in page


def test_a_purchase_that_nobody_registered_and_1mg_left_is_not(as_role: Callable[[str], Client]) -> None:
    left = purchase()

    assert left not in as_role("Viewer").get("/orders/").content.decode()


@pytest.mark.parametrize("query", ["po-sil", "silent po", "mode"])
def test_a_registered_purchase_is_found_by_search_and_filter(
    silent: str, as_role: Callable[[str], Client], query: str
) -> None:
    asked = "mode=ONLINE" if query == "mode" else f"q={query}"

    assert f'href="/orders/{silent}/"' in as_role("Viewer").get(f"/orders/?{asked}").content.decode()


@pytest.mark.parametrize("by", ["merchant order", "1mg order"])
def test_an_exact_id_goes_straight_to_a_registered_purchase(
    silent: str, as_role: Callable[[str], Client], by: str
) -> None:
    word = silent if by == "merchant order" else "PO-SILENT"

    answer = as_role("Viewer").post("/find/", {"q": word})

    assert (answer.status_code, answer.headers.get("Location")) == (303, f"/orders/{silent}/")


def test_its_page_says_how_it_stands(silent: str, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get(f"/orders/{silent}/")

    assert page.status_code == 200
    assert "Registered, 1mg has not spoken yet" in page.content.decode()


def test_the_page_of_a_purchase_nobody_speaks_of_shows_no_chip(as_role: Callable[[str], Client]) -> None:
    assert as_role("Viewer").get(f"/orders/{purchase()}/").status_code == 200


def test_registered_and_spoken_of_purchases_are_paged_together(as_role: Callable[[str], Client]) -> None:
    start = timezone.now()
    keys = [purchase(registered=True) if n % 2 else purchase(160) for n in range(110)]
    for number, key in enumerate(keys):
        OrderGroup.objects.filter(pk=key).update(first_seen_at=start + timedelta(seconds=number // 2))
    in_order = list(OrderGroup.objects.order_by("-first_seen_at", "-pk").values_list("pk", flat=True))
    browser, found, address = as_role("Viewer"), [], "/orders/"

    while address:
        page = browser.get(address).context["page"]
        found += [group.pk for group in page.rows]
        address = f"/orders/?older={page.older}" if page.older else ""

    assert found == in_order


def test_no_queue_calls_paid_what_is_only_online() -> None:
    assert [queue.name for queue in queues.QUEUES.values() if "paid" in str(queue.reason).lower()] == []
