"""One way to write everything: text without case, forms, accents and escapes, with the places it had. Pure.

fold("ＡＳＨＡ&nbsp;Rao")       ->  "asha rao"
folded(text).origin(3, 7)     where the folded characters 3 to 7 stood in the text as it was
words_of(fold("7, O'Hara"))   ->  ["7", "o", "hara"]
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

#: Escapes within escapes: JSON in a URL in a page.
_NESTED: Final = 5

_ESCAPE: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # two halves of one character
    r"|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[nrtbf/\"'\\]"
    r"|&#[0-9]{1,7};?|&#[xX][0-9a-fA-F]{1,6};?|&[a-zA-Z][a-zA-Z0-9]{1,31};"
    r"|%[0-7][0-9a-fA-F]|(?:%[89a-fA-F][0-9a-fA-F])+"
)
_CONTROLS: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_CUT: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Folded:
    """Text in one case and form, without escapes; where each character stood: its first place, and after its last."""

    text: str
    starts: list[int] | range
    ends: list[int] | range

    def origin(self, start: int, end: int) -> tuple[int, int]:
        return self.starts[start], self.ends[end - 1]


def fold(value: str) -> str:
    """The text alone."""
    return folded(value).text


def folded(value: str, *, at_signs: bool = False, at_capitals: bool = False) -> Folded:
    """Lower case, compatibility forms, no accents on Latin letters, no invisible characters, ASCII digits.

    With `at_signs` a new word begins where an invisible character stands, and a sign that is drawn with letters (™, ㉄)
    is a word of its own; with `at_capitals` one begins at a capital after a small letter.
    """
    text, starts, ends = _unescaped(value)
    if text.isascii() and not at_capitals:
        return Folded(text.lower(), starts, ends)
    letters: list[str] = []
    first: list[int] = []
    last: list[int] = []
    before = ""
    for letter, start, end in zip(text, starts, ends, strict=True):
        plain = _plain(letter)
        if at_capitals and letter.isupper() and before.islower():
            plain = _CUT + plain
        elif at_signs and not plain and not unicodedata.combining(letter):
            plain = _CUT
        elif at_signs and plain != letter and unicodedata.category(letter)[0] in "PS":
            plain = _CUT + plain + _CUT
        before = letter
        letters.append(plain)
        first += [start] * len(plain)
        last += [end] * len(plain)
    return Folded("".join(letters), first, last)


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


def words_of(folded: str) -> list[str]:
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
