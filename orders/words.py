"""Words as people write them, in one normal form: for finding, and for comparing what partners say. Pure.

    normal(" ＣＯＤ ")               -> "cod"
    words_of("Rao, José; आशा 7-12")  -> ["rao", "josé", "आशा", "7", "12"]
    phone_of("+91 98765-43210")      -> "9876543210"
    asked("रवि 098765 43210")        -> [("रवि",), ("9876543210", "09876543210")]
    graphemes("शिंदे")                -> ["शिं", "दे"]

A word is a run of letters, marks and digits. Joiners, which tell a font how to draw letters, end no word and make no
other one. Forms that Unicode calls compatible are one, letters have no case.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

#: Of a longer word that many letters are kept: no id of 1mg's is as long, and PostgreSQL keeps no word of 2,047 bytes.
MAX_WORD: Final = 256
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
    return " ".join(_folded(text).split())


def words_of(*texts: str) -> list[str]:
    """The words of some texts, each once, in the order in which they stand there."""
    return list(dict.fromkeys(word[:MAX_WORD] for text in texts for word in _words(_folded(text))))


def phone_of(text: str) -> str:
    """The last ten digits of a phone; empty where there are fewer."""
    digits = "".join(letter for letter in _folded(text) if letter in _DIGITS)
    return digits[-TEN:] if len(digits) >= TEN else ""


def asked(question: str) -> list[tuple[str, ...]]:
    """The words of a question; of one that may be a phone or an id both readings, either of which answers it."""
    found: list[tuple[str, ...]] = []
    done, text = 0, _folded(question)
    for match in _PHONE.finditer(text):
        digits = "".join(letter for letter in match[0] if letter.isdigit())
        if digits[:-TEN] not in _BEFORE or digits[-TEN:][0] not in (_MOBILE if len(digits) == TEN else _DIGITS):
            continue
        found += [(word,) for word in words_of(text[done : match.start()])]
        found.append(tuple(dict.fromkeys((digits[-TEN:], digits))))
        done = match.end()
    return list(dict.fromkeys([*found, *((word,) for word in words_of(text[done:]))]))


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


def _folded(text: str) -> str:
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
