"""Who has a purchase's page open: shown to the others, forgotten within a minute, written now and then."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from orders.care import presence
from orders.models import Presence
from tests.conftest import order_update
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]
PAGE = "/orders/M-PO1/"


@pytest.fixture(autouse=True)
def asha(post: Callable[..., Any]) -> User:
    """Somebody of the staff, and a purchase."""
    post(order_update("PO1", 130))
    return User.objects.create_user("asha")


def signed(user: User, seconds: float, opened: float = 0) -> None:
    """The last sign of somebody's was so many seconds ago, and they opened the page `opened` seconds before."""
    at = timezone.now() - timedelta(seconds=seconds)
    Presence.objects.create(group_id="M-PO1", user=user, at=at, since=at - timedelta(seconds=opened))


def openers(answer: Any) -> list[str]:
    """Whom a page or a piece of it names."""
    return re.findall(r"Opened by <b>([^<]+)</b>", html.unescape(answer.content.decode()))


def test_who_opens_a_purchase_sees_who_has_it_open_and_for_how_long(as_role: AsRole, asha: User) -> None:
    signed(asha, seconds=5, opened=300)

    page = as_role("Operations").get(PAGE)

    assert openers(page) == ["asha"]
    assert re.search(r"Opened by <b>asha</b>.*5 min.* ago", page.content.decode())


def test_the_others_learn_it_while_they_look(as_role: AsRole) -> None:
    viewer, operations = as_role("Viewer"), as_role("Operations")
    viewer.post(f"{PAGE}opened/")

    answer = operations.post(f"{PAGE}opened/")

    assert openers(answer) == ["viewer"]
    assert openers(viewer.post(f"{PAGE}opened/")) == ["operations"]


@pytest.mark.parametrize(("seconds", "shown"), [(0, ["asha"]), (50, ["asha"]), (70, [])])
def test_who_has_given_no_sign_for_a_minute_has_left(
    as_role: AsRole, asha: User, seconds: float, shown: list[str]
) -> None:
    signed(asha, seconds)

    assert openers(as_role("Operations").get(PAGE)) == shown


@pytest.mark.parametrize(("seconds", "written"), [(5, set()), (30, {"orders.Presence.at"})])
def test_a_sign_is_written_only_now_and_then(asha: User, seconds: float, written: set[str]) -> None:
    signed(asha, seconds)
    before = everything()

    presence.sign("M-PO1", asha)

    assert changed(before, everything()) == written


def test_who_comes_back_has_opened_it_anew_and_sweeps_out_the_others(asha: User) -> None:
    signed(asha, seconds=3600, opened=3600)
    signed(User.objects.create_user("ravi"), seconds=61)

    presence.sign("M-PO1", asha)

    assert list(Presence.objects.values_list("user__username", flat=True)) == ["asha"]
    assert timezone.now() - Presence.objects.get().since < timedelta(minutes=1)


def test_reading_a_page_writes_nothing(as_role: AsRole) -> None:
    browser = as_role("Operations")
    before = everything()

    browser.get(PAGE)
    browser.get(PAGE, {"as_of": timezone.now().isoformat()})

    assert {name for name in changed(before, everything()) if not name.startswith("sessions.")} == set()


def test_a_page_of_another_time_names_nobody(as_role: AsRole, asha: User) -> None:
    signed(asha, seconds=1)

    page = as_role("Operations").get(PAGE, {"as_of": timezone.now().isoformat()})

    assert page.status_code == 200
    assert 'id="openers"' not in page.content.decode()


def test_of_a_purchase_that_there_is_not_nobody_gives_a_sign(as_role: AsRole) -> None:
    assert as_role("Viewer").post("/orders/NONE/opened/").status_code == 404
