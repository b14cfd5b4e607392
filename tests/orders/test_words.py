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
    ("one", "expected"),
    [
        ("PO-7788", ["po", "7788", "po7788"]),
        ("MH/0041", ["mh", "0041", "mh0041", "41"]),
        ("0041", ["0041", "41"]),
        ("A1B2C3D4", ["a1b2c3d4", "1234"]),
        ("210496", ["210496"]),
        ("A-1", ["a", "1", "a1"]),
        ("", []),
        ("-", []),
    ],
)
def test_an_id_has_the_words_by_which_people_write_it(one: str, expected: list[str]) -> None:
    assert words.words_of_id(one) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("+91 98765-43210", "Z0123456789"), ("3210", "Z0123"), ("३२१०", "Z0123"), ("210", ""), ("", "")],
)
def test_the_end_of_a_phone_begins_a_word(text: str, expected: str) -> None:
    assert words.phone_end(text) == expected


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
