"""JSON that can be kept a promise on: strict, bounded, and with every number as its canonical text.

Pure. Where a lenient reader would guess (two values for a key, NaN, a number no database holds, a hundred thousand
brackets), this one raises `BodyProblem`, which the receiver answers with 400: the way here may have damaged the body.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

from orders.numbers import decimal_of
from orders.strict_json import SaidTwice, each_once, no_constant

MAX_DEPTH: Final = 64
MAX_DIGITS: Final = 40

# Possessive, and an unclosed string runs to the end: linear whatever the body, since nothing is tried twice.
_STRINGS_AND_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*+"?|[{\[]|[}\]]', re.DOTALL)
_STEP: Final = {"{": 1, "[": 1, "}": -1, "]": -1}
#: The codes of `BodyProblem` in words.
PROBLEMS: Final = {
    "not_utf8": "The bytes are not UTF-8",
    "empty": "There is nothing in it",
    "not_json": "It is not JSON",
    "duplicate_key": "A key stands twice, with a value each",
    "too_deep": "It is nested too deeply",
    "not_an_object": "It is JSON, and not an object",
    "number_out_of_range": "A number is longer or larger than any that we can keep",
}
_UNKEEPABLE: Final = re.compile("[\x00\ud800-\udfff]")


class BodyProblem(Exception):  # noqa: N818 - a finding about the body, not a fault of ours
    """The bytes are not a JSON document. `code` is for machines, the message is a fixed text without any content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body` (UTF-8, a BOM is tolerated). Raises `BodyProblem`."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BodyProblem("not_utf8", "The body is not UTF-8.") from error
    if not text.strip():
        raise BodyProblem("empty", "The body is empty.")
    _refuse_depth(text)
    try:
        root = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BodyProblem("not_json", f"The body is not JSON (line {error.lineno}, column {error.colno}).") from error
    except SaidTwice as error:
        raise BodyProblem("duplicate_key", str(error)) from error
    except ValueError as error:  # a word that Python alone takes for a number
        raise BodyProblem("not_json", str(error)) from error
    except RecursionError as error:
        raise BodyProblem("too_deep", "The body is nested too deeply.") from error
    if not isinstance(root, dict):
        raise BodyProblem("not_an_object", "The body is not a JSON object.")
    return root


def repair(value: Any) -> Any:
    """`value` with NUL and lone surrogates, which no database keeps in text, replaced by U+FFFD."""
    if isinstance(value, str):
        return _UNKEEPABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {repair(key): repair(item) for key, item in value.items()}
    return [repair(item) for item in value] if isinstance(value, list) else value


def canonical(value: Any) -> bytes:
    """One byte string for one content: keys sorted, no white space, ASCII; numbers are canonical text already."""
    return canonical_text(value).encode("ascii")


canonical_text: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


def _refuse_depth(text: str) -> None:
    """Count nesting outside of strings; only where there are enough brackets for it to be deep at all."""
    if text.count("{") + text.count("[") < MAX_DEPTH:
        return
    depth = 0
    for token in _STRINGS_AND_BRACKETS.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth >= MAX_DEPTH:
            raise BodyProblem("too_deep", "The body is nested too deeply.")


@lru_cache(maxsize=4096)  # most numbers of an update are the ones of the update before
def _number(text: str) -> str:
    """`1`, `1.0` and `1e0` are all `1`."""
    if len(text) > MAX_DIGITS:
        raise BodyProblem("number_out_of_range", "A number is too long.")
    if text.isdigit():
        return text
    number = decimal_of(text)
    if number is None:  # zero too: 0e-999999999 has a thousand million places
        raise BodyProblem("number_out_of_range", "A number is out of range.")
    plain = f"{number:f}"
    if "." in plain:
        plain = plain.rstrip("0").rstrip(".")
    return "0" if plain == "-0" else plain


_DECODER = json.JSONDecoder(
    parse_int=_number, parse_float=_number, parse_constant=no_constant, object_pairs_hook=each_once
)
