"""JSON that is read strictly: no key stands twice, no number is none, and decimals are exact. Pure.

read(text)              what somebody sent, or `ValueError`
each_once, no_constant  the two refusals by themselves, for a decoder that reads numbers in a way of its own
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


class SaidTwice(ValueError):
    """An object names a key twice: of the two values neither may win silently."""


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of these pairs. Raises `SaidTwice`."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SaidTwice("An object names a key twice.")
    return found


def no_constant(text: str) -> Any:
    """Refuse `NaN` and the infinities, which only Python takes for JSON. Raises `ValueError`."""
    raise ValueError(f"{text} is not JSON.")


def read(text: bytes | str) -> Any:
    """The document. Raises `ValueError` for whatever is none, `SaidTwice` among it."""
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=no_constant, object_pairs_hook=each_once)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError("The document is beyond what can be read.") from error
