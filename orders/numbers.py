"""Numbers that came as text. Pure."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

#: Amounts are kept to the paisa.
PAISA: Final = Decimal("0.01")
#: No number of ours or of a partner's is larger than this power of ten, or finer.
_MOST_PLACES: Final = 40
_MOST_LETTERS: Final = 100


@lru_cache(maxsize=4096)  # most numbers of an update are the ones of the update before
def decimal_of(text: str) -> Decimal | None:
    """The finite number that a text writes, or `None`: nothing is guessed, and none has a million places."""
    if len(text) > _MOST_LETTERS or "_" in text:  # `1_000` is a number to Python alone
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) <= _MOST_PLACES else None
