"""The page *Asks*, the message that a press is answered with, and the answer that somebody notes."""

from __future__ import annotations

import csv
import io
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from orders.asks import gathered
from orders.models import Act, ApiKey, Ask, Need
from tests.conftest import document, order_update
from tests.orders.asks.conftest import Say, ask, due, text

pytestmark = pytest.mark.django_db
#: 1mg's clock: `tests.orders.conftest` sets it for each test.
HOURS_AGO, T0 = 3, 0
AsRole = Callable[[str], Client]
DAY = 24 * 3600


def groups(browser: Client) -> dict[str, list[str]]:
    """Title -> the purchases below it."""
    return {one.title: [row.group.pk for row in one.rows] for one in browser.get("/asks/").context["groups"]}


def table(answer: Any) -> list[list[str]]:
    """The rows of a CSV file."""
    return list(csv.reader(io.StringIO(answer.content.decode())))


# --- what is to be asked ----------------------------------------------------------------------------------------------


def test_what_waits_for_1mg_is_gathered_by_cause_and_status_the_oldest_first(say: Say, asha: Client) -> None:
    say(20)
    say(20, T0 - 60, "PO2")
    say(130, T0 - 2 * DAY, "PO3")
    say(120, T0 - 3 * DAY, "PO4")
    say(30, T0, "PO5", eta={"eta_to": T0})
    say(99, T0 - 8 * DAY, "PO6", money={"total_refund_due": 50})
    say(130, T0, "PO7")

    assert groups(asha) == {
        "Refund due": ["M-PO6"],
        "1mg is slow: Stock allocation": ["M-PO4"],
        "1mg is slow: Packaging": ["M-PO3"],
        "No stock": ["M-PO2", "M-PO1"],
        "Late": ["M-PO5"],
    }


def test_a_group_says_how_many_and_since_when(say: Say, asha: Client) -> None:
    say(20)
    say(20, T0 - 3600, "PO2")

    page = text(asha.get("/asks/"))

    assert re.search(r"2 purchases, the oldest for <time [^>]+>4 h", page)
    assert "how fast 1mg answers: not enough yet, 0 of 30" in page


def test_of_many_the_oldest_are_shown_and_all_are_counted(
    say: Say, asha: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathered, "MOST", 2)
    for number in range(3):
        say(20, T0 + number, f"PO{number}")

    page = asha.get("/asks/")

    assert groups(asha) == {"No stock": ["M-PO0", "M-PO1"]}
    assert "3 purchases" in text(page)
    assert "The 2 oldest are shown." in text(page)


def test_how_fast_1mg_answers_is_said_of_each_cause(say: Say, asha: Client) -> None:
    say(20)
    now = timezone.now()
    of = {"group_id": "M-PO1", "clock": "allocation", "batch": "b", "facts": {}, "by": "asha", "last_at": now}
    Ask.objects.bulk_create(
        Ask(**of, asked_at=now - timedelta(hours=hours), ended_at=now, ending="moved") for hours in range(1, 31)
    )

    page = text(asha.get("/asks/"))

    assert "half within 15 h, 9 of 10 within 1 d 3 h (last 90 days, 30 answers)" in page


@pytest.mark.parametrize("many", [1, 8])
def test_the_page_asks_as_often_for_one_row_as_for_many(say: Say, asha: Client, many: int) -> None:
    for number in range(many):
        say(20, T0, f"PO{number}")
        say(30, T0, f"POX{number}", eta={"eta_to": T0})
    ask(asha, "M-POX0", clock="late")

    with CaptureQueriesContext(connection) as asked:
        asha.get("/asks/")

    assert len(asked) <= 14


def test_nothing_is_to_be_asked(asha: Client) -> None:
    assert "There is nothing to ask 1mg now." in text(asha.get("/asks/"))


# --- a press ----------------------------------------------------------------------------------------------------------


