"""The search box: the same questions have the same answers on both databases, and masked words are no oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orders import search, words
from orders.models import OrderGroup
from tests.conftest import document, order_update, payload

pytestmark = pytest.mark.django_db


def found(question: str, *, personal: bool = False) -> list[str]:
    """The purchases that a question finds, by id."""
    return sorted(search.matching(OrderGroup.objects.all(), question, personal=personal).values_list("pk", flat=True))


@pytest.fixture
def purchase(post: Callable[..., Any]) -> str:
    """A purchase with every sort of word; its id."""
    body = order_update("PO-7788", merchant_order_id="SHOP-2024/1".replace("/", "_"), group_order_id="GRP99")
    told = document(body)
    told["user"] = {"email": "asha.rao@example.org", "contact_number": "+91 98765-43210"}
    told["delivery_address"] |= {"name": "Asha Devi Rao"}
    entry = told["grouped_orders"][0]
    entry["shipment_detail"] = {"tracking_number": "AWB/00123-X"}
    entry["invoice_data"] = {"014879376": {"invoice_url": "", "skus": []}}
    entry["skus"] = [{"sku_id": "210496", "name": "Himalaya Liv.52", "normalized_quantity": 1}]
    post(body)
    post(order_update("OTHER"))
    return "SHOP-2024_1"


@pytest.mark.parametrize(
    "question",
    [
        "SHOP-2024_1",
        "shop",
        "shop 2024",
        "2024 shop",
        "GRP99",
        "grp9",
        "PO-7788",
        "po 7788",
        "7788",
        "77",
        "awb",
        "AWB/00123-X",
        "00123",
        "014879376",
        "0148",
        "210496",
        "2104",
        "  7788  ",
        "7788,",
        "(7788)",
        "PO—7788",
        "po 7788 awb grp99 210496 0148",
    ],
)
def test_every_word_of_the_question_begins_a_word_of_the_purchase(purchase: str, question: str) -> None:
    assert found(question) == [purchase]


@pytest.mark.parametrize(
    "question",
    [
        "7788 nowhere",
        "788",
        "0123",
        "14879376",
        "hop",
        "shop2024",
        "po7788",
        "grp999",
        "himalaya",
        "bengaluru",
        "'",
        "po | nowhere",
        "po & !grp99x",
        "nowhere:*",
        "x' OR '1'='1",
    ],
)
def test_no_other_question_finds_it(purchase: str, question: str) -> None:
    assert purchase not in found(question)


@pytest.mark.parametrize("question", ["", "   "])
def test_no_question_asks_nothing(purchase: str, question: str) -> None:
    assert found(question) == ["M-OTHER", purchase]


@pytest.mark.parametrize("question", ["%", "_", "*", ":*", "&", "!", "'", "\\", "💊", "\ud800", "()", "<->"])
def test_a_question_without_a_letter_or_digit_finds_nothing(purchase: str, question: str) -> None:
    assert found(question) == []


@pytest.mark.parametrize(
    "question",
    [
        "asha",
        "Asha Rao",
        "rao asha",
        "ash",
        "ASHA DEVI",
        "98765",
        "98765-43210",
        "+91 98765",
        "asha.rao@example.org",
        "91",
    ],
)
def test_U12_a_personal_word_finds_only_for_who_may_see_it(purchase: str, question: str) -> None:
    assert (found(question, personal=True), found(question)) == ([purchase], [])


def test_U12_a_question_may_mix_words_of_both_sorts(purchase: str) -> None:
    assert found("asha 7788", personal=True) == [purchase]


def test_words_of_two_orders_of_one_purchase_find_it_together(post: Callable[..., Any]) -> None:
    post(payload("split-order"))

    assert found("po19719451082 po29520488322536") == ["PO122434"]


def test_an_order_that_1mg_files_elsewhere_is_found_there(post: Callable[..., Any]) -> None:
    post(order_update("PO1", updated=1_700_000_000, merchant_order_id="M1"))
    post(order_update("PO2", updated=1_700_000_000, merchant_order_id="M1"))
    post(order_update("PO1", updated=1_700_000_100, merchant_order_id="M2"))

    assert (found("po1"), found("po2")) == (["M2"], ["M1"])


def test_a_waybill_that_changed_is_found_by_the_new_one(post: Callable[..., Any]) -> None:
    post(order_update("PO1", updated=1_700_000_000, shipment_detail={"tracking_number": "OLD1"}))
    post(order_update("PO1", updated=1_700_000_100, shipment_detail={"tracking_number": "NEW1"}))

    assert (found("old1"), found("new1")) == ([], ["M-PO1"])


@pytest.mark.parametrize(
    ("name", "question"),
    [("आशा देवी", "आशा"), ("आशा देवी", "आ"), ("José Ñandú", "ñan"), ("İpek", "i"), ("王小明", "王小"), ("Ømer", "ØM")],
)
def test_names_in_other_scripts_are_found(post: Callable[..., Any], name: str, question: str) -> None:
    body = order_update("PO1")
    document(body)["delivery_address"]["name"] = name
    post(body)

    assert found(question, personal=True) == ["M-PO1"]


def test_more_words_than_the_limit_are_not_asked(purchase: str) -> None:
    assert found("po po po 7788 shop 2024 awb grp99 nowhere") == [purchase]


# --- the two databases mean the same ----------------------------------------------------------------------------------


#: Letters, digits and marks of every script, more often than not the same few, so that words meet.
WORDS = st.text(st.sampled_from("abe019._-/éß²आश") | st.characters(categories=("L", "N", "M")), min_size=1, max_size=12)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kept=WORDS, asked=WORDS)
@example(kept="1e5x", asked="1e5")
@example(kept="12.5", asked="12")
@example(kept="a.b.example", asked="b")
@example(kept="0x1f", asked="0x")
@example(kept="-5", asked="5")
@example(kept="1-2", asked="2")
@example(kept="x²", asked="x²")
@example(kept="१२", asked="१")
@example(kept="ﬁn", asked="ﬁ")
@example(kept="0", asked="/")
def test_the_database_answers_what_the_words_say(db: None, kept: str, asked: str) -> None:
    OrderGroup.objects.all().delete()
    group = OrderGroup(merchant_order_id="M", first_seen_at=timezone.now())
    group.search_text = " ".join(words.words_of(kept))
    group.save()

    parts = words.words_of(asked)
    answered = all(any(word.startswith(part) for word in words.words_of(kept)) for part in parts)
    expected = answered and (parts or not asked.strip())  # a question without a word finds nothing

    assert found(asked) == (["M"] if expected else [])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads the column")
@pytest.mark.parametrize("column", ["search_text", "personal_text"])
def test_postgresql_answers_from_its_index(db: None, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = search._indexed(column, ["po", "7788"]).explain()

    assert f"ordergroup_{column}_words" in plan


@pytest.mark.parametrize("limit", ["FREQUENT", "FEW", "NEWEST"])
@pytest.mark.parametrize("question", ["po", "po 7788", "asha", "asha m", "m", "nowhere"])
def test_the_same_is_found_however_frequent_the_words_are(
    purchase: str, monkeypatch: pytest.MonkeyPatch, question: str, limit: str
) -> None:
    usually = found(question, personal=True)
    monkeypatch.setattr(search, limit, 0)

    assert found(question, personal=True) == usually


# --- on the page ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["SHOP-2024_1", "PO-7788", " PO-7788 "])
def test_an_exact_id_goes_straight_to_its_purchase(
    purchase: str, as_role: Callable[[str], Client], question: str
) -> None:
    answer = as_role("Viewer").get("/orders/", {"q": question})

    assert (answer.status_code, answer["Location"]) == (302, f"/orders/{purchase}/")


@pytest.mark.parametrize(("role", "shown"), [("Viewer", False), ("Operations", True), ("Administrator", True)])
def test_U12_the_page_finds_by_name_only_for_who_may_see_names(
    purchase: str, as_role: Callable[[str], Client], role: str, shown: bool
) -> None:
    page = as_role(role).get("/orders/", {"q": "asha rao"})

    assert page.status_code == 200
    assert (purchase in page.content.decode()) is shown
