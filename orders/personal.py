"""Finding what is personal of one purchase in somebody else's words, however it is written there. Pure.

    known = Personal(names=frozenset({"Asha Rao"}), places=frozenset({"7 Kamal Lane"}))
    known.hide("Order of ASHA  RAO, 7 kamal lane")  ->  "Order of ••••, ••••"

A value is found in any case, in any Unicode form, with other blanks and signs between its words or none, and as JSON,
HTML or a URL escapes it. Of a name each word of its own counts, of a street each word that few streets have; a phone
is its last ten digits. Rather a word too many goes than one too few. Ids of the purchase stay, since staff and
machines find it by them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Final

from orders.common_words import COMMON

DOTS: Final = "••••"
#: Longest text that is looked through, in characters; of a longer one only the beginning is kept.
MOST: Final = 4_000
#: So much further it is read, so that a value is found that stands across the end.
_BEYOND: Final = 2_000
#: Longest value that is looked for, in characters.
_LONGEST_VALUE: Final = 300
_SHORTEST_NAME, _SHORTEST_PLACE, _SHORTEST_EXACT, _SHORTEST_PHONE = 3, 4, 6, 7
#: Escapes within escapes: JSON in a URL in a page.
_NESTED: Final = 5

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two halves of one character
    r"|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrtbf/\"'\\]"
    r"|&#[0-9]{1,7};?|&#[xX][0-9a-fA-F]{1,6};?|&[a-zA-Z][a-zA-Z0-9]{1,31};"
    r"|%[0-7][0-9a-fA-F]|(?:%[89a-fA-F][0-9a-fA-F])+"
)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_PIECES: Final = re.compile(r"[,;\n\r\t\u2028\u2029]+")
_BETWEEN: Final = r"[\W_]*"
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![^\W\d_])", r"(?![^\W\d_])"
_NO_DIGIT_BEFORE, _NO_DIGIT_AFTER = r"(?<!\d)", r"(?!\d)"
#: Letters with whatever marks stand on them, and digits.
_RUN: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff\u200c\u200d])*")
#: What may hold a name that begins within a word: AshaRao, an escape, an invisible character.
_MAY_BE_CUT: Final = re.compile(r"[a-z][A-Z]|[\\&%\u0080-\U0010ffff]")
_CUT: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One thing to be found. `sign`: a piece that stands in every text that has it; the pattern is for folded text."""

    sign: str
    pattern: str


@dataclass(frozen=True, repr=False)
class Personal:
    """The personal values of a purchase, and its ids. Its `repr` shows none of them.

    `exact`: values that are found only as a whole, as an IP address or a place on the map.
    """

    names: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    mails: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    #: Words of city, state and country, which stay.
    open_words: frozenset[str] = frozenset()

    @cached_property
    def _wanted(self) -> list[_Wanted]:
        """What is looked for, the longest first; prepared with the first text, since many are only put together."""
        found = {one.pattern: one for one in _all_wanted(self)}
        return sorted(found.values(), key=lambda one: len(one.pattern), reverse=True)

    def __repr__(self) -> str:
        return "<Personal>"

    def __or__(self, other: Personal) -> Personal:
        """What either knows."""
        names = ("names", "places", "phones", "mails", "exact", "ids", "open_words")
        return Personal(**{name: getattr(self, name) | getattr(other, name) for name in names})

    def hide(self, text: str, most: int | None = None) -> str:
        """`text` with dots for every personal value in it; no more than its first `most` characters."""
        if most is not None and len(text) > most:
            return self._hidden(text[: most + _BEYOND], most)
        return self._hidden(text, len(text))

    def _hidden(self, text: str, end: int) -> str:
        if not self._wanted or not text:
            return text[:end]
        spans = self._found(_folded(text))
        if _MAY_BE_CUT.search(text):
            spans += self._found(_folded(text, cut=True))
        return _dotted(text, spans, end) if spans else text[:end]

    def _found(self, folded: _Folded) -> list[tuple[int, int]]:
        """Where personal values stand: pairs of places in the text as it was."""
        there = [one.pattern for one in self._wanted if one.sign in folded.text]
        if not there:
            return []
        kept = [match.span() for one in self._kept(folded.text) for match in re.finditer(one, folded.text)]
        return [
            folded.origin(*match.span())
            for match in re.finditer("|".join(there), folded.text)
            if not any(start <= match.start() and match.end() <= end for start, end in kept)
        ]

    def _kept(self, text: str) -> list[str]:
        ids = (_fold(one) for one in self.ids if any(letter.isdigit() for letter in one))
        return [rf"(?<!\w){re.escape(one)}(?!\w)" for one in ids if one in text]


