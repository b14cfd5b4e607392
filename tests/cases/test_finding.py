"""Finding knows how people write: phones by their last ten digits, words of every script, choices left open."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.models import ApiKey, OrderGroup
from tests import finding
from tests.cases.told import case, entry
from tests.conftest import document, order_update
from tests.forms import fields
from tests.webhooks.answers import empty_tables

pytestmark = pytest.mark.django_db
Send = Callable[..., Any]
Ask = Callable[[str], list[str]]

SPELLINGS = (
    "9876543210",
    "+919876543210",
    "09876543210",
    "98765 43210",
    "98765-43210",
    "+91 98765 43210",
    "0091-9876543210",
)


@pytest.fixture(params=["page", "api"])
def ask(request: pytest.FixtureRequest, as_role: Callable[[str], Client]) -> Ask:
    """Ask with a query string; the purchases shown."""
    browser = as_role("Operations")
    secret = ApiKey.issue("shop", may_see_personal_data=True)[1]

    def page(query: str) -> list[str]:
        answer = browser.get(f"/orders/?{query}")
        assert answer.status_code == 200
        return sorted(set(re.findall(r'href="/orders/([\w-]+)/"', answer.content.decode())))

    def api(query: str) -> list[str]:
        answer = Client().get(f"/api/orders/?{query}", headers={"Authorization": f"Token {secret}"})
        assert answer.status_code == 200, answer.json()
        return sorted(purchase["merchant_order_id"] for purchase in answer.json()["results"])

    return page if request.param == "page" else api


def found(browser: Client, question: str) -> list[str]:
    """The purchases that a search finds."""
    return sorted(finding.hits(browser, question))


# --- F1, F28: choices left open ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["status=&mode=&city=Pune&since=&until=", "stage=&queue=&q=&city=Pune", "city=Pune&mode=+"]
)
def test_F1_a_choice_that_is_left_open_means_any(post: Send, ask: Ask, query: str) -> None:
    for order, city in (("PO1", "Pune"), ("PO2", "Agra")):
        body = order_update(order)
        document(body)["delivery_address"]["city"] = city
        post(body)

    assert ask(query) == ["M-PO1"]


def test_F28_the_filter_form_keeps_every_status_of_a_link(post: Send, as_role: Callable[[str], Client]) -> None:
    for order, status in (("PO1", 130), ("PO2", 25), ("PO3", 40)):
        post(order_update(order, status))
    browser = as_role("Viewer")

    sent = fields(browser.get("/orders/?status=130&status=25"), having="mode")

    assert sent["status"] == ["130", "25"]
    assert browser.get("/orders/", sent).context["filters"].qs.count() == 2


@pytest.mark.parametrize("question", ["!!!", "-", "…", "💊"])
def test_F28_a_question_without_a_word_finds_nothing(post: Send, ask: Ask, question: str) -> None:
    post(order_update("PO1"))

    assert ask(f"q={question}") == []


# --- F7: phones -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stored", "asked"), [*itertools.product(SPELLINGS, SPELLINGS)])
def test_F7_a_phone_is_found_however_it_is_written(
    post: Send, as_role: Callable[[str], Client], stored: str, asked: str
) -> None:
    body = case("F07-phone")
    document(body)["user"]["contact_number"] = stored
    post(body)

    assert found(as_role("Operations"), asked) == ["F07"]


@pytest.mark.parametrize("where", ["user", "address", "courier"])
def test_F7_a_phone_is_found_wherever_it_stands(post: Send, as_role: Callable[[str], Client], where: str) -> None:
    body = case("F07-phone")
    told = document(body)
    told["user"]["contact_number"] = "9000000001"
    if where == "user":
        told["user"]["contact_number"] = "+91 98765-43210"
    elif where == "address":
        told["delivery_address"] = {"name": "Asha", "contact_number": "09876543210"}
    else:
        entry(body)["shipment_detail"] = {"delivery_contact": "98765 43210"}
    post(body)

    assert (found(as_role("Operations"), "9876543210"), found(as_role("Viewer"), "9876543210")) == (["F07"], [])


def test_F7_a_long_number_that_is_no_phone_is_found_by_itself(post: Send, as_role: Callable[[str], Client]) -> None:
    post(order_update("PO1", shipment_detail={"tracking_number": "919876543210"}))
    post(order_update("PO2", shipment_detail={"tracking_number": "129876543210"}))
    browser = as_role("Viewer")

    assert [found(browser, number) for number in ("919876543210", "129876543210")] == [["M-PO1"], ["M-PO2"]]


# --- F8: words of every script ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [("पूजा", True), ("शिंदे", True), ("राय पूजा", True), ("पू", True), ("प्रिया", False), ("श", True), ("शा", False)],
)
def test_F8_a_word_is_not_cut_at_its_vowel_signs(
    post: Send, as_role: Callable[[str], Client], asked: str, is_found: bool
) -> None:
    post(case("F08-devanagari"))

    assert found(as_role("Operations"), asked) == (["F08"] if is_found else [])


@pytest.mark.parametrize(("stored", "asked"), [*itertools.product(("NFC", "NFD"), repeat=2)])
def test_F8_two_forms_of_one_name_meet(post: Send, as_role: Callable[[str], Client], stored: str, asked: str) -> None:
    body = case("F08-devanagari")
    document(body)["delivery_address"]["name"] = unicodedata.normalize(stored, "José Ñandú")  # type: ignore[arg-type]
    post(body)

    assert found(as_role("Operations"), unicodedata.normalize(asked, "josé")) == ["F08"]  # type: ignore[arg-type]


# --- F26: two doors ---------------------------------------------------------------------------------------------------


def test_F26_the_api_lists_the_purchases_that_the_page_lists(post: Send, ask: Ask) -> None:
    nameless = order_update("PO1", updated=1_700_000_000)
    del document(nameless)["merchant_order_id"]
    post(nameless)
    post(order_update("PO1", updated=1_700_000_100, merchant_order_id="M1"))

    assert OrderGroup.objects.count() == 2
    assert ask("") == ["M1"]


# --- whatever people write --------------------------------------------------------------------------------------------

_BETWEEN = st.sampled_from(["", " ", "-", " - ", ".", "\u2013", "\u00a0", "/"])
_BEFORE = st.sampled_from(["", "0", "+91", "91", "0091 ", "+91-", "(+91) "])


@st.composite
def spellings(draw: st.DrawFn, digits: str = "9876543210") -> str:
    """A phone as somebody might write it."""
    cut = draw(st.integers(min_value=2, max_value=8))
    numerals = draw(st.sampled_from(["0123456789", "०१२३४५६७८९", "٠١٢٣٤٥٦٧٨٩"]))
    written = draw(_BEFORE) + digits[:cut] + draw(_BETWEEN) + digits[cut:]
    return written.translate(str.maketrans("0123456789", numerals))


@settings(max_examples=60)
@given(stored=spellings(), asked=spellings(), other=spellings("9876543211"))
def test_F7_random_spellings_of_one_phone_meet(
    post: Send, operations: Client, stored: str, asked: str, other: str
) -> None:
    empty_tables()
    body = case("F07-phone")
    document(body)["user"]["contact_number"] = stored
    post(body)

    assert (found(operations, asked), found(operations, other)) == (["F07"], [])


_LETTERS = st.text(st.sampled_from("abcéñßşπшјअआकखगज़ड़हिीेंःঅআকতোঅক্ষதமிழ்پیراعל한국山田"), min_size=2, max_size=8).filter(
    lambda text: text[0].isalpha()
)
_FORMS = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


@settings(max_examples=60)
@given(names=st.lists(_LETTERS, min_size=1, max_size=3), stored=_FORMS, asked=_FORMS, capitals=st.booleans())
def test_F8_words_of_any_script_and_form_meet(
    post: Send, operations: Client, names: list[str], stored: Any, asked: Any, capitals: bool
) -> None:
    empty_tables()
    body = case("F08-devanagari")
    document(body)["delivery_address"]["name"] = unicodedata.normalize(stored, " ".join(names))
    post(body)

    question = unicodedata.normalize(asked, " ".join(reversed(names)))

    assert found(operations, question.upper() if capitals else question) == ["F08"]


@pytest.fixture
def operations(as_role: Callable[[str], Client]) -> Client:
    return as_role("Operations")
