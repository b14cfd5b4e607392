"""Registering by hand and from a CSV file: who may, what is shown, what is kept, and nothing half silently."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import psycopg
import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from orders.models import Act, OrderGroup
from payments.models import Payment
from payments.registration.csv import MAX_LINES
from tests import plugin
from tests.rows import changed, everything

pytestmark = pytest.mark.django_db
AsRole = Callable[[str], Client]

USUAL = {
    "merchant_order_id": "M1",
    "onemg_order_id": "PO1",
    "nimbbl_order_id": "o_1",
    "payment_method": "ONLINE",
    "payable_amount": "652.36",
}
HEAD = ",".join(USUAL)


@pytest.fixture
def browser(as_role: AsRole) -> Client:
    """Operations."""
    return as_role("Operations")


def nothing_but_sessions(before: Any) -> bool:
    """Whether no row of ours has changed."""
    return {name for name in changed(before, everything()) if not name.startswith("sessions.")} == set()


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_purchase_is_registered_and_its_page_shown(browser: Client) -> None:
    answer = browser.post("/register/", USUAL, follow=True)

    assert answer.redirect_chain == [("/orders/M1/", 302)]
    assert "Registered." in answer.content.decode()
    assert OrderGroup.objects.get().onemg_order_id == "PO1"
    assert Payment.objects.get().pk == "o_1"
    assert Act.objects.filter(text="Registered by operations").count() == 1


def test_the_same_words_again_say_so(browser: Client) -> None:
    browser.post("/register/", USUAL)
    before = everything()

    answer = browser.post("/register/", USUAL, follow=True)

    assert "It was registered already, with the same words." in answer.content.decode()
    assert nothing_but_sessions(before)


def test_other_words_are_shown_beside_what_stands(browser: Client) -> None:
    browser.post("/register/", USUAL)
    before = everything()

    page = browser.post("/register/", USUAL | {"nimbbl_order_id": "o_2"}).content.decode()

    assert "M1 is registered with another nimbbl_order_id." in page
    assert "Registered: o_1" in page
    assert 'value="o_2"' in page
    assert nothing_but_sessions(before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"merchant_order_id": ""}, "This field is required."),
        ({"merchant_order_id": "M 1"}, "An id has 1 to 64 letters, digits, _ or -."),
        ({"onemg_order_id": "=1+1"}, "An id has 1 to 64 letters, digits, _ or -."),
        ({"nimbbl_order_id": "o/1"}, "An id has 1 to 64 letters, digits, _ or -."),
        ({"payment_method": "CARD"}, "Say COD or ONLINE."),
        ({"payable_amount": ""}, "ONLINE needs it."),
        ({"payable_amount": "652.365"}, "An amount has at most two decimals."),
        ({"payable_amount": "1,00"}, "Say an amount in rupees, for example 652.36."),
        ({"payable_amount": "9" * 41}, "at most 40 characters"),
        ({"merchant_order_id": "M\0"}, "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(browser: Client, words: dict[str, str], said: str) -> None:
    before = everything()

    page = unescape(browser.post("/register/", USUAL | words).content.decode())

    assert said in page
    assert nothing_but_sessions(before)


# --- from a file ------------------------------------------------------------------------------------------------------


def upload(browser: Client, content: str | bytes) -> str:
    """The page that a file is answered with."""
    data = content.encode() if isinstance(content, str) else content
    return browser.post("/register/csv/", {"file": SimpleUploadedFile("p.csv", data)}).content.decode()


def rows(page: str) -> list[str]:
    """The word of each line of the table, in its order."""
    return [chip.strip() for chip in re.findall(r'<span class="chip \w+">\s*<svg.*?</svg>([^<]*)</span>', page)]


def confirm(browser: Client, page: str) -> str:
    """Press the button of the dry run."""
    [content] = re.findall(r'name="content" value="([^"]*)"', page)
    normalised = unescape(content).replace("\r\n", "\n").replace("\n", "\r\n")  # as browsers send a field
    return browser.post("/register/csv/", {"content": normalised, "sure": "1"}).content.decode()


MIXED = f"""{HEAD}
M1,PO1,o_1,ONLINE,652.36
M2,PO2,,COD,
M3,PO1,o_9,ONLINE,5
M4,PO4,o_4,ONLINE,
=cmd|' /C calc'!A0,PO5,,COD,
M0,PO0,o_0,ONLINE,100
M6,PO6,,COD,,,x
M7,TAKEN,,COD,
N,PO8,o_8,ONLINE,2
"""


@pytest.fixture
def standing(browser: Client) -> None:
    """M0 stands as the file has it, N without its Nimbbl order, and the 1mg order TAKEN belongs to another purchase."""
    browser.post("/register/", dict(zip(USUAL, ("M0", "PO0", "o_0", "ONLINE", "100"), strict=True)))
    browser.post("/register/", dict(zip(USUAL, ("N", "PO8", "", "ONLINE", "2"), strict=True)))
    browser.post("/register/", dict(zip(USUAL, ("OTHER", "TAKEN", "", "COD", ""), strict=True)))


def test_a_dry_run_says_what_each_line_would_do_and_keeps_nothing(browser: Client, standing: None) -> None:
    before = everything()

    page = upload(browser, MIXED)

    assert rows(page) == [
        "New",
        "New",
        "Bad line",
        "Bad line",
        "Bad line",
        "The same",
        "Bad line",
        "Conflict",
        "Adds the Nimbbl order",
    ]
    assert "Register 3 purchases" in page
    assert nothing_but_sessions(before)


def test_each_line_that_is_left_out_says_why(browser: Client, standing: None) -> None:
    page = unescape(upload(browser, MIXED))

    reasons = [
        "onemg_order_id stands on line 2 already.",
        "payable_amount: ONLINE needs it.",
        "merchant_order_id: An id has 1 to 64 letters, digits, _ or -.",
        "7 cells instead of 5. Column 7 has a value and no name.",
        "The 1mg order TAKEN belongs to the purchase OTHER.",
    ]
    assert [reason for reason in reasons if reason not in page] == []


def test_pressing_the_button_registers_what_the_dry_run_said_and_says_so(browser: Client, standing: None) -> None:
    page = confirm(browser, upload(browser, MIXED))

    assert rows(page) == [
        "Registered",
        "Registered",
        "Bad line",
        "Bad line",
        "Bad line",
        "The same",
        "Bad line",
        "Conflict",
        "Nimbbl order added",
    ]
    registered = OrderGroup.objects.exclude(registered_at=None).values_list("pk", flat=True)
    assert set(registered) == {"M0", "M1", "M2", "N", "OTHER"}
    assert dict(Payment.objects.values_list("pk", "group_id")) == {"o_0": "M0", "o_1": "M1", "o_8": "N"}
    assert "Register 3" not in page


def test_pressing_it_twice_registers_nothing_twice(browser: Client) -> None:
    dry = upload(browser, f"{HEAD}\nM1,PO1,o_1,ONLINE,652.36\n")
    confirm(browser, dry)
    before = everything()

    page = confirm(browser, dry)

    assert rows(page) == ["The same"]
    assert nothing_but_sessions(before)


def test_what_changed_since_the_dry_run_is_a_conflict_not_an_overwriting(browser: Client) -> None:
    dry = upload(browser, f"{HEAD}\nM1,PO1,o_1,ONLINE,652.36\n")
    browser.post("/register/", USUAL | {"payable_amount": "1"})

    page = unescape(confirm(browser, dry))

    assert rows(page) == ["Conflict"]
    assert "payable_amount: ₹1.00 ≠ ₹652.36" in page


SHAPES = {
    "as published": f"{HEAD}\nM1,PO1,o_1,ONLINE,652.36\n",
    "with the mark of a spreadsheet": f"\ufeff{HEAD}\nM1,PO1,o_1,ONLINE,652.36\n",
    "lines of Windows": f"{HEAD}\r\nM1,PO1,o_1,ONLINE,652.36\r\n",
    "lines of an old Mac": f"{HEAD}\rM1,PO1,o_1,ONLINE,652.36\r",
    "no end of the last line": f"{HEAD}\nM1,PO1,o_1,ONLINE,652.36",
    "semicolons": f"{HEAD}\nM1,PO1,o_1,ONLINE,652.36".replace(",", ";"),
    "quoted": '"' + HEAD.replace(",", '","') + '"\n"M1","PO1","o_1","ONLINE","652.36"\n',
    "spaces and capitals": f" {HEAD.upper().replace(',', ' , ')}\n M1 , PO1 , o_1 , ONLINE , 652.36 \n",
    "another order": (
        "payable_amount,nimbbl_order_id,payment_method,merchant_order_id,onemg_order_id\n652.36,o_1,ONLINE,M1,PO1"
    ),
    "empty lines": f"{HEAD}\n\n,,,,\nM1,PO1,o_1,ONLINE,652.36\n\n",
    "binary noise": f"{HEAD}\nM1,PO1,o_1,ONLINE,652.3599999999999\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_means_the_same_however_it_was_saved(browser: Client, shape: str) -> None:
    confirm(browser, upload(browser, SHAPES[shape]))

    group = OrderGroup.objects.get()
    assert (group.pk, group.onemg_order_id, group.registered_method, str(group.payable_amount)) == (
        "M1",
        "PO1",
        "ONLINE",
        "652.36",
    )
    assert Payment.objects.get().pk == "o_1"


BAD_FILES = {
    "nothing": ("", "missing: merchant_order_id"),
    "a header alone": (HEAD, "There is no line below the header."),
    "no header": ("M1,PO1,o_1,ONLINE,652.36", "missing: merchant_order_id"),
    "a column missing": ("merchant_order_id,payment_method\nM1,COD", "missing: onemg_order_id"),
    "a column unknown": (f"{HEAD},price\nM1,PO1,,COD,,5", "There is no such column: price"),
    "a column twice": (f"{HEAD},payment_method\nM1,PO1,,COD,,COD", "A column stands twice."),
    "an open quote": (f'{HEAD}\n"M1,PO1,,COD,', "Line 2 cannot be read"),
    "UTF-16": (f"{HEAD}\nM1,PO1,,COD,".encode("utf-16"), "The file is not UTF-8 text."),
    "a spreadsheet": (b"PK\x03\x04\xff\xfe\x00\x00", "The file is not UTF-8 text."),
    "too many lines": (HEAD + "\n" + "M1,PO1,,COD,\n" * (MAX_LINES + 1), "more than 500 lines"),
    "too large": (HEAD + "\n" + "x" * 256 * 1024, "more than 256 KB"),
    "a cell too large": (HEAD + "\n" + "x" * 200_000, "Line 2 cannot be read"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_a_file_that_cannot_be_read_says_why(browser: Client, kind: str) -> None:
    content, said = BAD_FILES[kind]
    before = everything()

    page = upload(browser, content)

    assert said in unescape(page)
    assert rows(page) == []
    assert nothing_but_sessions(before)


def test_what_comes_back_from_the_page_is_bounded_too(browser: Client) -> None:
    page = browser.post("/register/csv/", {"content": HEAD + "\n" + "é" * 128 * 1024, "sure": "1"}).content.decode()

    assert "more than 256 KB" in page


@pytest.mark.parametrize("words", [{}, {"file": ""}, {"file": "text"}])
def test_no_file_is_asked_for(browser: Client, words: dict[str, str]) -> None:
    assert "Choose a file." in browser.post("/register/csv/", words).content.decode()


@pytest.mark.parametrize("cell", ["<script>alert(1)</script>", '"><img src=x>', "=HYPERLINK(1)", "@SUM(1)", "-2+3 x"])
def test_U2_a_hostile_cell_is_a_bad_id_and_nothing_else(browser: Client, cell: str) -> None:
    quoted = '"' + cell.replace('"', '""') + '"'

    page = upload(browser, f"{HEAD}\n{quoted},PO1,,COD,\n")

    assert rows(page) == ["Bad line"]
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_a_full_file_is_registered_within_a_web_requests_time(browser: Client) -> None:
    lines = [f"M{n},PO{n},o_{n},ONLINE,{n}.50" for n in range(1, MAX_LINES + 1)]

    page = confirm(browser, upload(browser, "\n".join([HEAD, *lines])))

    assert rows(page) == ["Registered"] * MAX_LINES
    assert OrderGroup.objects.count() == MAX_LINES


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(plugin.WANTED != "postgresql", reason="SQLite has no lock on one row")
def test_a_purchase_that_somebody_holds_is_said_to_be_busy_and_holds_up_no_other_line(as_role: AsRole) -> None:
    browser = as_role("Operations")
    browser.post("/register/", USUAL)
    held = f"{HEAD}\nM1,PO1,o_2,ONLINE,652.36\nM2,PO2,,COD,\n"

    with psycopg.connect(**connection.get_connection_params()) as holder:
        holder.execute("SELECT 1 FROM orders_ordergroup WHERE merchant_order_id = 'M1' FOR UPDATE")
        from_file = browser.post("/register/csv/", {"content": held, "sure": "1"}).content.decode()
        by_hand = browser.post("/register/", USUAL).content.decode()

    assert rows(from_file) == ["Not kept", "Registered"]
    assert "The database is busy." in from_file
    assert "The database is busy." in by_hand


# --- who may ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/register/", "/register/csv/"])
@pytest.mark.parametrize(("role", "code"), [("Viewer", 403), ("Operations", 200), ("Administrator", 200)])
def test_only_who_may_register_gets_the_page(as_role: AsRole, path: str, role: str, code: int) -> None:
    assert as_role(role).get(path).status_code == code


@pytest.mark.parametrize(
    ("path", "words"), [("/register/", USUAL), ("/register/csv/", {"content": f"{HEAD}\nM,P,,COD,", "sure": "1"})]
)
def test_a_viewer_registers_nothing(as_role: AsRole, path: str, words: dict[str, str]) -> None:
    assert as_role("Viewer").post(path, words).status_code == 403
    assert OrderGroup.objects.count() == 0


@pytest.mark.parametrize("path", ["/register/", "/register/csv/"])
def test_U5_a_post_without_the_forms_token_is_refused(path: str, db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_superuser("root"))

    assert client.post(path, USUAL).status_code == 403


@pytest.mark.parametrize(("role", "offered"), [("Viewer", False), ("Operations", True)])
def test_the_list_offers_registration_to_who_may(as_role: AsRole, role: str, offered: bool) -> None:
    assert ('href="/register/"' in as_role(role).get("/orders/").content.decode()) is offered
