"""Masks: enough to recognise a caller by, never the value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.masking import privacy
from orders.words import graphemes


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Mr USER1", "Mr U••••1"),
        ("Dr. Asha Rao", "Dr. A••••o"),
        ("Asha Rao", "A••••o"),
        ("Asha Devi Rao", "A••••o"),
        ("Asha", "A••••a"),
        ("Li", "L••••"),
        ("Wu Li", "W••••i"),
        ("Mr", "M••••"),
        ("  Asha  ", "A••••a"),
        ("आशा", "आ••••"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_name_keeps_its_first_letter(value: str, shown: str) -> None:
    assert privacy.name(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("9876543210", "••••••3210"),
        ("+91 98765 43210", "••••••3210"),
        ("1234", "••••"),
        ("1234567", "••••"),
        ("12345678", "••••••5678"),
        ("", ""),
    ],
)
def test_a_phone_keeps_its_last_four(value: str, shown: str) -> None:
    assert privacy.phone(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("asha@example.org", "a••••@e••••"),
        ("[email protected]", "••••"),
        ("@", "••••@••••"),
        ("a@b@c", "a••••@b••••"),
        ("", ""),
    ],
)
def test_an_email_keeps_two_letters(value: str, shown: str) -> None:
    assert privacy.email(value) == shown


def test_a_prescription_keeps_its_state() -> None:
    papers = [
        {"url": "https://rx/1", "status": "Rejected", "reason": ""},
        {"url": "", "status": "Completed", "reason": ""},
    ]

    assert privacy.prescriptions(papers) == [
        {"url": "••••", "status": "Rejected", "reason": ""},
        {"url": "", "status": "Completed", "reason": ""},
    ]


@given(st.text())
def test_no_mask_shows_more_than_it_says(value: str) -> None:
    words = value.split()
    title = words[0] if len(words) > 1 and words[0].rstrip(".").casefold() in privacy._TITLES else ""

    name = privacy.name(value).removeprefix(title).strip().replace("•", "")
    email = privacy.email(value).replace("•", "")

    assert len(graphemes(name)) <= 2
    assert len(privacy.phone(value).replace("•", "")) <= 4
    assert len(graphemes(email.replace("@", ""))) <= 2


@pytest.mark.parametrize(
    "name", ["A\u200ds\u200dh\u200da\u200d \u200dR\u200da\u200do", "अ\u200d" * 30, "a" + "\u0301" * 500]
)
def test_case_F8_no_name_is_one_long_letter(name: str) -> None:
    assert len(privacy.name(name).replace("•", "")) <= 16
    assert "sh" not in privacy.name(name).replace("\u200d", "")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("पूजा राय शिंदे", "पू••••दे"), ("José", "J••••é"), ("शिं", "शिं••••"), ("ज़ैनब", "ज़ै••••")],
)
def test_case_F8_a_mask_cuts_between_letters_as_a_reader_sees_them(value: str, shown: str) -> None:
    assert privacy.name(value) == shown
