"""The pages of Nimbbl's events: what staff see of them, and what nobody sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from onemg_portal.sandbox.partners import nimbbl_webhooks as sandbox
from tests.webhooks.test_events import EVENTS, ORDER, PAID, SECRET, register, say
from tests.webhooks.test_nimbbl import CANARIES
from webhooks.models import NimbblEvent

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]


@pytest.fixture(autouse=True)
def _agreed(settings: Any) -> None:
    settings.NIMBBL_ACCESS_SECRET = SECRET


def page(browser: Client, address: str) -> str:
    """The page's words, without what stands between them."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def listed(browser: Client, address: str) -> list[int]:
    return [int(pk) for pk in re.findall(r'href="/nimbbl/(\d+)/"', browser.get(address).content.decode())]


def test_the_list_says_what_nimbbl_said_and_of_which_purchase(as_role: AsRole) -> None:
    register()
    say(PAID)

    text = page(as_role("Viewer"), "/nimbbl/")

    wanted = ("payment succeeded ₹739.48", "o_1", "M1", "Signed by Nimbbl", "Taken in")
    assert [word for word in wanted if word not in text] == []


def test_the_newest_event_stands_first_and_the_tabs_narrow_the_list_down(as_role: AsRole) -> None:
    say(PAID)
    say(sandbox.unsigned(PAID))
    waiting, unproved = NimbblEvent.objects.order_by("pk").values_list("pk", flat=True)
    browser = as_role("Viewer")

    found = [listed(browser, f"/nimbbl/{query}") for query in ("", "?outcome=waiting", "?proof=unproved")]

    assert found == [[unproved, waiting], [waiting], [unproved]]


def test_what_nothing_proves_names_no_purchase(as_role: AsRole) -> None:
    register()
    say(sandbox.unsigned(PAID))

    text = page(as_role("Viewer"), "/nimbbl/")

    assert ("Not proved" in text, "M1" in text, "₹739.48" in text) == (True, False, False)


@pytest.mark.parametrize("role", ["Viewer", "Operations", "Administrator"])
def test_nobody_is_shown_people_or_what_a_bank_wrote(as_role: AsRole, role: str) -> None:
    for event in (*EVENTS.values(), sandbox.unsigned(PAID), sandbox.older(sandbox.payment(ORDER), SECRET)):
        say(event)
    browser = as_role(role)

    text = page(browser, "/nimbbl/")
    text += "".join(page(browser, f"/nimbbl/{event.pk}/") for event in NimbblEvent.objects.all())

    assert [word for word in CANARIES if word in text] == []
    assert [word for word in ("o_1-00001", "739.48", "UPI", "NAMUNA0001") if word not in text] == []


@pytest.mark.parametrize("body", [{}, {"encrypted_response": "00"}, {"a": "<script>x</script>" * 3}])
def test_any_event_has_a_page(as_role: AsRole, body: dict[str, str]) -> None:
    say(body)

    text = page(as_role("Viewer"), f"/nimbbl/{NimbblEvent.objects.get().pk}/")

    assert "x" * 3 not in text


def test_without_any_the_list_says_so(as_role: AsRole) -> None:
    assert "Nimbbl has not posted anything yet" in page(as_role("Viewer"), "/nimbbl/")


def test_a_list_costs_as_many_queries_for_many_events(
    as_role: AsRole, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    register()
    for event in EVENTS.values():
        say(event)
    browser = as_role("Viewer")
    browser.get("/nimbbl/")

    with django_assert_max_num_queries(12) as many:
        browser.get("/nimbbl/")
    NimbblEvent.objects.exclude(pk=NimbblEvent.objects.earliest("pk").pk).delete()

    with django_assert_max_num_queries(len(many)):
        browser.get("/nimbbl/")