def test_a_press_is_answered_with_the_message_of_the_ticked(say: Say, asha: Client) -> None:
    for order in ("PO1", "PO2", "PO3"):
        say(20, T0, order)

    page = text(ask(asha, "M-PO1", "M-PO2"))

    assert "Allocation failed. Will each be fulfilled, and when; or will you cancel it?" in page
    assert "your order PO1: status 20 (Allocation failed)" in page
    assert "our order M-PO2." in page
    assert "our order M-PO3" not in page
    assert groups(asha) == {"No stock": ["M-PO3"]}


def test_the_message_names_nobody(post: Callable[..., Any], asha: Client) -> None:
    body = order_update("PO1", 20, T0, eta=None)
    told = document(body)
    told["grouped_orders"][0]["payment_summary"] |= {"mode": "COD"}
    told["grouped_orders"][0]["order_status"]["title"] = "Hiramay is away"
    assert post(body).status_code == 200

    asha.post("/orders/M-PO1/ask/")

    assert "Hiramay" not in str(Ask.objects.get().facts)
    assert set(Ask.objects.get().facts) == {"purchase", "group", "clock", "since", "orders"}


def test_what_was_asked_stands_below_with_who_asked_and_the_message(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    page = text(asha.get("/asks/"))

    assert re.search(r"No stock</td> .*Today \d\d:\d\d</time><br> <small> operations", page)
    assert f'href="/asks/{Ask.objects.get().batch}/"' in page
    assert "<small> of 1 d </small><br> <small>set by us</small>" in page


def test_the_purchase_says_so_too_and_its_turn_is_1mgs(say: Say, asha: Client) -> None:
    say(20)

    answer = asha.post("/orders/M-PO1/ask/", follow=True)
    page = text(asha.get("/orders/M-PO1/"))

    assert "The message to 1mg" in text(answer)
    assert "Turn: 1mg" in page
    assert re.search(r"asked 1mg <time [^>]+>Today \d\d:\d\d</time>, by operations", page)
    assert "Asked 1mg: No stock" in page
    assert "Copy it and mark as asked" not in page


def test_a_purchase_is_asked_about_all_that_it_needs_of_1mg(say: Say, asha: Client) -> None:
    say(20, eta={"eta_to": T0})

    page = text(asha.post("/orders/M-PO1/ask/", follow=True))

    assert "Allocation failed." in page
    assert "Late deliveries." in page
    assert due(asha) == []


def test_the_api_says_that_it_is_1mgs_turn(say: Say, asha: Client, client: Client) -> None:
    say(20)
    ask(asha, "M-PO1")
    secret = ApiKey.issue("shop")[1]

    [need] = client.get("/api/orders/M-PO1/", headers={"Authorization": f"Token {secret}"}).json()["needs"]

    assert (need["cause"], need["turn"]) == ("allocation", "1mg")


def test_pressed_again_the_same_message_is_shown_and_nothing_is_asked(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    again = ask(asha, "M-PO1")

    assert again.redirect_chain == [(f"/asks/{Ask.objects.get().batch}/", 302)]
    assert Act.objects.count() == 1


def test_who_asks_second_is_told_who_asked_when(say: Say, asha: Client, as_role: AsRole) -> None:
    say(20)
    say(20, T0, "PO2")
    ask(asha, "M-PO1")

    page = text(ask(as_role("Administrator"), "M-PO1", "M-PO2"))

    assert re.search(r"Asked already: M-PO1 by operations, Today \d\d:\d\d\.", page)
    assert "our order M-PO2." in page
    assert "our order M-PO1." not in page


def test_what_needs_it_no_longer_is_left_out_and_counted(say: Say, asha: Client) -> None:
    say(20)
    say(130, T0, "PO2")

    page = text(ask(asha, "M-PO1", "M-PO2", "NOBODY"))

    assert "Of 2 of the purchases there is nothing to ask 1mg any more." in page
    assert Ask.objects.count() == 1


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"clock": "allocation"}, "Tick at least one purchase."),
        ({"clock": "allocation", "id": [f"M{n}" for n in range(51)]}, "At most 50 at once."),
        ({"clock": "to_confirm", "id": "M-PO1"}, "Select a valid choice. to_confirm is not one"),
        ({"clock": "allocation", "id": "<b>"}, "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("address", ["/asks/ask/", "/asks/csv/"])
def test_what_cannot_be_asked_is_said_and_nothing_is_marked(
    say: Say, asha: Client, address: str, form: dict[str, Any], words: str
) -> None:
    say(20)

    page = text(asha.post(address, form, follow=True))

    assert words in page
    assert not Ask.objects.exists()


def test_a_message_that_is_none_is_not_found(asha: Client) -> None:
    assert [asha.get(f"/asks/nothing/{way}").status_code for way in ("", "csv/")] == [404, 404]


# --- as a table -------------------------------------------------------------------------------------------------------


def test_the_ticked_are_had_as_csv_and_nothing_is_marked(
    say: Say, asha: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "orders.asks.views")
    say(20)
    say(20, T0, "PO2")

    answer = asha.post("/asks/csv/", {"clock": "allocation", "id": ["M-PO1"]})

    head, row = table(answer)
    assert dict(zip(head, row, strict=True))["merchant_order_id"] == "M-PO1"
    assert re.fullmatch(r'attachment; filename="ask-1mg-allocation-[\d-]+\.csv"', answer["Content-Disposition"])
    assert "csv of 1 lines to ask 1mg about, for user" in caplog.text
    assert not Ask.objects.exists()


def test_a_message_is_had_as_csv(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    assert table(asha.get(f"/asks/{Ask.objects.get().batch}/csv/"))[1][4] == "M-PO1"


@pytest.mark.parametrize("role", ["Viewer", "Operations"])
def test_the_table_names_nobody_to_anybody(say: Say, as_role: AsRole, role: str) -> None:
    say(20)

    rows = table(as_role(role).post("/asks/csv/", {"clock": "allocation", "id": "M-PO1"}))

    assert [len(row) for row in rows] == [8, 8]
    assert "USER1" not in str(rows)


# --- the answer -------------------------------------------------------------------------------------------------------


def test_the_answer_is_noted_and_it_is_our_turn_again(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    page = text(asha.post("/orders/M-PO1/answer/", {"text": "Comes tomorrow"}, follow=True))

    assert "1mg answered: “Comes tomorrow”" in page
    assert "Turn: Us" in page


def test_without_a_word_nothing_is_noted(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    answer = asha.post("/orders/M-PO1/answer/", {"text": "  "})

    assert answer.status_code == 400
    assert Need.objects.get().asked_at is not None


def test_where_nothing_was_asked_nothing_is_noted_and_that_is_said(say: Say, asha: Client) -> None:
    say(20)

    page = text(asha.post("/orders/M-PO1/answer/", {"text": "Comes tomorrow"}, follow=True))

    assert "1mg was asked nothing of it that is still open; nothing was noted." in page
    assert not Act.objects.exists()


def test_it_was_not_asked_after_all(say: Say, asha: Client) -> None:
    say(20)
    ask(asha, "M-PO1")

    page = text(asha.post("/orders/M-PO1/not-asked/", follow=True))

    assert "1mg was not asked after all" in page
    assert due(asha) == ["M-PO1"]


# --- who may ----------------------------------------------------------------------------------------------------------


def test_who_may_only_look_sees_what_was_asked_and_no_button(say: Say, asha: Client, as_role: AsRole) -> None:
    say(20)
    say(20, T0, "PO2")
    ask(asha, "M-PO1")
    viewer = as_role("Viewer")

    page = text(viewer.get("/asks/"))

    assert "M-PO2" in page
    assert "data-copy-first" not in page
    assert "/answer/" not in page
    assert ask(viewer, "M-PO2").status_code == 403


def test_an_answer_is_personal(say: Say, asha: Client, as_role: AsRole) -> None:
    say(20)
    ask(asha, "M-PO1")
    asha.post("/orders/M-PO1/answer/", {"text": "Hiramay is at the temple"})

    assert "Hiramay" not in text(as_role("Viewer").get("/orders/M-PO1/"))
    assert as_role("Administrator").get("/orders/M-PO1/answer/").status_code == 200
