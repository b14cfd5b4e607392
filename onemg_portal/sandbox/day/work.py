"""What a colleague may be told to do with a purchase. Pure."""

from __future__ import annotations

from enum import Enum, auto


class Work(Enum):
    """`CONFIRM_IN_SPITE`: of what the checks find. Of a purchase's refunds those are meant that it can be done with."""

    CONFIRM = auto()
    CONFIRM_IN_SPITE = auto()
    LOOK_AT = auto()
    APPROVE = auto()
    SEND_AGAIN = auto()
    DECLINE = auto()
