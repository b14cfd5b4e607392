"""Words in one normal form, whatever the script and however they are written."""

from __future__ import annotations

import pytest

from orders import words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rao, José; आशा 7-12", ["rao", "josé", "आशा", "7", "12"]),
        ("José", ["josé"]),
        ("ＣＯＤ ²", ["cod", "2"]),
        ("क्\u200dष क्ष", ["क्ष"]),
        ("शिंदे", ["शिंदे"]),
        ("१२३", ["123"]),
        ("a_b a-b", ["a", "b"]),
        ("STRASSE straße", ["strasse"]),
        ("💊 … -", []),
        ("\ud800x", ["x"]),
    ],
)
def test_the_words_of_a_text(text: str, expected: list[str]) -> None:
    assert words.words_of(text) == expected


@pytest.mark.parametrize("text", ["cod", "COD", " Cod ", "ＣＯＤ", "C\u200bOD"])
def test_a_partners_word_has_one_normal_form(text: str) -> None:
    assert words.normal(text) == "cod"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+91 98765-43210", "9876543210"), ("९८७६५४३२१०", "9876543210"), ("12345", ""), ("", "")],
)
def test_the_last_ten_digits_are_the_phone(text: str, expected: str) -> None:
    assert words.phone_of(text) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("98765 43210", [("9876543210",)]),
        ("रवि 098765 43210", [("रवि",), ("9876543210", "09876543210")]),
        ("+91 98765-43210 pune", [("9876543210", "919876543210"), ("pune",)]),
        ("210496 0148", [("210496",), ("0148",)]),
        ("PO29523371880004", [("po29523371880004",)]),
        ("AWB-9876543210123", [("awb",), ("9876543210123",)]),
        ("7788 7788", [("7788",)]),
        ("!!", []),
    ],
)
def test_what_is_asked(question: str, expected: list[tuple[str, ...]]) -> None:
    assert words.asked(question) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Asha", ["A", "s", "h", "a"]),
        ("शिंदे", ["शिं", "दे"]),
        ("क्षमा", ["क्ष", "मा"]),
        ("José", ["J", "o", "s", "é"]),
        ("👩\u200d🔬x", ["👩\u200d🔬", "x"]),
        ("", []),
    ],
)
def test_letters_as_a_reader_sees_them(text: str, expected: list[str]) -> None:
    assert words.graphemes(text) == expected
