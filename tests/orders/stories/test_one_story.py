"""Whatever order things are heard in, one story: the API's whole answer and every row of the page's timeline."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import Phase, given, settings

from orders.models import ApiKey, OrderGroup
from orders.statuses import status_of
from tests.orders.test_arrival import SETTINGS, Event, a_history_in_two_orders, body_of, register
from webhooks.models import Delivery, Outcome

pytestmark = pytest.mark.django_db
Post = Callable[..., Any]

#: Of a row of the page, when and with which delivery we heard of it.
_OF_HEARING = re.compile(r"(?: · )?(?:we heard [^·<]* later|<a class=\"link\".*?</a>)|<time .*?</time>", re.DOTALL)


def play(post: Post, events: Sequence[Event]) -> None:
    """Let all of that happen."""
    for event in events:
        if "registers" in event:
            register(event["registers"], event["onemg"])
        else:
            assert post(body_of(event)).json()["status"] != "FAILED"
    assert not Delivery.objects.filter(outcome=Outcome.PENDING).exists()  # a timeout of a busy machine, say


def told_after(post: Post, events: Sequence[Event], read: Callable[[str], Any]) -> dict[str, Any]:
    """What is read of each purchase once all of that has happened, and nothing else has."""
    with transaction.atomic():
        play(post, events)
        groups = OrderGroup.objects.with_something_to_show()  # type: ignore[attr-defined]
        found = {pk: read(pk) for pk in sorted(groups.values_list("pk", flat=True))}
        transaction.set_rollback(True)
    return found


def answer(secret: str, pk: str) -> dict[str, Any]:
    """What the API says of a purchase, without when it was heard, when we acted, and what is needed since then."""
    found: dict[str, Any] = Client().get(f"/api/orders/{pk}/", headers={"Authorization": f"Token {secret}"}).json()
    for line in found["timeline"]:
        del line["received_at"]
        if line["source"] != "1mg":
            del line["at"]
    del found["needs"]
    return found


def rows_of_the_page(browser: Client, pk: str) -> list[str]:
    """The timeline of a purchase's page, row by row."""
    page = browser.get(f"/orders/{pk}/")
    assert page.status_code == 200
    rows = re.findall(r"<li class=.*?</li>", page.content.decode(), re.DOTALL)
    return [re.sub(r"\s+", " ", _OF_HEARING.sub("", row)) for row in rows]


def test_E3_the_same_is_told_in_whatever_order_things_are_heard(post: Post, as_role: Callable[[str], Client]) -> None:
    browser = as_role("Operations")
    _key, secret = ApiKey.issue("shop", may_see_personal_data=True)

    def read(pk: str) -> Any:
        return answer(secret, pk), rows_of_the_page(browser, pk)

    @settings(SETTINGS, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "15")))
    @given(a_history_in_two_orders())
    def check(history: tuple[list[Event], list[Event]]) -> None:
        one, other = (told_after(post, events, read) for events in history)

        assert other == one

    check()


# --- control ----------------------------------------------------------------------------------------------------------


def written_on_arrival(events: Sequence[Event]) -> list[tuple[int, str, str]]:
    """The status lines by the rule before: each update is compared with what is shown when it comes."""
    shown: dict[str, Event] = {}
    lines = []
    for event in events:
        before = shown.get(event["order"])
        is_newer = before is None or event["minute"] > before["minute"]
        if before is None or not is_newer or event["status"] != before["status"]:
            lines.append((event["minute"], event["order"], status_of(event["status"]).label))
        if is_newer:
            shown[event["order"]] = event
    return sorted(lines)


def test_control_lines_written_on_arrival_tell_another_story_in_another_order() -> None:
    @settings(SETTINGS, max_examples=500, derandomize=True, phases=[Phase.generate])  # found is enough
    @given(a_history_in_two_orders())
    def check(history: tuple[list[Event], list[Event]]) -> None:
        one, other = ([event for event in events if "order" in event] for events in history)

        assert written_on_arrival(other) == written_on_arrival(one)

    with pytest.raises(AssertionError):
        check()