# --- what is looked for -----------------------------------------------------------------------------------------------


def _all_wanted(known: Personal) -> Iterator[_Wanted]:
    for name in known.names:
        yield from _of_name(_fold(name[:_LONGEST_VALUE]))
        yield from _of_name(_folded(name[:_LONGEST_VALUE], cut=True).text)
    open_words = frozenset(_fold(word) for word in known.open_words)
    for place in known.places:
        yield from _of_place(_fold(place[:_LONGEST_VALUE]), open_words)
    for phone in known.phones:
        yield from _of_phone(_fold(phone[:_LONGEST_VALUE]))
    for mail in known.mails:
        yield from _of_mail(_fold(mail[:_LONGEST_VALUE]))
    for value in known.exact:
        words = _words(_fold(value[:_LONGEST_VALUE]))
        if len("".join(words)) >= _SHORTEST_EXACT:
            yield _whole(words)


def _of_name(name: str) -> Iterator[_Wanted]:
    """The whole name, each two words beside each other, each word, and each piece between blanks: `o'hara`, `hara`."""
    words = _words(name)
    while words and _is_common(words[0]):  # Mr, Dr
        words = words[1:]
    if len(words) > 1:
        yield _whole(words)
    for pair in pairwise(words):
        if not all(map(_is_common, pair)):
            yield _whole(list(pair))
    for piece in name.split():
        if (inner := _words(piece)) and _tells(" ".join(inner), _SHORTEST_NAME):
            yield _whole(inner)
    for word in words:
        if _tells(word, _SHORTEST_NAME):
            yield _whole([word])


def _of_place(place: str, open_words: frozenset[str]) -> Iterator[_Wanted]:
    """The whole, each of its lines and parts between commas, and each word that few addresses have."""
    for piece in {place, *_PIECES.split(place)}:
        words = _words(piece)
        plain = "".join(words)
        if len(plain) < _SHORTEST_PLACE or plain.isdigit() or plain in open_words:
            continue
        if any(not _is_common(word) and word not in open_words for word in words) or len(words) > 1:
            yield _whole(words)
    for word in _words(place):
        if _tells(word, _SHORTEST_PLACE) and word not in open_words:
            yield _whole([word])


def _of_phone(phone: str) -> Iterator[_Wanted]:
    """Each number in it, by its last ten digits, with any sign between them and any way to write India before."""
    for one in re.split(r"[/,;|]|\bor\b|\band\b", phone):
        digits = "".join(letter for letter in one if letter.isdigit())
        if len(digits) < _SHORTEST_PHONE:
            continue
        last = digits[-10:]
        before = r"(?:(?:(?:\+|00)?91|0)[\s.()\-]{0,3})?" if len(last) == 10 else ""
        yield _Wanted("", rf"{_NO_DIGIT_BEFORE}{before}" + r"[\W_]{0,3}".join(last) + _NO_DIGIT_AFTER)


def _of_mail(mail: str) -> Iterator[_Wanted]:
    """The address, and what stands before its @ where that tells somebody apart."""
    words = _words(mail)
    if len("".join(words)) >= _SHORTEST_PLACE:
        yield _whole(words)
    user = _words(mail.partition("@")[0])
    if _tells("".join(user), 5):
        yield _whole(user)
    for word in user:
        if _tells(word, 5):
            yield _whole([word])


def _whole(words: list[str]) -> _Wanted:
    """Words after one another with anything between them that is neither letter nor digit, or nothing at all."""
    first, last = words[0][0], words[-1][-1]
    before = _NO_DIGIT_BEFORE if first.isdigit() else _NO_LETTER_BEFORE
    after = _NO_DIGIT_AFTER if last.isdigit() else _NO_LETTER_AFTER
    if len("".join(words)) >= 10:  # so long a value stands nowhere by chance
        before = after = ""
    return _Wanted(max(words, key=len), before + _BETWEEN.join(map(re.escape, words)) + after)


def _tells(word: str, shortest: int) -> bool:
    """Whether a single word tells somebody apart: not common, not a number, and long enough for its script."""
    letters = [letter for letter in word if not letter.isdigit()]
    enough = shortest if word.isascii() else 2
    return len(letters) >= enough and not _is_common(word)


def _is_common(word: str) -> bool:
    return word in COMMON or word.isdigit()


def only_common(text: str, ids: Collection[str] = ()) -> str:
    """`text` with dots for every word that could tell somebody apart and for every number; `ids` stay.

    For words of whom we do not know: a name that nobody has told us goes as well.
    """
    spans: list[tuple[int, int]] = []
    kept = {span for one in ids for span in _standing(one, text)}
    for match in _RUN.finditer(text[:MOST]):
        inside = any(start <= match.start() and match.end() <= end for start, end in kept)
        if not inside and _fold(match[0]) not in COMMON:
            spans.append(match.span())
    return _dotted(text, spans, min(len(text), MOST))


