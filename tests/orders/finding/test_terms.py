"""What somebody typed, taken apart."""

from __future__ import annotations

import pytest

from orders.finding.terms import Closeness, Term, Texts, closeness, list_of, terms_of

PHONE = "9876543210"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("asha", [Term((("asha",),), inside="asha")]),
        ("rao asha", [Term((("rao",),)), Term((("asha",),), inside="asha")]),
        ("3210", [Term((("3210",),), inside="3210", end="Z0123")]),
        ("PO-7788", [Term((("po", "7788"),), inside="po7788")]),
        ("7788 7788", [Term((("7788",),), inside="7788", end="Z8877")]),
        ("210", [Term((("210",),))]),
        ("आशा", [Term((("आशा",),))]),
        ("98765 43210", [Term(((PHONE,),), inside=PHONE)]),
        ("+91 98765-43210", [Term(((PHONE,), (f"91{PHONE}",)), inside=f"91{PHONE}")]),
        ("रवि 098765 43210", [Term((("रवि",),)), Term(((PHONE,), (f"0{PHONE}",)), inside=f"0{PHONE}")]),
        ("PO29523371880004", [Term((("po29523371880004",),), inside="po29523371880004")]),
        ("AWB-9876543210123", [Term((("awb", "9876543210123"),), inside="awb9876543210123")]),
        ("asha@example.org", [Term((("ashaexampleorg",),), inside="ashaexampleorg")]),
        ("!!", []),
        ("", []),
    ],
)
def test_the_terms_of_a_question(question: str, expected: list[Term]) -> None:
    assert terms_of(question) == expected


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("PO1\nPO2", ["PO1", "PO2"]),
        ("PO1, PO2;PO3\r\nPO4\tPO5", ["PO1", "PO2", "PO3", "PO4", "PO5"]),
        ("PO1\n\n PO1 \nPO2", ["PO1", "PO2"]),
        ("PO19719451082 PO29520488322536", ["PO19719451082", "PO29520488322536"]),
        ("98765 43210\n91234 56780", ["98765 43210", "91234 56780"]),
        ("98765 43210", []),
        ("po 7788", []),
        ("asha 210496", []),
        ("Rao, Asha", []),
        ("PO1", []),
        ("PO1,", []),
        ("", []),
    ],
)
def test_a_list_is_told_from_a_question(typed: str, expected: list[str]) -> None:
    assert list_of(typed) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("po7788", Closeness.WHOLE),
        ("PO-7788", Closeness.WHOLE),
        ("3210", Closeness.PHONE_ENDS),
        ("o7788", Closeness.ENDS),
        ("po77", Closeness.BEGINS),
        ("o778", Closeness.INSIDE),
        ("po7789", Closeness.NONE),
        ("6543", Closeness.NONE),
    ],
)
def test_how_near_words_come(question: str, expected: Closeness) -> None:
    texts = Texts("po 7788 po7788", "9876543210 Z0123456789 po 7788 po7788")

    (term,) = terms_of(question)

    assert closeness(term, texts) is expected


def test_no_words_come_near_nothing() -> None:
    (term,) = terms_of("ab")

    assert closeness(term, Texts("", "")) is Closeness.NONE
