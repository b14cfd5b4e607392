"""Words as people write them, in one normal form: for finding, and for comparing what partners say. Pure.

    normal(" ＣＯＤ ")               -> "cod"
    words_of("Rao, José; आशा 7-12")  -> ["rao", "josé", "आशा", "7", "12"]
    words_of_id("MH-0041")           -> ["mh", "0041", "mh0041", "41"]
    phone_of("+91 98765-43210")      -> "9876543210"
    phone_end("43210")               -> "Z01234"
    phones_in("रवि 098765 43210")    -> one: where it stands, and "09876543210"
    graphemes("शिंदे")                -> ["शिं", "दे"]

A word is a run of letters, marks and digits. Joiners, which tell a font how to draw letters, end no word and make no
other one. Forms that Unicode calls compatible are one, letters have no case.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Of a longer word that many letters are kept: no id of 1mg's is as long, and PostgreSQL keeps no word of 2,047 bytes.
MAX_WORD: Final = 256
#: So many letters tell an id, or the end of a phone.
SOME: Final = 4
#: Begins a phone that is read backwards.
BACKWARDS: Final = "Z"
#: Digits of an Indian phone: its last ten decide, whatever stands before them.
TEN: Final = 10
_ASCII: Final = re.compile(r"[a-z0-9]+")
#: A phone among other words: digits in groups or not, and a plus or not; the end of an id is none.
_PHONE: Final = re.compile(r"(?<![^\W_])\+?\(?\d(?:[\s()./\u2010-\u2015-]{0,3}\d){9,13}(?![^\W_])")
_DIGITS: Final = "0123456789"
#: What a mobile number begins with; ten digits that begin otherwise may be two ids.
_MOBILE: Final = "6789"
_JOINER: Final = "\u200d"
#: Joiners, and the skin tones that follow a face.
_BINDING: Final = frozenset({"\u200c", _JOINER, *map(chr, range(0x1F3FB, 0x1F400))})
#: Unicode's combining class of the sign that joins two consonants.
_VIRAMA: Final = 9
#: So many characters has a letter of the longest conjuncts, with its marks.
_LONGEST: Final = 8
#: What may stand before the ten digits: nothing, 0, the country's code.
_BEFORE: Final = frozenset({"", "0", "91", "091", "0091"})


def normal(text: str) -> str:
    """A word or some words of a partner's as they are compared: one form, no case, single blanks."""
    return " ".join(in_one_form(text).split())


def words_of(*texts: str) -> list[str]:
    """The words of some texts, each once, in the order in which they stand there."""
    return list(dict.fromkeys(word[:MAX_WORD] for text in texts for word in _words(in_one_form(text))))


def words_of_id(*ids: str) -> list[str]:
    """The words of some ids, and how else people write one: without signs, its digits alone, without zeros before."""
    found: dict[str, None] = {}
    for one in ids:
        words = words_of(one)
        whole = "".join(words)[:MAX_WORD]
        digits = "".join(letter for letter in whole if letter in _DIGITS)
        alone = (digits, digits.lstrip("0")) if len(digits) >= SOME else ()
        found |= dict.fromkeys(filter(None, (*words, whole, *alone)))
    return list(found)


def phone_of(text: str) -> str:
    """The last ten digits of a phone; empty where there are fewer."""
    digits = "".join(letter for letter in in_one_form(text) if letter in _DIGITS)
    return digits[-TEN:] if len(digits) >= TEN else ""


def phone_end(text: str) -> str:
    """A phone, or the end of one, read backwards: as a word that begins with what the phone ends with.

    No other word begins with a capital. Empty where there are too few digits to be one's end.
    """
    digits = "".join(letter for letter in in_one_form(text) if letter in _DIGITS)[-TEN:]
    return f"{BACKWARDS}{digits[::-1]}" if len(digits) >= SOME else ""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone in a text: where it stands there, and all its digits."""

    start: int
    end: int
    digits: str


def phones_in(text: str) -> Iterator[Phone]:
    """What may be a phone among other words of a folded text; the end of an id is none."""
    for match in _PHONE.finditer(text):
        digits = "".join(letter for letter in match[0] if letter.isdigit())
        if digits[:-TEN] in _BEFORE and digits[-TEN:][0] in (_MOBILE if len(digits) == TEN else _DIGITS):
            yield Phone(match.start(), match.end(), digits)


def graphemes(text: str) -> list[str]:
    """What a reader takes for single letters: each with its marks, and what a joiner or a virama binds to it.

    None is longer than any that people write, lest a whole name be one letter.
    """
    found: list[str] = []
    for letter in text:
        if found and len(found[-1]) < _LONGEST and _belongs_to(found[-1][-1], letter):
            found[-1] += letter
        else:
            found.append(letter)
    return found


def _belongs_to(before: str, letter: str) -> bool:
    """Whether a character is no letter of its own after another one; scripts with capitals bind no letters."""
    if letter.isascii():
        return False
    kind = unicodedata.category(letter)
    binds = before == _JOINER or unicodedata.combining(before) == _VIRAMA
    return kind[0] == "M" or letter in _BINDING or (binds and kind in ("Lo", "So"))


def in_one_form(text: str) -> str:
    """The text in one form and without case; decimal digits of every script are ASCII's."""
    if text.isascii():
        return text.lower()
    form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(map(_plain, form))


def _words(folded: str) -> list[str]:
    if folded.isascii():
        return _ASCII.findall(folded)
    return "".join(letter if _is_of_a_word(letter) else " " for letter in folded).split()


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """A letter without what only tells how it is drawn."""
    if unicodedata.category(letter) in ("Cf", "Cs"):
        return ""
    return str(unicodedata.decimal(letter)) if letter.isdecimal() else letter


@lru_cache(maxsize=4096)
def _is_of_a_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"
