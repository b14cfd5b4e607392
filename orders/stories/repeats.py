"""What came several times in a row, told once with how often and since when. Pure.

    once(lines)     the story with one line for each run of acts alike, where it stands last

A row is written each time (`orders.acts.counts`); the count is worked out as the story is read. Whatever else happened
in between begins another line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby

from orders.stories.changes import INDIA
from orders.stories.story import Line


def once(lines: Iterable[Line]) -> list[Line]:
    """The same story. `lines`: oldest first."""
    return [_told([*alike]) for _what, alike in groupby(lines, key=_what)]


def _what(line: Line) -> object:
    """What is the same of lines that are told once; of any other line itself."""
    if line.act and line.act.counted:
        return line.source, line.kind, line.text, line.order_id
    return id(line)


def _told(alike: list[Line]) -> Line:
    """The last of a run, with how often it came; the silence before it is that before the first."""
    first, last = alike[0], alike[-1]
    if first is last:
        return first
    since = f"{first.at.astimezone(INDIA):%a %d %b %H:%M}"
    return replace(last, text=f"{last.text}, {len(alike)} times since {since}", silence=first.silence)
