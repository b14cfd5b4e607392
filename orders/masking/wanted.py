"""What to look for so that a name, a street, a phone or a mail is found however it is written. Pure.

all_wanted(known)   patterns for folded text (`orders.masking.folding`) of everything personal that is known
is_common(word)     whether a word tells nobody apart
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from orders.masking.common_words import COMMON
from orders.masking.folding import fold, folded, words_of

#: Longest value that is looked for, in characters.
_LONGEST_VALUE: Final = 300
_SHORTEST_NAME, _SHORTEST_PLACE, _SHORTEST_EXACT, _SHORTEST_PHONE = 3, 4, 6, 7
_PIECES: Final = re.compile(r"[,;\n\r\t\u2028\u2029]+")
_BETWEEN: Final = r"[\W_]*"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<!\d)", r"(?!\d)"


@dataclass(frozen=True, repr=False)
class Known:
    """The personal values of a purchase. Its `repr` shows none of them.

    `exact`: values that are found only as a whole, as an IP address or a place on the map. `open_words`: words of city,
    state and country, which stay.
    """

    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    open_words: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to be found. `sign`: a piece that stands in every text that has it; the pattern is for folded text."""

    sign: str
    pattern: str


def all_wanted(known: Known) -> Iterator[Wanted]:
    """Everything to be looked for, some of it twice."""
    for name in known.names:
        yield from _of_name(fold(name[:_LONGEST_VALUE]))
        yield from _of_name(folded(name[:_LONGEST_VALUE], at_signs=True, at_capitals=True).text)
    open_words = frozenset(fold(word) for word in known.open_words)
    for place in known.places:
        yield from _of_place(fold(place[:_LONGEST_VALUE]), open_words)
    for phone in known.phones:
        yield from _of_phone(fold(phone[:_LONGEST_VALUE]))
    for mail in known.mails:
        yield from _of_mail(fold(mail[:_LONGEST_VALUE]))
    for value in known.exact:
        words = words_of(fold(value[:_LONGEST_VALUE]))
        if len("".join(words)) >= _SHORTEST_EXACT:
            yield _whole(words)


def _of_name(name: str) -> Iterator[Wanted]:
    """The whole name, each two words beside each other, each word, and each piece between blanks: `o'hara`, `hara`."""
    words = words_of(name)
    while words and is_common(words[0]):  # Mr, Dr
        words = words[1:]
    if len(words) > 1:
        yield _whole(words)
    for pair in pairwise(words):
        if not all(map(is_common, pair)):
            yield _whole(list(pair))
    for piece in name.split():
        if (inner := words_of(piece)) and _tells(" ".join(inner), _SHORTEST_NAME):
            yield _whole(inner)
    for word in words:
        if _tells(word, _SHORTEST_NAME):
            yield _whole([word])


def _of_place(place: str, open_words: frozenset[str]) -> Iterator[Wanted]:
    """The whole, each of its lines and parts between commas, and each word that few addresses have."""
    for piece in {place, *_PIECES.split(place)}:
        words = words_of(piece)
        plain = "".join(words)
        if len(plain) < _SHORTEST_PLACE or plain.isdigit() or plain in open_words:
            continue
        if any(not is_common(word) and word not in open_words for word in words) or len(words) > 1:
            yield _whole(words)
    for word in words_of(place):
        if _tells(word, _SHORTEST_PLACE) and word not in open_words:
            yield _whole([word])


def _of_phone(phone: str) -> Iterator[Wanted]:
    """Each number in it, by its last ten digits, with any sign between them and any way to write India before."""
    for one in re.split(r"[/,;|]|\bor\b|\band\b", phone):
        digits = "".join(letter for letter in one if letter.isdigit())
        if len(digits) < _SHORTEST_PHONE:
            continue
        last = digits[-10:]
        before = r"(?:(?:(?:\+|00)?91|0)[\s.()\-]{0,3})?" if len(last) == 10 else ""
        yield Wanted("", rf"{_NO_DIGIT_BEFORE}{before}" + r"[\W_]{0,3}".join(last) + _NO_DIGIT_AFTER)


def _of_mail(mail: str) -> Iterator[Wanted]:
    """The address, and what stands before its @ where that tells somebody apart."""
    words = words_of(mail)
    if len("".join(words)) >= _SHORTEST_PLACE:
        yield _whole(words)
    user = words_of(mail.partition("@")[0])
    if _tells("".join(user), 5):
        yield _whole(user)
    for word in user:
        if _tells(word, 5):
            yield _whole([word])


def _whole(words: list[str]) -> Wanted:
    """Words after one another with anything between them that is neither letter nor digit, or nothing at all."""
    first, last = words[0][0], words[-1][-1]
    before = _NO_DIGIT_BEFORE if first.isdigit() else _NO_LETTER_BEFORE
    after = _NO_DIGIT_AFTER if last.isdigit() else _NO_LETTER_AFTER
    if len("".join(words)) >= 10:  # so long a value stands nowhere by chance
        before = after = ""
    return Wanted(max(words, key=len), before + _BETWEEN.join(map(re.escape, words)) + after)


def _tells(word: str, shortest: int) -> bool:
    """Whether a single word tells somebody apart: not common, not a number, and long enough for its script."""
    letters = [letter for letter in word if not letter.isdigit()]
    enough = shortest if word.isascii() else 2
    return len(letters) >= enough and not is_common(word)


def is_common(word: str) -> bool:
    """Whether many have the word, or it is a number."""
    return word in COMMON or word.isdigit()
