"""The environment, read strictly: a value means what one would expect, or a sentence names its variable and why.

Blanks and one pair of quotes around a value, or around each of a list, mean nothing: shells and service managers
disagree about them. What is secret is never part of a sentence.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

from orders.network import Networks

Parsed = TypeVar("Parsed")

YES: Final = frozenset({"true", "on", "yes", "y", "ok", "1"})
NO: Final = frozenset({"false", "off", "no", "n", "0"})
#: A token of fewer characters can be guessed.
SHORTEST_TOKEN: Final = 16
#: The longest piece of a value that is shown.
MOST_SHOWN: Final = 60
_LINE: Final = re.compile(r"(export )?[A-Za-z_0-9]+=.*|#.*|")


class Environment:
    """Variables by name. Each method raises `ImproperlyConfigured` for what it cannot take."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def text(self, name: str, default: str = "") -> str:
        """A value as it is; the default where there is none or an empty one. The only way to read a secret."""
        return self._said(name) or default

    def yes(self, name: str, default: bool) -> bool:
        """Yes or no. An empty one is neither: it could switch a protection off without a word."""
        word = self._said(name)
        if word is None:
            return default
        if word.lower() not in YES | NO:
            raise wrong(name, "true or false", word)
        return word.lower() in YES

    def number(self, name: str, default: int, *, least: int = 0, most: int, what: str = "a whole number") -> int:
        """A whole number in these bounds."""
        word = self._said(name)
        if word is None:
            return default
        if not re.fullmatch("[0-9]{1,18}", word):
            raise wrong(name, what, word)
        if not least <= int(word) <= most:
            raise wrong(name, f"{what} from {least} to {most}", word)
        return int(word)

    def rupees(self, name: str, default: str) -> Decimal:
        """An amount of rupees, with two places at most."""
        word = self._said(name)
        if word is not None and not re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", word):
            raise wrong(name, "an amount of rupees, such as 5000 or 499.50", word)
        return Decimal(default if word is None else word)

    def one_of(self, name: str, default: str, words: Collection[str], what: str) -> str:
        """One of some words."""
        word = self._said(name)
        if word is None:
            return default
        if word not in words:
            raise wrong(name, what, word)
        return word

    def listed(self, name: str, default: Iterable[str] = ()) -> list[str]:
        """What stands between commas, without what is empty."""
        word = self._said(name)
        pieces = default if word is None else (_plain(piece) for piece in word.split(","))
        return [piece for piece in pieces if piece]

    def each(self, name: str, default: Iterable[str], form: Callable[[str], str]) -> list[str]:
        """The same, each in its form; `form` raises `ValueError` saying what is wrong, "… is no host name"."""
        try:
            return [form(one) for one in self.listed(name, default)]
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}.") from None

    def parsed(self, name: str, default: str, parse: Callable[[str], Parsed]) -> Parsed:
        """What `parse` makes of a value; it raises `ValueError` saying what the variable must be or do."""
        word = self._said(name)
        try:
            return parse(default if word is None else word)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}") from None

    def networks(self, name: str) -> Networks:
        """Addresses and networks."""
        try:
            return Networks(self.listed(name))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}.") from None

    def tokens(self, name: str) -> list[str]:
        """Tokens that somebody is to show us, all valid at once; what could be guessed, or never be sent, is none."""
        tokens = self.listed(name)
        if any(len(token) < SHORTEST_TOKEN for token in tokens):
            raise ImproperlyConfigured(f"{name}: a token of fewer than {SHORTEST_TOKEN} characters can be guessed.")
        if not all(re.fullmatch("[\x21-\x7e]+", token) for token in tokens):
            raise ImproperlyConfigured(f"{name}: a token has no blanks, and the word Token is no part of it.")
        return tokens

    def header(self, name: str, default: str) -> str:
        """The name of a header."""
        said = self.text(name, default)
        if not re.fullmatch("[A-Za-z0-9-]+", said):
            raise ImproperlyConfigured(f"{name} must be the name of a header, of letters, digits and -.")
        return said

    def _said(self, name: str) -> str | None:
        """`None` where the variable is not set."""
        value = self._values.get(name)
        if value is None:
            return None
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ImproperlyConfigured(f"{name} must be UTF-8 text.") from None
        return _plain(value)


def wrong(name: str, expected: str, said: str) -> ImproperlyConfigured:
    """The sentence about a value of a variable that is no secret. One that looks like a secret is not shown."""
    return ImproperlyConfigured(f"{name} must be {expected}. {_shown(said)}")


def load(file: Path) -> None:
    """Set what a file of `NAME=value` lines says and the environment of this process does not."""
    try:
        lines = [line.strip() for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, ValueError) as error:
        raise ImproperlyConfigured(f"PORTAL_ENV_FILE: {file} cannot be read ({type(error).__name__}).") from None
    for number, line in enumerate(lines, start=1):
        if not _LINE.fullmatch(line):
            raise ImproperlyConfigured(f"{file}, line {number}, is not NAME=value, without blanks around the sign.")
    environ.Env.read_env(io.StringIO("\n".join(lines)))


def _plain(value: str) -> str:
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and value[0] not in value[1:-1]
    return value[1:-1].strip() if quoted else value


def _shown(value: str) -> str:
    if not value:
        return "It is empty."
    if _looks_secret(value):
        return "It is something else, which is not shown since it looks like a secret."
    return f"It is “{value[:MOST_SHOWN]}”."


def _looks_secret(value: str) -> bool:
    """One long word of letters and digits."""
    return bool(re.fullmatch(r"(?=.*\d)(?=.*[^\W\d])[^\s.:/]{9,}", value)) or "@" in value
