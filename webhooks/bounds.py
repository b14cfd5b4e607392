"""How much of one body is read. Pure.

The bytes are kept whole whatever they are. A body beyond `MOST_ORDERS`, or a part beyond `MOST_LINES`, is quarantined
by name; a text beyond its length is cut where it is read, and flagged. What 1mg publishes has a few orders, some ten
lines and texts of one sentence, so nothing real comes near these.

A text of a column with a length is cut to that length, where `webhooks.onemg` names it; a link to `MOST_LINK`,
any other to `MOST_TEXT`.
"""

from __future__ import annotations

from typing import Any, Final

#: Entries of `grouped_orders`.
MOST_ORDERS: Final = 1_000
#: Items of any list, and keys of any object, inside of an entry or of what a body says for all of them.
MOST_LINES: Final = 2_000
#: Letters of a text without a length of its own: titles, names, reasons.
MOST_TEXT: Final = 2_000
#: Letters of a link, which is worth nothing when it is cut.
MOST_LINK: Final = 8_000
#: Letters of a key in JSON that is kept as published; a longer one is left out.
MOST_KEY: Final = 80
#: Names of unknown keys that are reported of one delivery.
MOST_UNKNOWN: Final = 50


def may_be_crowded(body: bytes) -> bool:
    """Whether a body has enough commas for `is_crowded` to be asked at all; a published one has not."""
    return body.count(b",") >= MOST_LINES


def is_crowded(value: Any) -> bool:
    """Whether a list or an object anywhere in `value` has more items than are read."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list | dict):
            if len(found) > MOST_LINES:
                return True
            waiting.extend(found.values() if isinstance(found, dict) else found)
    return False
