"""A time as somebody asks for it. Pure.

read(text, now)     the moment meant, in UTC; `ValueError` with a sentence where it is none that is over
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from orders.stories.changes import INDIA

#: A plus that stood in an address without being written as %2B.
_LOST_PLUS: Final = re.compile(r"(?<=\d) (?=\d\d:?\d\d\Z)")
_NOT_A_TIME: Final = "Say a time like 2026-11-22T14:00; without a zone it is India's."


def read(text: str, now: datetime) -> datetime:
    """The moment that ISO 8601 `text` names; without a zone it is India's time."""
    if len(text) > 64:
        raise ValueError(_NOT_A_TIME)
    try:
        found = datetime.fromisoformat(_with_plus(text.strip()))
        found = (found if found.tzinfo else found.replace(tzinfo=INDIA)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_NOT_A_TIME) from None
    if found > now:
        raise ValueError("That time has not come yet.")
    return found


def _with_plus(text: str) -> str:
    return _LOST_PLUS.sub("+", text) if "T" in text else text
