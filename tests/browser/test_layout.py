"""No page scrolls sideways and no amount leaves the sight, whatever the texts and however narrow the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve
from playwright.sync_api import expect

from tests import addresses
from tests.browser import hard_portal
from tests.browser.conftest import drawn_once
from tests.browser.every_page import every_page
from tests.browser.hard_portal import LONG_ID

pytestmark = [pytest.mark.django_db(transaction=True), drawn_once]
#: Phones; 683 is 1366 at 200 %; usual screens; and where two columns, a list of rows, and the wide rail are narrowest.
WIDTHS = (320, 390, 683, 1001, 1024, 1190, 1351, 1366)
SIGHT = (Path(__file__).parent / "sight.js").read_text()


def test_case_F17_no_page_scrolls_sideways_and_no_amount_leaves_the_sight(hard: Any) -> None:
    found = []

    for name, open_page in every_page():
        open_page(hard)
        for width in WIDTHS:
            hard.set_viewport_size({"width": width, "height": 800})
            found += [f"{name[:60]} at {width} px: {what}" for what in hard.evaluate(SIGHT)]

    assert not found, "\n".join(found)


def test_case_F17_on_a_phone_name_and_phone_come_first(hard: Any) -> None:
    hard.goto(f"/orders/{LONG_ID}/")
    hard.keyboard.press("r")
    expect(hard.locator("#reveal")).to_have_count(0)

    for width in (320, 390):
        hard.set_viewport_size({"width": width, "height": 800})

        tops = hard.evaluate(
            "[...document.querySelectorAll('.cols .card')].map(one => one.getBoundingClientRect().top)"
        )
        assert (width, tops[0]) == (width, min(tops))
    expect(hard.locator(".cols .card >> nth=0")).to_contain_text("+91 98765 43210")
    expect(hard.locator("h1")).to_have_text(LONG_ID)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p style='width: 900px'>wide</p>", "(page) 900 px wide"),
        ("<div style='overflow: auto'><p style='width: 900px'>x</p></div>", "<div> scrolls and cannot be reached"),
        ("<div style='overflow: hidden'><i style='padding-left: 900px'>9.00</i></div>", "<i> leaves <body>: 9.00"),
        ("<div class=card style='width: 50px'>unbreakable</div>", "<div.card> leaves <div.card>: unbreakable"),
        (
            "<p style='width: 50px; overflow-wrap: anywhere' class=num>99,99,999.00",
            "<p.num> breaks the amount 99,99,999.00",
        ),
        ("<main style='width: 9px'><input></main>", "<input> leaves the page or its card"),
    ],
)
def test_control_what_leaves_the_sight_is_found(page: Any, body: str, fault: str) -> None:
    page.set_viewport_size({"width": 600, "height": 400})

    page.set_content(f"<style>* {{ margin: 0 }}</style>{body}")

    found = page.evaluate(SIGHT)
    assert fault in found


def test_every_page_is_among_those_that_are_looked_at(hard: Any, client: Client) -> None:
    client.force_login(User.objects.get(username=hard_portal.USER))
    looked_at = {resolve(name.partition("?")[0]).view_name for name, _open in every_page() if name.startswith("/")}

    answers = {name: client.get(path) for name, path in addresses.ours().items()}

    drawn = {name: answer for name, answer in answers.items() if answer.status_code == 200 and not answer.streaming}
    pages = {name for name, answer in drawn.items() if "<main" in answer.text}
    assert pages - looked_at == set()
