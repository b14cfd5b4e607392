"""What somebody typed to find purchases, taken apart; and how close a purchase's words come to it. Pure.

    terms_of("asha 3210")       two terms; a purchase answers each of them, or is not found
    list_of("PO1, PO2\\nPO3")    the ids of a pasted list; nothing where it is none
    closeness(term, texts)      how near some words are to a term

A term is what stands between blanks: words that begin words, part of an id, or the last digits of a phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from orders.words import SOME, TEN, in_one_form, phone_end, phones_in, words_of

MAX_TERMS: Final = 6
#: So many ids of a pasted list are looked for.
MAX_LISTED: Final = 100
_BETWEEN: Final = re.compile(r"[,;\n\r\t]+")
#: Fewer letters may be a name, a house number or a piece of a phone.
_SHORTEST_LISTED: Final = 6


@dataclass(frozen=True, slots=True)
class Term:
    """One of the things that were typed; a purchase answers it by any of its meanings.

    `readings`: words all of which begin words of the purchase. `inside`: letters that stand anywhere in an id of it.
    `end`: the last digits of a phone, as such a word.
    """

    readings: tuple[tuple[str, ...], ...]
    inside: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class Texts:
    """Words to be found: those of ids, in which a term may stand anywhere, and all."""

    ids: str
    all: str


class Closeness(IntEnum):
    """How near words come to a term; the nearer the smaller."""

    WHOLE = 0
    PHONE_ENDS = 1
    ENDS = 2
    BEGINS = 3
    INSIDE = 4
    NONE = 9


def terms_of(question: str) -> list[Term]:
    """The terms of a question, each once."""
    found: list[Term] = []
    done, text = 0, in_one_form(question)
    for phone in phones_in(text):
        found += _plain(text[done : phone.start])
        readings = dict.fromkeys(((phone.digits[-TEN:],), (phone.digits,)))
        found.append(Term(tuple(readings), inside=phone.digits))
        done = phone.end
    return list(dict.fromkeys([*found, *_plain(text[done:])]))


def _plain(text: str) -> Iterator[Term]:
    for piece in text.split():
        if words := words_of(piece):
            whole = "".join(words)
            is_long = len(whole) >= SOME and whole.isascii()
            is_end = is_long and whole.isdigit() and len(whole) < TEN
            reading = (whole,) if "@" in piece[1:] else tuple(words)  # all of an address, since many share its end
            yield Term((reading,), inside=whole if is_long else "", end=phone_end(whole) if is_end else "")


def list_of(typed: str) -> list[str]:
    """The ids of a pasted list, each once and as it was typed; empty where it is one question.

    Between commas and lines anything with a digit may be an id; between blanks only what is long enough.
    """
    lines = [line.strip() for line in _BETWEEN.split(typed) if line.strip()]
    pieces = [piece for line in lines for piece in line.split()]
    if len(lines) > 1 and all(map(_has_digit, pieces)):
        return list(dict.fromkeys(lines if any(map(_is_phone, lines)) else pieces))
    long_enough = all(_has_digit(piece) and len(piece) >= _SHORTEST_LISTED for piece in pieces)
    return list(dict.fromkeys(pieces)) if len(pieces) > 1 and long_enough and not _is_phone(typed) else []


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _is_phone(text: str) -> bool:
    return any(True for _phone in phones_in(in_one_form(text)))


def closeness(term: Term, texts: Texts) -> Closeness:
    """How near the words of `texts`, single blanks between them, come to a term."""
    ids, words = f" {texts.ids} ", f" {texts.all} "
    whole = {reading[0] for reading in term.readings if len(reading) == 1} | ({term.inside} if term.inside else set())
    if any(f" {word} " in words for word in whole):
        return Closeness.WHOLE
    if term.end and f" {term.end}" in words:
        return Closeness.PHONE_ENDS
    if term.inside and f"{term.inside} " in ids:
        return Closeness.ENDS
    if any(all(f" {word}" in words for word in reading) for reading in term.readings):
        return Closeness.BEGINS
    return Closeness.INSIDE if term.inside and term.inside in ids else Closeness.NONE
