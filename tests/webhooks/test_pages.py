"""The inbox: what staff see of deliveries, who sees the bytes, and applying again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.models import GroupedOrder
from tests.conftest import order_update, payload
from tests.refusing import refusing
from tests.rows import changed, everything
from webhooks import pages
from webhooks.models import Delivery, RejectedAttempt

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
AsRole = Callable[[str], Client]


def shown(page: Any) -> list[int]:
    """The deliveries that a page of the inbox lists, in its order."""
    return [int(pk) for pk in re.findall(r'href="/deliveries/(\d+)/"', page.content.decode())]


def only() -> Delivery:
    """The one delivery."""
    return Delivery.objects.get()


# --- the list ---------------------------------------------------------------------------------------------------------


def test_the_newest_delivery_stands_first(post: Post, as_role: AsRole) -> None:
    for _ in range(3):
        post(order_update())

    assert shown(as_role("Viewer").get("/deliveries/")) == sorted(Delivery.objects.values_list("pk", flat=True))[::-1]


def test_the_list_is_paged_and_shows_every_delivery_once(as_role: AsRole) -> None:
    Delivery.objects.bulk_create(Delivery(body=b"{}", sha256="", token_fingerprint="") for _ in range(120))
    browser, address, found = as_role("Viewer"), "/deliveries/", []

    while address:
        page = browser.get(address)
        found.append(shown(page))
        older = re.search(r'href="(\?older=[^"]+)"', page.content.decode())
        address = f"/deliveries/{older[1]}" if older else ""

    assert [len(part) for part in found] == [50, 50, 20]
    assert sum(found, []) == sorted(Delivery.objects.values_list("pk", flat=True))[::-1]


def test_the_list_narrows_down_to_an_outcome(post: Post, as_role: AsRole) -> None:
    post(order_update())
    post(order_update())
    post(b"{")
    numbers = dict(Delivery.objects.values_list("outcome", "pk"))
    browser = as_role("Viewer")

    found = {name: shown(browser.get("/deliveries/", {"outcome": name})) for name in numbers}

    assert found == {name: [pk] for name, pk in numbers.items()}
    assert set(found) == {"applied", "duplicate", "refused"}


def test_the_list_narrows_down_to_what_was_set_aside(post: Post, as_role: AsRole) -> None:
    post(order_update())
    post(order_update("PO2"))
    given_up = Delivery.objects.order_by("pk")[0]
    Delivery.objects.filter(pk=given_up.pk).update(outcome="quarantined", settled_at=None)

    assert shown(as_role("Viewer").get("/deliveries/?outcome=set_aside")) == [given_up.pk]


def test_an_outcome_that_there_is_not_says_so(post: Post, as_role: AsRole) -> None:
    post(order_update())

    page = as_role("Viewer").get("/deliveries/?outcome=x")

    assert "A filter cannot be read" in page.content.decode()
    assert shown(page) == []


@pytest.mark.parametrize(
    "query",
    [
        "outcome=x",
        "outcome=%00",
        "older=x",
        "older=-1",
        "older=" + "9" * 40,
        "older=%D9%A1",
        "older=%00",
        "older=1.5",
        "outcome=applied&outcome=%ED%A0%80",
        "older=0",
    ],
)
def test_U21_no_value_breaks_the_list(post: Post, as_role: AsRole, query: str) -> None:
    post(order_update())

    assert as_role("Viewer").get(f"/deliveries/?{query}").status_code == 200


def test_three_deliveries_cost_the_queries_of_one(
    post: Post, as_role: AsRole, django_assert_max_num_queries: Any
) -> None:
    browser = as_role("Viewer")
    post(order_update())
    with django_assert_max_num_queries(100) as queries:
        browser.get("/deliveries/")
        one = len(queries)
    post(order_update("PO2"))
    post(payload("split-order"))

    with django_assert_max_num_queries(one):
        browser.get("/deliveries/")


def test_the_list_never_reads_a_body(post: Post, as_role: AsRole, django_assert_max_num_queries: Any) -> None:
    post(order_update())
    browser = as_role("Viewer")

    with django_assert_max_num_queries(100) as queries:
        browser.get("/deliveries/")
        read = [query["sql"] for query in queries if '"webhooks_delivery"."body"' in query["sql"]]

    assert read == []


def test_who_was_turned_away_is_shown(as_role: AsRole) -> None:
    RejectedAttempt.objects.create(minute=timezone.now(), remote_address="192.0.2.7", reason="no_token", times=41)

    page = as_role("Viewer").get("/deliveries/").content.decode()

    assert "192.0.2.7" in page
    assert "41" in page


# --- one delivery -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("role", "seen"), [("Viewer", False), ("Operations", True), ("Administrator", True)])
def test_U11_the_bytes_are_for_who_may_see_personal_data(post: Post, as_role: AsRole, role: str, seen: bool) -> None:
    post(payload("delivered"))

    page = as_role(role).get(f"/deliveries/{only().pk}/").content.decode()

    assert ("USER1" in page, "delivery_address" in page) == (seen, seen)


@pytest.mark.parametrize("role", ["Viewer", "Operations"])
def test_the_page_says_what_the_delivery_changed_and_what_1mg_was_told(post: Post, as_role: AsRole, role: str) -> None:
    post(order_update("PO1", 130))
    post(order_update("PO1", 30, 1_700_000_100))
    last = Delivery.objects.latest("pk")

    page = as_role(role).get(f"/deliveries/{last.pk}/").content.decode()

    assert 'href="/orders/M-PO1/"' in page
    assert [shown in page for shown in ("progress.status_id", "<bdi>130</bdi>", "<bdi>30</bdi>")] == [True] * 3
    assert f"Order updated. Reference {last.pk}." in page


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe\x00",
        b"{",
        b"[" * 50_000,
        b'{"a": "\\ud800"}',
        b'{"a": "\\u0000"}',
        b"9" * 5000,
        b"null",
        b'{"a": NaN}',
        b'{"a": 1e400}',
        json.dumps({"k" * 3000: "v" * 5000}).encode(),
        "\u202e💊".encode(),
        b'{"grouped_orders": [{"order_id": "\\ud800"}]}',
        b'{"grouped_orders": [7, null, [], "x"]}',
    ],
    ids=range(13),
)
def test_C14_any_body_can_be_looked_at(post: Post, as_role: AsRole, body: bytes) -> None:
    post(body)

    for role in ("Viewer", "Operations"):
        assert as_role(role).get(f"/deliveries/{only().pk}/").status_code == 200
    assert pages.pretty(body) == pages.pretty(body).encode().decode()


def test_the_body_is_shown_with_its_numbers_as_they_were_sent(post: Post, as_role: AsRole) -> None:
    body = json.dumps(order_update()).replace("1700000000", "1.70000000010e9")
    post(body.encode())

    assert "1.70000000010e9" in as_role("Operations").get(f"/deliveries/{only().pk}/").content.decode()


@pytest.mark.parametrize("pk", ["0", "999999", "9" * 30])
def test_a_delivery_nobody_knows_is_404(as_role: AsRole, pk: str) -> None:
    assert as_role("Viewer").get(f"/deliveries/{pk}/").status_code == 404


# --- applying again ---------------------------------------------------------------------------------------------------


@pytest.fixture
def failed(post: Post) -> Delivery:
    """A delivery that could not be applied, and now could."""
    with refusing("PO1"):
        post(order_update("PO1"))
    return only()


@pytest.mark.parametrize("role", ["Operations", "Administrator"])
def test_who_may_act_applies_again_and_is_told_what_came_of_it(failed: Delivery, as_role: AsRole, role: str) -> None:
    answer = as_role(role).post(f"/deliveries/{failed.pk}/apply-again/", follow=True)

    assert answer.redirect_chain == [(f"/deliveries/{failed.pk}/", 302)]
    assert (only().outcome, GroupedOrder.objects.count()) == ("applied", 1)
    assert "Applied again: Applied" in answer.content.decode()


def test_U9_a_viewer_may_not(failed: Delivery, as_role: AsRole) -> None:
    browser = as_role("Viewer")
    before = everything()

    assert browser.post(f"/deliveries/{failed.pk}/apply-again/").status_code == 403
    assert changed(before, everything()) == set()
    assert "apply-again" not in browser.get(f"/deliveries/{failed.pk}/").content.decode()


def test_U5_a_post_without_the_forms_token_is_refused(failed: Delivery, staff: Callable[[str], Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(staff("Operations"))

    answer = browser.post(f"/deliveries/{failed.pk}/apply-again/")

    assert (answer.status_code, only().outcome) == (403, "pending")


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_U29_only_a_post_applies_again(failed: Delivery, as_role: AsRole, method: str) -> None:
    browser = as_role("Operations")

    answer = getattr(browser, method)(f"/deliveries/{failed.pk}/apply-again/")

    assert (answer.status_code, only().outcome) == (405, "pending")


def test_applying_again_a_delivery_nobody_knows_is_404(as_role: AsRole) -> None:
    assert as_role("Operations").post("/deliveries/999999/apply-again/").status_code == 404
