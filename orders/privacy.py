"""Masking: what is shown of personal data to whoever may not see it. Pure.

Masked values keep just enough to recognise a caller by: the end of a phone, the first letter of a name. City and PIN
stay, since staff plan by them.
"""

from __future__ import annotations

from typing import Any, Final

DOTS: Final = "••••"
#: What stays of an address: enough to see where a parcel goes, not to whom.
_PLACE: Final = ("city", "pincode", "state", "country")


_TITLES: Final = frozenset({"mr", "mrs", "ms", "miss", "master", "dr", "shri", "smt"})


def name(value: str) -> str:
    """`Mr USER1` -> `Mr U••••1`, `Asha Rao` -> `A••••o`; of a short name the first letter."""
    words = value.split()
    title = f"{words.pop(0)} " if len(words) > 1 and words[0].rstrip(".").casefold() in _TITLES else ""
    rest = " ".join(words)
    return f"{title}{rest[0]}{DOTS}{rest[-1] if len(rest) > 3 else ''}" if rest else ""


def phone(value: str) -> str:
    """`9876543210` -> `••••••3210`; of a short number nothing."""
    return f"{DOTS}••{value[-4:]}" if len(value) >= 8 else DOTS if value else ""


def email(value: str) -> str:
    """`asha@example.org` -> `a••••@e••••`."""
    user, at, host = value.partition("@")
    return f"{user[:1]}{DOTS}@{host[:1]}{DOTS}" if at else DOTS if value else ""


def address(value: dict[str, Any]) -> dict[str, Any]:
    """The address with only its place left; the other fields say that they are there."""
    return {key: item if key in _PLACE or not item else DOTS for key, item in value.items()}


def prescriptions(value: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Prescriptions with their state and without the document."""
    return [{**paper, "url": DOTS if paper.get("url") else ""} for paper in value]
