"""What is printed: no empty sheet, nothing that is pressed, and all that matters. The PDF is read."""

from __future__ import annotations

import io
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pypdf
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import drawn_once
from tests.conftest import document, order_update, payload
from webhooks.models import Delivery

pytestmark = [pytest.mark.django_db(transaction=True), drawn_once]
#: Words of the frame and of what is pressed.
PRESSED = (
    "SANDBOX",
    "1mg spoke",
    "Register a purchase",
    "All orders",
    "Who says it",
    "The same as a table",
    "Filter",
    "Apply again",
    "Look back",
    "Older",
    "Save the bytes",
)


def printed(page: Any, path: str) -> list[str]:
    """The text of each sheet, as Chromium prints the page on A4."""
    page.goto(path)
    if page.locator("#reveal").count():
        page.click("#reveal button")
        expect(page.locator("#reveal")).to_have_count(0)
    return sheets(page)


def sheets(page: Any) -> list[str]:
    """The text of each sheet of the page that is open."""
    pdf = pypdf.PdfReader(io.BytesIO(page.pdf(format="A4", print_background=True)))
    return [" ".join(sheet.extract_text().split()) for sheet in pdf.pages]


def pressed(found: list[str]) -> list[str]:
    """What a sheet shows and cannot do."""
    return [words for words in PRESSED if words in " ".join(found)]


def test_case_F17_a_purchase_is_printed_on_one_sheet(signed_in: Callable[[str], Any], post: Any) -> None:
    post(payload("split-order"))
    page = signed_in("Operations")

    found = printed(page, "/orders/PO122434/")

    matters = (
        "PO122434",
        "Mr USER1",
        "1234567890",
        "Himalaya Liv.52 Syrup",
        "109.00",
        "652.40",
        "Bengaluru",
        "Packaging",
    )
    assert len(found) == 1
    assert [words for words in matters if words not in found[0]] == []
    assert pressed(found) == []


def a_long_story(post: Any) -> None:
    """A purchase split in three that 1mg speaks of for days, and somebody has looked at."""
    for hour in range(40):
        body = payload("split-order")
        orders = document(body)["grouped_orders"]
        orders.append(deepcopy(orders[0]) | {"order_id": "PO3"})
        for order in orders:
            order["updated"] += hour * 3600
            order["order_status"]["status_id"] = (130, 99, 25)[hour % 3]
        post(body)


def test_the_order_sheet_is_one_sheet_however_long_the_story(signed_in: Callable[[str], Any], post: Any) -> None:
    a_long_story(post)
    page = signed_in("Operations")

    found = printed(page, "/orders/PO122434/")

    matters = ("3 shipments", "PO3", "Himalaya Liv.52 Syrup", "Collected online", "1234567890")
    assert len(found) == 1
    assert [words for words in matters if words not in found[0]] == []
    assert pressed(found) == []


def test_a_timeline_is_printed_where_it_is_asked_for_and_never_what_people_noted(
    signed_in: Callable[[str], Any], post: Any
) -> None:
    a_long_story(post)
    page = signed_in("Operations")
    page.goto("/orders/PO122434/")
    page.click("text=I have looked at it")
    expect(page.locator("text=Looked at and cleared").first).to_be_visible()

    all_of_it, of_people, of_1mg = (
        " ".join(printed(page, f"/orders/PO122434/{query}")) for query in ("", "?source=people", "?source=1mg")
    )

    assert "was Packaging for 1 h" in of_1mg
    assert ["Looked at and cleared" in text for text in (all_of_it, of_people, of_1mg)] == [False, False, False]


def test_case_F17_a_list_is_printed_in_rows(signed_in: Callable[[str], Any], post: Any) -> None:
    for number in range(10, 62):
        post(order_update(f"PO{number}"))
    page = signed_in("Operations")

    found = printed(page, "/orders/")

    assert sum(sheet.count("376.00") for sheet in found) == 50
    assert len(found) == 2
    assert "M-PO61 Mr USER1 Bengaluru Packaging" in found[0]
    assert pressed(found) == []


def test_case_F17_a_delivery_is_printed_whole(signed_in: Callable[[str], Any], post: Any) -> None:
    post(payload("delivered"))
    page = signed_in("Operations")

    found = printed(page, f"/deliveries/{Delivery.objects.get().pk}/")

    matters = ("Applied", "SUCCESS", "progress.status_id", "grouped_orders", "1234567890")
    assert [words for words in matters if words not in " ".join(found)] == []
    assert all(len(sheet) > 100 for sheet in found)
    assert pressed(found) == []


def test_case_F17_no_sheet_is_empty_whatever_the_texts(hard: Any) -> None:
    last = Delivery.objects.latest("pk")

    for path in ("/orders/", "/orders/ARABIC/", f"/deliveries/{last.pk}/", "/calls/"):
        found = printed(hard, path)

        assert [(path, number) for number, sheet in enumerate(found, 1) if not sheet] == []
        assert (path, pressed(found)) == (path, [])


def test_control_an_empty_sheet_is_seen(page: Any) -> None:
    page.set_content("<p>one</p><div style='break-before: page; height: 10px'></div>")

    assert sheets(page) == ["one", ""]
