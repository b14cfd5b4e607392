"""Looking back: a purchase as we knew it then, on the page and in the API."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from orders import purchases, reviews
from orders.actors import Actor
from orders.choices import Confirmation
from orders.models import Act, ApiKey, GroupedOrder, OrderGroup
from tests.conftest import document, order_update
from tests.orders.test_arrival import REGISTRATION, SETTINGS, UPDATE, Event, body_of, register
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]
Ask = Callable[..., Any]
T0 = 1_700_000_000


@pytest.fixture
def ask() -> Ask:
    """Ask the API of a purchase with a key that sees everything; the response."""
    _key, secret = ApiKey.issue("shop", may_see_personal_data=True)

    def get(pk: str, as_of: Any = None) -> Any:
        asked = {} if as_of is None else {"as_of": as_of.isoformat() if isinstance(as_of, datetime) else as_of}
        return Client().get(f"/api/orders/{pk}/", asked, headers={"Authorization": f"Token {secret}"})

    return get


def moment() -> datetime:
    """A time between what happened and what happens next; deliveries are timed to the millisecond."""
    time.sleep(0.002)
    found = timezone.now()
    time.sleep(0.002)
    return found


@pytest.fixture
def then(post: Post) -> datetime:
    """A time at which one order of the purchase M-PO1 was being packed; it has been delivered since."""
    post(order_update("PO1", 130, T0))
    found = moment()
    post(order_update("PO1", 40, T0 + 60))
    return found


# --- the state and the story ------------------------------------------------------------------------------------------


def test_the_state_is_what_it_was(ask: Ask, then: datetime) -> None:
    assert [ask("M-PO1", at).json()["orders"][0]["status"] for at in (then, None)] == ["Packaging", "Delivered"]


def test_the_story_ends_there(ask: Ask, then: datetime) -> None:
    told = [line["text"] for line in ask("M-PO1", then).json()["timeline"] if line["kind"] == "status"]

    assert told == ["Packaging"]


def test_what_happened_before_and_was_heard_of_later_was_not_known(ask: Ask, then: datetime, post: Post) -> None:
    post(order_update("PO1", 160, T0 - 60))

    told = [line["text"] for line in ask("M-PO1", then).json()["timeline"] if line["kind"] == "status"]

    assert told == ["Packaging"]


def test_an_order_that_left_since_is_where_it_was(ask: Ask, then: datetime, post: Post) -> None:
    post(order_update("PO1", 40, T0 + 90, merchant_order_id="M2"))

    def orders(pk: str, at: datetime | None) -> list[str]:
        return [order["order_id"] for order in ask(pk, at).json()["orders"]]

    assert [orders("M-PO1", then), orders("M-PO1", None), orders("M2", None)] == [["PO1"], [], ["PO1"]]


def test_what_the_shop_says_later_was_not_known(ask: Ask, post: Post) -> None:
    post(order_update("PO1", group_order_id="G1"))
    before = moment()
    with transaction.atomic():
        register("M-PO1", "G1")

    assert "Registered by shop" not in str(ask("M-PO1", before).json())
    assert "Registered by shop" in str(ask("M-PO1", moment()).json())


def test_the_confirmation_stood_as_the_acts_of_then_say(ask: Ask, post: Post) -> None:
    post(order_update("PO1", payment_summary={"mode": "ONLINE"}))
    group = OrderGroup.objects.get()
    times = [moment()]
    for state in (Confirmation.IN_FLIGHT, Confirmation.CONFIRMED):
        purchases.set_confirmation(group, state)
        acts_of_a_call(group, state)
        times.append(moment())

    assert [ask("M-PO1", at).json()["confirmation"]["state"] for at in times] == ["none", "in_flight", "confirmed"]


def acts_of_a_call(group: OrderGroup, state: Confirmation) -> None:
    """What a call leaves in the story where it says how the confirmation stands."""
    now = timezone.now()
    params = {"said": "1mg said so.", "standing": state}
    Act.objects.create(
        group=group, at=now, received_at=now, source="1mg", kind="call", act="call_ended", params=params, call_id=1
    )


def test_what_the_code_before_did_not_keep_of_a_confirmation_is_not_known(ask: Ask, post: Post) -> None:
    post(order_update("PO1", payment_summary={"mode": "ONLINE"}))
    group, now = OrderGroup.objects.get(), timezone.now()
    Act.objects.create(group=group, at=now, received_at=now, source="person", kind="call", text="Asked for", call_id=1)
    before = moment()
    purchases.set_confirmation(group, Confirmation.CONFIRMED)

    assert ask("M-PO1", before).json()["confirmation"] == {
        "state": "unknown",
        "at": None,
        "reason": "How it stood then was not kept.",
    }


def test_what_was_flagged_then_is_on_the_page_of_then(post: Post, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", 142, T0))
    post(order_update("PO1", 30, T0 + 60))
    before = moment()
    reviews.mark_reviewed(GroupedOrder.objects.get(), by=Actor.of(User.objects.create_user("asha")))
    browser = as_role("Operations")

    def flagged(**asked: str) -> bool:
        return "Look at this purchase." in browser.get("/orders/M-PO1/", asked).content.decode()

    assert (flagged(as_of=before.isoformat()), flagged()) == (True, False)


@st.composite
def histories(draw: Any) -> list[Event]:
    """Some updates and perhaps a registration."""
    events = draw(st.lists(UPDATE, min_size=1, max_size=6, unique_by=lambda event: event["minute"]))
    return draw(st.permutations(events + draw(st.lists(REGISTRATION, max_size=1))))


def without_needs(answer: Any) -> dict[str, Any]:
    """An answer but for what is needed, which is said of now alone."""
    return {key: value for key, value in answer.json().items() if key != "needs"}


def test_looking_back_shows_what_was_shown(post: Post, ask: Ask) -> None:
    """Whatever happens, what is answered after each step is answered for that time ever after."""

    def answers(at: datetime | None = None) -> dict[str, Any]:
        groups = OrderGroup.objects.with_something_to_show().values_list("pk", flat=True)  # type: ignore[attr-defined]
        return {pk: without_needs(ask(pk, at)) for pk in groups if at is None or ask(pk, at).status_code == 200}

    @settings(SETTINGS, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "12")))
    @given(histories())
    def check(events: list[Event]) -> None:
        with transaction.atomic():
            steps = []
            for event in events:
                if "registers" in event:
                    register(event["registers"], event["onemg"])
                else:
                    post(body_of(event))
                steps.append((moment(), answers()))
            for at, shown in steps:
                assert {pk: without_needs(ask(pk, at)) for pk in shown} == shown
            transaction.set_rollback(True)

    check()


# --- what was forgotten -----------------------------------------------------------------------------------------------


def test_where_bytes_are_gone_the_api_says_so(ask: Ask, then: datetime) -> None:
    Delivery.objects.order_by("pk")[0].delete()

    answer = ask("M-PO1", then)

    assert (answer.status_code, answer.json()) == (
        410,
        {"detail": "Not all that 1mg had said by then is still kept; what stood then cannot be told."},
    )


def test_where_bytes_are_gone_the_page_tells_what_happened_and_no_state(
    then: datetime, as_role: Callable[[str], Client]
) -> None:
    Delivery.objects.order_by("pk")[0].delete()

    page = as_role("Operations").get("/orders/M-PO1/", {"as_of": then.isoformat()}).content.decode()

    assert "what stood then is not known" in page
    assert "<strong>Packaging</strong>" in page
    assert [shown for shown in ("Shipments", "Customer", "Unknown status") if shown in page] == []


# --- which time -------------------------------------------------------------------------------------------------------


def test_a_time_without_a_zone_is_indias(ask: Ask, then: datetime) -> None:
    local = (then + timedelta(seconds=1)).astimezone(ZoneInfo("Asia/Kolkata")).replace(tzinfo=None)
    Delivery.objects.update(received_at=then - timedelta(hours=1))

    assert ask("M-PO1", (local - timedelta(seconds=1)).isoformat()).json()["orders"][0]["status"] == "Packaging"


def test_a_plus_that_became_a_blank_is_still_a_zone(ask: Ask, then: datetime) -> None:
    asked = then.astimezone(ZoneInfo("Asia/Kolkata")).isoformat().replace("+", " ")

    assert ask("M-PO1", asked).json()["orders"][0]["status"] == "Packaging"


@pytest.mark.parametrize("asked", ["", "yesterday", "2026-13-01", "0001-01-01T00:00+14:00", "9" * 100, "\0"])
def test_what_is_no_time_is_400_with_an_example(ask: Ask, then: datetime, asked: str) -> None:
    answer = ask("M-PO1", asked)

    assert (answer.status_code, answer.json()) == (
        400,
        {"as_of": ["Say a time like 2026-11-22T14:00; without a zone it is India's."]},
    )


def test_a_time_that_has_not_come_is_400(ask: Ask, then: datetime) -> None:
    answer = ask("M-PO1", timezone.now() + timedelta(hours=1))

    assert (answer.status_code, answer.json()) == (400, {"as_of": ["That time has not come yet."]})


@pytest.mark.parametrize("pk", ["M-PO1", "NOBODY"])
def test_a_purchase_that_nobody_knew_is_404(ask: Ask, then: datetime, pk: str) -> None:
    assert ask(pk, then - timedelta(days=1)).status_code == 404


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_that_it_looks_back_and_offers_nothing_that_acts(
    then: datetime, as_role: Callable[[str], Client]
) -> None:
    page = as_role("Operations").get("/orders/M-PO1/", {"as_of": then.isoformat()}).content.decode()

    main = page[page.index("<main") :]
    assert "As we knew it at" in main
    assert [word for word in ('method="post"', "hx-get", "nimbbl-update", "/confirm/") if word in main] == []


def test_the_page_offers_to_look_back(then: datetime, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get("/orders/M-PO1/").content.decode()

    assert 'name="as_of"' in page


def test_the_page_says_what_is_no_time(then: datetime, as_role: Callable[[str], Client]) -> None:
    page = as_role("Viewer").get("/orders/M-PO1/", {"as_of": "soon"}, follow=True).content.decode()

    assert "Say a time like" in page


def test_the_page_says_of_a_time_before_the_first_word_that_nothing_was_known(
    then: datetime, as_role: Callable[[str], Client]
) -> None:
    early = (then - timedelta(days=1)).isoformat()
    browser = as_role("Viewer")

    page = browser.get("/orders/M-PO1/", {"as_of": early}, follow=True)
    nobody = browser.get("/orders/NOBODY/", {"as_of": early}, follow=True)

    assert "We had not heard of it yet at that time." in page.content.decode()
    assert (page.status_code, nobody.status_code) == (200, 404)


def test_who_may_not_see_people_does_not_see_those_of_then(post: Post, as_role: Callable[[str], Client]) -> None:
    body = order_update("PO1", 130, T0, user={"email": "zebra@example.org", "contact_number": "9876500001"})
    document(body)["delivery_address"]["name"] = "Zebra Lynx"
    post(body)

    page = as_role("Viewer").get("/orders/M-PO1/", {"as_of": moment().isoformat()}).content.decode()

    assert [word for word in ("zebra", "Zebra", "Lynx", "9876500001") if word in page] == []


def test_looking_back_costs_the_same_however_much_there_is(post: Post, ask: Ask) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ask("M", moment()).status_code == 200
        return len(queries)

    post(order_update("PO1", 130, T0, merchant_order_id="M"))
    ask("M")
    one = cost()
    for number in range(2, 6):
        post(order_update(f"PO{number}", 130, T0, merchant_order_id="M"))

    assert cost() == one
