"""How long a purchase has been waiting, as an address says it. Pure.

read("24h")     a day; nothing for what is no such time
words("24h")    "over 24 h"
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

_FORM: Final = re.compile(r"([1-9]\d{0,3}) ?(m|h|d)", re.IGNORECASE | re.ASCII)
_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_SHOWN: Final = {"m": "min", "h": "h", "d": "d"}
#: Those that the list offers.
OFFERED: Final = ("1h", "4h", "24h", "2d", "3d", "7d")


def read(text: str) -> timedelta | None:
    """`90m`, `24h`, `7d`; `None` for what is no such time."""
    found = _FORM.fullmatch(text.strip())
    return int(found[1]) * _UNITS[found[2].lower()] if found else None


def words(text: str) -> str:
    """The same for people, of a time that can be read."""
    found = _FORM.fullmatch(text.strip())
    return f"over {found[1]} {_SHOWN[found[2].lower()]}" if found else text