def _standing(value: str, text: str) -> list[tuple[int, int]]:
    """Where a value stands in a text, not as a part of a longer word."""
    return [match.span() for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)] if value in text else []


def _words(folded: str) -> list[str]:
    """Its runs of letters with their marks, and of digits."""
    found: list[str] = []
    kind = ""
    for letter in folded:
        now = "digit" if letter.isdigit() else "letter" if _is_letter(letter) else ""
        if now and now == kind:
            found[-1] += letter
        elif now:
            found.append(letter)
        kind = now
    return found


def _is_letter(letter: str) -> bool:
    return letter.isalpha() or (not letter.isascii() and unicodedata.category(letter)[0] == "M")


# --- folding: one way to write everything -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Folded:
    """Text in one case and form, without escapes; where each character stood: its first place, and after its last."""

    text: str
    starts: list[int] | range
    ends: list[int] | range

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]


def _fold(value: str) -> str:
    return _folded(value).text


def _folded(value: str, *, cut: bool = False) -> _Folded:
    """Lower case, compatibility forms, no accents on Latin letters, no invisible characters, ASCII digits.

    With `cut` a new word begins at a capital after a small letter, and where an invisible character stands.
    """
    text, starts, ends = _unescaped(value)
    if text.isascii() and not cut:
        return _Folded(text.lower(), starts, ends)
    letters: list[str] = []
    first: list[int] = []
    last: list[int] = []
    before = ""
    for letter, start, end in zip(text, starts, ends, strict=True):
        plain = _plain(letter)
        if cut and letter.isupper() and before.islower():
            plain = _CUT + plain
        elif cut and not plain and not unicodedata.combining(letter):
            plain = _CUT
        before = letter
        letters.append(plain)
        first += [start] * len(plain)
        last += [end] * len(plain)
    return _Folded("".join(letters), first, last)


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    if letter.isascii():
        return letter.lower()
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", letter).casefold())
    return "".join(
        part for part in parts if not "\u0300" <= part <= "\u036f" and unicodedata.category(part) not in ("Cf", "Cs")
    )


def _unescaped(value: str) -> tuple[str, list[int] | range, list[int] | range]:
    """The text that escapes stand for, and where each of its characters stood."""
    text = value
    starts: list[int] | range = range(len(value))
    ends: list[int] | range = range(1, len(value) + 1)
    for _time in range(_NESTED):
        if not any(sign in text for sign in "\\&%"):
            break
        pieces: list[str] = []
        first: list[int] = []
        last: list[int] = []
        done = 0
        for match in _ESCAPE.finditer(text):
            plain = text[done : match.start()], _meant(match[0])
            pieces += plain
            first += [*starts[done : match.start()], *[starts[match.start()]] * len(plain[1])]
            last += [*ends[done : match.start()], *[ends[match.end() - 1]] * len(plain[1])]
            done = match.end()
        if not done:
            break
        text = "".join(pieces) + text[done:]
        starts, ends = [*first, *starts[done:]], [*last, *ends[done:]]
    return text, starts, ends


def _meant(escape: str) -> str:
    """What one escape stands for."""
    if escape.startswith("&"):
        return html.unescape(escape)
    if escape.startswith("%"):
        return bytes.fromhex(escape.replace("%", "")).decode("utf-8", "replace")
    if escape[1] == "u":
        halves = [int(half, 16) for half in escape.split("\\u")[1:]]
        return b"".join(half.to_bytes(2, "big") for half in halves).decode("utf-16-be", "replace")
    if escape[1] == "x":
        return chr(int(escape[2:], 16))
    return _CONTROLS.get(escape[1], escape[1])


def _dotted(text: str, spans: Iterable[tuple[int, int]], end: int) -> str:
    """`text` up to `end` with dots instead of the spans; spans that touch, or have blanks between, are one."""
    merged: list[list[int]] = []
    for start, stop in sorted(spans):
        while stop < len(text) and unicodedata.combining(text[stop]):
            stop += 1
        if merged and (start <= merged[-1][1] or not text[merged[-1][1] : start].strip()):
            merged[-1][1] = max(merged[-1][1], stop)
        else:
            merged.append([start, stop])
    pieces: list[str] = []
    done = 0
    for start, stop in merged:
        if start >= end:
            break
        pieces += [text[done:start], DOTS]
        done = stop
    return "".join(pieces) + text[done:end]


#: Where nothing personal is known.
NOBODY: Final = Personal()
