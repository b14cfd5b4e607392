"""Single values of 1mg's JSON: text, yes or no, money, quantities, times. Pure.

Numbers arrive as canonical text (`webhooks.strict_json`). What cannot be read becomes `None` (or "") and a flag; it is
never guessed and never a reason to refuse, since the bytes are kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from orders.choices import Flag
from orders.numbers import PAISA, decimal_of
from webhooks.bounds import MOST_KEY, MOST_TEXT

Flags = set[str]

_MOST_RUPEES: Final = Decimal(10**11)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM: Final = 10**11  # as seconds this is the year 5138
_TIMES_MS: Final = (946_684_800_000, 4_102_444_800_000)  # 2000 to 2100


def text(value: Any, flags: Flags, most: int = MOST_TEXT) -> str:
    """Text as sent (a number's text included); flagged where it is cut to `most` characters or is no text at all."""
    if value is None:
        return ""
    if isinstance(value, str) and len(value) <= most:
        return value
    flags.add(Flag.PART_UNREADABLE)
    return value[:most] if isinstance(value, str) else ""


def clipped(value: Any, flags: Flags) -> Any:
    """JSON that is kept as published: long texts in it are cut, long keys left out; flagged where any are."""
    if isinstance(value, str):
        return value if len(value) <= MOST_TEXT else text(value, flags)
    if isinstance(value, dict):
        found = {key: clipped(item, flags) for key, item in value.items() if len(key) <= MOST_KEY}
        if len(found) < len(value):
            flags.add(Flag.PART_UNREADABLE)
        return found
    return [clipped(item, flags) for item in value] if isinstance(value, list) else value


def flag_or_none(value: Any, flags: Flags) -> bool | None:
    """`true`, `false`, or not said; anything else is flagged."""
    if not isinstance(value, bool | None):
        flags.add(Flag.PART_UNREADABLE)
    return value if isinstance(value, bool) else None


def number(value: Any) -> Decimal | None:
    """A finite number, or `None`."""
    return decimal_of(value) if isinstance(value, str) else None


def whole(value: Any) -> int | None:
    """A whole number that a 64-bit column holds (`130`, `130.0`, `"130"`), or `None`."""
    found = number(value)
    if found is None or found != found.to_integral_value() or abs(found) >= 2**63:
        return None
    return int(found)


def money(value: Any, flags: Flags) -> Decimal | None:
    """Rupees with two places, rounded half up; `None` and a flag where it cannot be an amount, as null cannot.

    Asked only of what was said: an amount whose key is not there is not unknown.
    """
    found = number(value)
    if found is None or not -_MOST_RUPEES < found < _MOST_RUPEES:
        flags.add(Flag.AMOUNT_UNREADABLE)
        return None
    if found < 0:
        flags.add(Flag.AMOUNT_NEGATIVE)
    return found.quantize(PAISA, ROUND_HALF_UP) + 0  # zero has no sign


def quantity(value: Any, flags: Flags) -> Decimal | None:
    """A count as sent, three places at most; flagged unless it is a positive whole number."""
    found = number(value)
    if found is None or found <= 0 or found != found.to_integral_value():
        flags.add(Flag.QUANTITY_ODD)
    if found is None or abs(found) >= 10**11:
        flags.add(Flag.QUANTITY_ODD)
        return None
    return found.quantize(Decimal("0.001"), ROUND_HALF_UP)


def milliseconds(value: Any) -> int | None:
    """1mg's epoch number in milliseconds since 1970, whether it came as seconds or milliseconds; else `None`."""
    found = number(value)
    if found is None or abs(found) >= 10**16:
        return None
    return int(found) if abs(found) > _MILLISECONDS_FROM else int(found * 1000)


def time(value: Any, flags: Flags) -> datetime | None:
    """A moment (UTC). 0, empty and absent are *unknown* (contract: ETA); an impossible one is flagged too."""
    if value in (None, "", "0"):
        return None
    ms = milliseconds(value)
    if ms is None or not _TIMES_MS[0] <= ms <= _TIMES_MS[1]:
        flags.add(Flag.TIME_UNREADABLE)
        return None
    return _EPOCH + timedelta(milliseconds=ms)
