"""Times, amounts and partners' words as the read API says them; what is not known is null."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from rest_framework import serializers


def instant(value: datetime | None) -> str | None:
    """ISO 8601 in UTC, or `None` for unknown."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None


def amount(value: Decimal | None) -> str | None:
    """Rupees with two decimals, or `None` for unknown."""
    return None if value is None else f"{value:.2f}"


class Instant(serializers.DateTimeField):
    """A time in UTC."""

    def to_representation(self, value: datetime | None) -> str | None:  # type: ignore[override]
        """ISO 8601 with a Z."""
        return instant(value)


class Rupees(serializers.CharField):
    """An amount with two decimals; null where it is not known."""

    def to_representation(self, value: Decimal) -> str | None:  # type: ignore[override]
        """Never a number: none has two decimals in every language."""
        return amount(value)


class Word(serializers.CharField):
    """A word of a partner's; null where it said none."""

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        """Empty is unknown."""
        return value or None
