"""Why what is asked to be done at a partner may come to nothing.

CannotDo      not possible as things stand; nothing was kept
NotReady      the pre-flight stops it; nothing was kept, nothing was sent
└── NotAsRead    something is not as it was on the page that the person decided by
"""

from __future__ import annotations

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
