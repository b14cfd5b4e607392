"""The search box: the same questions have the same answers on both databases, and masked words are no oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orders import words
from orders.finding import search
from orders.finding.conditions import Question
from orders.finding.terms import Closeness, Texts, closeness, terms_of
from orders.models import OrderGroup
from tests.conftest import document, order_update, payload

pytestmark = pytest.mark.django_db


def found(question: str, *, personal: bool = False) -> list[str]:
    """The purchases that a question finds, by id: the same as a page of its own and as a filter of a list."""
    matching = search.matching(OrderGroup.objects.all(), question, personal=personal)
    keys = sorted(matching.values_list("pk", flat=True))
    if question.strip():
        assert sorted(search.find(question, personal=personal).hits) == keys
    return keys


@pytest.fixture
def purchase(post: Callable[..., Any]) -> str:
    """A purchase with every sort of word; its id."""
    body = order_update("PO-7788", merchant_order_id="SHOP-2024/1".replace("/", "_"), group_order_id="GRP99")
    told = document(body)
    told["user"] = {"email": "asha.rao@example.org", "contact_number": "+91 98765-43210"}
    told["delivery_address"] |= {"name": "Asha Devi Rao", "pincode": "560034"}
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
        "2024_1",
        "2024/1",
        "shop2024",
        "po7788",
        "op-2024",
        "rp99",
        "wb/001",
        "0123",
        "123-x",
        "00123x",
        "14879376",
        "4879",
        "0496",
    ],
)
def test_every_word_of_the_question_begins_a_word_of_the_purchase(purchase: str, question: str) -> None:
    assert found(question) == [purchase]


@pytest.mark.parametrize(
    "question",
    [
        "7788 nowhere",
        "788",
        "hop",
        "7788 99",
        "7788grp99",
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
        "3210",
        "43210",
        "devi 3210",
        "560034",
        "asha.rao@exam",
        "liv",
        "himalaya 52",
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


@settings(max_examples=150)
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
    group = OrderGroup(merchant_order_id="M", first_seen_at=timezone.now(), registered_at=timezone.now())
    group.search_text = " ".join(words.words_of(kept))
    group.save()

    texts, terms = Texts(group.search_text, group.search_text), terms_of(asked)
    answered = all(closeness(term, texts) < Closeness.NONE for term in terms)
    expected = answered and (terms or not asked.strip())  # a question without a word finds nothing

    assert found(asked) == (["M"] if expected else [])


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads the column")
@pytest.mark.parametrize("column", ["search_text", "personal_text"])
def test_postgresql_answers_from_its_index(db: None, column: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    asked = Question(terms_of("7788"), column)
    groups = OrderGroup.objects.order_by()
    plans = [groups.filter(condition).explain() for condition in (asked.begins_by_index(), asked.adds_by_index())]

    assert f"ordergroup_{column}_words" in plans[0]
    assert "ordergroup_search_text_triples" in plans[1]


@pytest.mark.parametrize("limit", ["FREQUENT", "FEW", "NEWEST"])
@pytest.mark.parametrize("question", ["po", "po 7788", "asha", "asha m", "m", "nowhere"])
def test_the_same_is_found_however_frequent_the_words_are(
    purchase: str, monkeypatch: pytest.MonkeyPatch, question: str, limit: str
) -> None:
    usually = found(question, personal=True)
    monkeypatch.setattr(search, limit, 0)

    assert found(question, personal=True) == usually


# --- the nearest first ------------------------------------------------------------------------------------------------


def test_what_is_nearest_comes_first_and_then_the_newest(post: Callable[..., Any]) -> None:
    post(order_update("A99321099", merchant_order_id="INSIDE"))
    post(order_update("3210999", merchant_order_id="BEGINS"))
    post(order_update("993210", merchant_order_id="ENDS"))
    body = order_update("PO1", merchant_order_id="PHONE")
    document(body)["user"]["contact_number"] = "+91 98765-43210"
    post(body)
    post(order_update("PO2", merchant_order_id="3210"))
    post(order_update("PO3", merchant_order_id="NEWER93210"))

    assert search.find("3210", personal=True).hits == ["3210", "PHONE", "NEWER93210", "ENDS", "BEGINS", "INSIDE"]


def test_of_more_than_a_page_the_newest_are_shown(post: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        post(order_update(f"SAME-{number}"))
    monkeypatch.setattr(search, "SHOWN", 2)

    found = search.find("same", personal=False)

    assert (found.hits, found.more) == (["M-SAME-3", "M-SAME-2"], True)


def test_an_order_that_holds_nothing_any_more_is_not_found(post: Callable[..., Any]) -> None:
    nameless = order_update("PO1", updated=1_700_000_000)
    del document(nameless)["merchant_order_id"]
    post(nameless)
    post(order_update("PO1", updated=1_700_000_100, merchant_order_id="M1"))

    assert search.find("po1", personal=False).hits == ["M1"]
