"""How long each thing may take: everybody reads it, administrators change it, and each change is kept."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orders.desk.causes import LIMITS
from orders.models import ClockLimit, Need
from tests.conftest import order_update
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]


def row(answer: Any, clock: str) -> str:
    """What the table says of one clock."""
    text = html.unescape(answer.content.decode())
    found = re.search(rf'<tr id="{clock}">(.*?)</tr>', text, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def set_to(browser: Client, clock: str, **typed: str) -> Any:
    """Set a limit as the form does."""
    data = {f"{clock}-{name}": text for name, text in typed.items()}
    return browser.post(f"/limits/{clock}/", data)


def test_every_clock_stands_with_its_limit_and_who_says_so(as_role: AsRole) -> None:
    answer = as_role("Viewer").get("/limits/")

    assert re.findall(r'<tr id="(\w+)">', answer.content.decode()) == list(LIMITS)
    assert row(answer, "allocation") == "No stock Us after 2 h 1mg's FAQ: 2 h at most"
    assert row(answer, "money") == "Money disagrees Us at once set by us"
    assert row(answer, "waits_130") == "1mg is slow Packaging 1mg after 1 d set by us"


def test_a_limit_counts_at_once(post: Callable[..., Any], as_role: AsRole) -> None:
    post(order_update("PO1", 130))
    Need.objects.exclude(clock="waits_130").delete()
    Need.objects.update(since=timezone.now() - timedelta(hours=5))
    administrator, operations = as_role("Administrator"), as_role("Operations")
    before = operations.get("/")

    answer = set_to(administrator, "waits_130", amount="4", unit="hours", why="agreed with 1mg")

    assert (answer.status_code, answer["Location"]) == (302, "/limits/")
    assert "after 4 h agreed with 1mg" in row(administrator.get("/limits/"), "waits_130")
    assert ["M-PO1" in page.content.decode() for page in (before, operations.get("/"))] == [False, True]


def test_who_set_it_and_what_the_portal_brings_stand_beside_it(as_role: AsRole) -> None:
    administrator = as_role("Administrator")

    set_to(administrator, "allocation", amount="30", unit="minutes", why="")

    words = row(administrator.get("/limits/"), "allocation")
    assert words.startswith("No stock Us after 30 min 1mg's FAQ: 2 h at most set by administrator, Today ")
    assert "the portal brings: after 2 h" in words


def test_the_portals_own_comes_back(as_role: AsRole) -> None:
    administrator = as_role("Administrator")
    set_to(administrator, "allocation", amount="30", unit="minutes", why="")

    administrator.post("/limits/allocation/take-back/")

    assert row(administrator.get("/limits/"), "allocation").startswith("No stock Us after 2 h 1mg's FAQ")
    assert not ClockLimit.objects.exists()


def test_each_change_is_kept_and_shown(as_role: AsRole) -> None:
    administrator = as_role("Administrator")
    set_to(administrator, "allocation", amount="30", unit="minutes", why="we know better")
    administrator.post("/limits/allocation/take-back/")

    shown = html.unescape(administrator.get("/limits/").content.decode())

    changes = [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in re.findall(r"<li>(.*?)</li>", shown, re.S)]
    assert [change.split(" · ", 1)[1] for change in changes] == [
        "administrator · allocation · back to the portal's own",
        "administrator · allocation · 30 min: we know better",
    ]


def test_the_same_again_is_no_change(as_role: AsRole) -> None:
    administrator = as_role("Administrator")
    set_to(administrator, "allocation", amount="30", unit="minutes", why="")
    before = everything()

    set_to(administrator, "allocation", amount="30", unit="minutes", why="")

    assert {name for name in changed(before, everything()) if name.startswith("orders.")} == set()


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        ("-1", "hours", "greater than or equal to 0"),
        ("366", "days", "At most a year."),
        ("soon", "hours", "Enter a whole number."),
        ("", "hours", "This field is required."),
        ("99999999999999999999", "minutes", "At most a year."),
        ("1", "fortnights", "Select a valid choice."),
    ],
)
def test_what_cannot_be_a_limit_is_told_and_stays_in_the_form(
    as_role: AsRole, amount: str, unit: str, said: str
) -> None:
    answer = set_to(as_role("Administrator"), "late", amount=amount, unit=unit, why="typed")

    assert (answer.status_code, ClockLimit.objects.exists()) == (400, False)
    assert said in row(answer, "late")
    assert 'value="typed"' in answer.content.decode()


def test_a_clock_that_nobody_knows_is_not_found(as_role: AsRole) -> None:
    assert set_to(as_role("Administrator"), "waits_40", amount="1", unit="hours", why="").status_code == 404


def test_only_administrators_have_the_forms(as_role: AsRole) -> None:
    def forms(role: str) -> int:
        return as_role(role).get("/limits/").content.decode().count('action="/limits/')

    assert [forms(role) for role in ("Viewer", "Operations", "Administrator")] == [0, 0, len(LIMITS)]
