"""Texts in English and in Hindi at once. Pure."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Both(NamedTuple):
    """One text in both languages."""

    english: str
    hindi: str


NO_WORDS: Final = Both("", "")
STOP: Final = Both(".", "।")


def filled(text: Both, **values: Any) -> Both:
    """A text with its values; of those that are in both languages each has its own."""
    english = {key: value.english if isinstance(value, Both) else value for key, value in values.items()}
    hindi = {key: value.hindi if isinstance(value, Both) else value for key, value in values.items()}
    return Both(text.english.format_map(english), text.hindi.format_map(hindi))


def joined(*texts: Both) -> Both:
    """Texts one after the other."""
    return Both("".join(text.english for text in texts), "".join(text.hindi for text in texts))


def sentences(*texts: Both) -> Both:
    """The same with a blank between them."""
    return Both(" ".join(text.english for text in texts), " ".join(text.hindi for text in texts))
