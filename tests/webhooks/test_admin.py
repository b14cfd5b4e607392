"""The admin of the front door: evidence to read, and "apply again"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from orders.models import GroupedOrder
from tests.conftest import order_update, payload
from tests.refusing import refusing
from tests.rows import changed, everything
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
LIST = "/admin/webhooks/delivery/"


@pytest.fixture
def browser() -> Callable[[str], Client]:
    """Somebody of a role whom the administrator has let into the admin."""

    def login(role: str) -> Client:
        user = User.objects.create_user(role.lower(), is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return login


@pytest.fixture
def three(post: Post) -> list[int]:
    """A delivery that could not be applied and now could, one that is applied, one that nobody understands."""
    with refusing("PO1"):
        post(order_update("PO1"))
    post(order_update("PO2"))
    post({"grouped_orders": []})
    return list(Delivery.objects.order_by("pk").values_list("pk", flat=True))


def apply_again(client: Client, keys: list[int]) -> Any:
    """Run the action on rows; the page that follows."""
    return client.post(LIST, {"action": "apply_again", "_selected_action": keys}, follow=True)


@pytest.mark.parametrize("role", ["Operations", "Administrator"])
def test_apply_again_reports_per_row_in_order_of_arrival(three: list[int], browser: Any, role: str) -> None:
    page = apply_again(browser(role), three[::-1])

    assert [str(message) for message in page.context["messages"]] == [
        f"Delivery {three[0]}: pending -> applied",
        f"Delivery {three[1]}: applied -> applied",
        f"Delivery {three[2]}: quarantined -> quarantined",
    ]
    assert [message.level_tag for message in page.context["messages"]] == ["success", "success", "warning"]
    assert set(GroupedOrder.objects.values_list("pk", flat=True)) == {"PO1", "PO2"}


def test_U9_a_viewer_is_not_offered_it_and_may_not(three: list[int], browser: Any) -> None:
    client = browser("Viewer")
    before = everything()

    assert "apply_again" not in client.get(LIST).content.decode()
    apply_again(client, three)

    assert {name for name in changed(before, everything()) if not name.startswith("sessions.")} == set()


@pytest.mark.parametrize(("role", "seen"), [("Viewer", False), ("Operations", True), ("Administrator", True)])
def test_U11_the_bytes_are_for_who_may_see_personal_data(post: Post, browser: Any, role: str, seen: bool) -> None:
    post(payload("delivered"))

    page = browser(role).get(f"{LIST}{Delivery.objects.get().pk}/change/").content.decode()

    assert ("USER1" in page) is seen


@pytest.mark.parametrize("body", [b"\xff\x00", b"{", b"[" * 50_000, b'{"a": "\\ud800"}', b"<script>alert(1)</script>"])
def test_C14_any_body_can_be_looked_at(post: Post, browser: Any, body: bytes) -> None:
    post(body)

    page = browser("Operations").get(f"{LIST}{Delivery.objects.get().pk}/change/")

    assert page.status_code == 200
    assert "<script>alert" not in page.content.decode()


def test_a_delivery_is_found_by_its_number_and_its_checksum(three: list[int], browser: Any) -> None:
    client = browser("Viewer")

    found = [
        client.get(LIST, {"q": q}).context["cl"].result_count
        for q in (str(three[1]), Delivery.objects.get(pk=three[1]).sha256, "nothing")
    ]

    assert found == [1, 1, 0]


def test_the_list_narrows_down_to_an_outcome(three: list[int], browser: Any) -> None:
    page = browser("Viewer").get(LIST, {"outcome__exact": "pending"})

    assert [row.pk for row in page.context["cl"].queryset] == [three[0]]


def test_the_list_never_reads_a_body(three: list[int], browser: Any, django_assert_max_num_queries: Any) -> None:
    client = browser("Viewer")

    with django_assert_max_num_queries(50) as queries:
        client.get(LIST)
        read = [query["sql"] for query in queries if '"webhooks_delivery"."body"' in query["sql"]]

    assert read == []
