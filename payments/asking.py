"""Who asks for something to be done at a partner, and why it may come to nothing.

Person        who asks
CannotDo      not possible as things stand; nothing was kept
NotReady      the pre-flight stops it; nothing was kept, nothing was sent
└── NotAsRead    something is not as it was on the page that the person decided by
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser

from payments.preflight.ticks import Tick


class NotReady(Exception):
    """The pre-flight stops the confirmation; nothing was kept, nothing was sent. `ticks`: those that stop it."""

    def __init__(self, ticks: list[Tick]) -> None:
        super().__init__("; ".join(tick.words for tick in ticks))
        self.ticks = ticks


class NotAsRead(NotReady):
    """Something is not as it was on the page that the person decided by; nothing was kept, nothing was sent.

    `ticks`: what stands there now. `order`: whether another 1mg order would be confirmed.
    """

    def __init__(self, ticks: list[Tick], order: bool) -> None:
        super().__init__(ticks)
        self.order = order


class CannotDo(Exception):
    """What was asked is not possible as things stand. The text is for staff."""


@dataclass(frozen=True, slots=True)
class Person:
    """Who asks."""

    user: AbstractBaseUser

    @property
    def name(self) -> str:
        """As it is kept with the call."""
        return self.user.get_username()
