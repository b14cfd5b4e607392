"""Finding what is personal of one purchase in somebody else's words, however it is written there. Pure.

    known = Personal(names=frozenset({"Asha Rao"}), places=frozenset({"7 Kamal Lane"}))
    known.hide("Order of ASHA  RAO, 7 kamal lane")  ->  "Order of ••••, ••••"

A value is found in any case, in any Unicode form, with other blanks and signs between its words or none, and as JSON,
HTML or a URL escapes it. Of a name each word of its own counts, of a street each word that few streets have; a phone
is its last ten digits. Rather a word too many goes than one too few. Ids of the purchase stay, since staff and
machines find it by them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from orders.masking.common_words import COMMON
from orders.masking.folding import Folded, fold, folded
from orders.masking.wanted import Known, Wanted, all_wanted

DOTS: Final = "••••"
#: Longest text that is looked through, in characters; of a longer one only the beginning is kept.
MOST: Final = 4_000
#: So much further it is read, so that a value is found that stands across the end.
_BEYOND: Final = 2_000
#: Letters with whatever marks stand on them, and digits.
_RUN: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u0900-\u0dff\u200c\u200d])*")
#: What may hold a name that begins or ends within a word: an escape, an invisible character; AshaRao.
_SIGN: Final = re.compile(r"[\\&%\u0080-\U0010ffff]")
_CAPITAL: Final = re.compile(r"[a-z][A-Z]")


@dataclass(frozen=True, repr=False)
class Personal(Known):
    """The personal values of a purchase, and its ids, which stay."""

    ids: frozenset[str] = frozenset()

    @cached_property
    def _wanted(self) -> list[Wanted]:
        """What is looked for, the longest first; prepared with the first text, since many are only put together."""
        found = {one.pattern: one for one in all_wanted(self)}
        return sorted(found.values(), key=lambda one: len(one.pattern), reverse=True)

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
        spans = self._found(folded(text))
        has_signs = _SIGN.search(text) is not None
        if has_signs:
            spans += self._found(folded(text, at_signs=True))
        if has_signs or _CAPITAL.search(text):
            spans += self._found(folded(text, at_signs=True, at_capitals=True))
        return _dotted(text, spans, end) if spans else text[:end]

    def _found(self, folded: Folded) -> list[tuple[int, int]]:
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
        ids = (fold(one) for one in self.ids if any(letter.isdigit() for letter in one))
        return [rf"(?<!\w){re.escape(one)}(?!\w)" for one in ids if one in text]


def only_common(text: str, ids: Collection[str] = ()) -> str:
    """`text` with dots for every word that could tell somebody apart and for every number; `ids` stay.

    For words of whom we do not know: a name that nobody has told us goes as well.
    """
    spans: list[tuple[int, int]] = []
    kept = {span for one in ids for span in _standing(one, text)}
    for match in _RUN.finditer(text[:MOST]):
        inside = any(start <= match.start() and match.end() <= end for start, end in kept)
        if not inside and fold(match[0]) not in COMMON:
            spans.append(match.span())
    return _dotted(text, spans, min(len(text), MOST))


def _standing(value: str, text: str) -> list[tuple[int, int]]:
    """Where a value stands in a text, not as a part of a longer word."""
    return [match.span() for match in re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", text)] if value in text else []


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
