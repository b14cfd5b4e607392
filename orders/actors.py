"""Who acts: what everything that is done is asked for with, and named by. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


class Account(Protocol):
    """A user of Django's."""

    pk: Any

    def get_username(self) -> str:
        """The name of the account."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A member of staff, or a system of the shop's by the name of its key. `user_id`: `None` where it is no account."""

    name: str
    user_id: int | None = None

    @classmethod
    def of(cls, user: Account) -> Actor:
        """Whoever has this account."""
        return cls(user.get_username(), user.pk)
