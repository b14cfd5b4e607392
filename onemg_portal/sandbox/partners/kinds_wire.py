"""The kinds of misbehaviour that lie on the wire: time, connections that break, answers that do not end, redirects."""

from __future__ import annotations

import gzip
from typing import Final

from onemg_portal.sandbox.partners.turn import Kind, Turn
from onemg_portal.sandbox.partners.wire import Answer

# --- time -------------------------------------------------------------------------------------------------------------


def fine(turn: Turn) -> Answer:
    """As it should be."""
    return turn.act()


def slow(turn: Turn, seconds: float = 3) -> Answer:
    """Waits `seconds`, then acts and answers well."""
    turn.wire.pause(seconds)
    return turn.act()


def times_out_before_acting(turn: Turn, seconds: float = 30) -> None:
    """Never acts, and says nothing for `seconds`."""
    turn.wire.pause(seconds)
    turn.wire.reset()


def times_out_after_acting(turn: Turn, seconds: float = 30) -> None:
    """Acts at once, and says nothing for `seconds`."""
    turn.act()
    turn.wire.pause(seconds)
    turn.wire.reset()


# --- the wire ---------------------------------------------------------------------------------------------------------


def reset(turn: Turn) -> None:
    """Acts, and resets the connection in the middle of its answer."""
    answer = turn.act()
    turn.wire.send(answer.head + answer.body[: len(answer.body) // 2])
    turn.wire.reset()


def reset_before_acting(turn: Turn) -> None:
    """Resets the connection without a word, nothing done."""
    turn.wire.reset()


def half_json(turn: Turn) -> Answer:
    """Acts, promises more bytes than it has, and closes in the middle of the JSON."""
    answer = turn.act()
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close"}
    return Answer(answer.code, answer.body[: len(answer.body) // 2], headers)


def drip_headers(turn: Turn, every: float = 0.5) -> None:
    """Acts, and answers byte by byte from the first header on, `every` so many seconds."""
    answer = turn.act()
    turn.wire.drip(answer.head + answer.body, every)


def drip_body(turn: Turn, every: float = 0.5) -> None:
    """Acts, and answers the body byte by byte, `every` so many seconds."""
    answer = turn.act()
    turn.wire.send(answer.head)
    turn.wire.drip(answer.body, every)


def gzip_bomb(turn: Turn, megabytes: int = 1000) -> Answer:
    """Acts, and answers a small gzip that is `megabytes` of spaces before the JSON."""
    room = gzip.compress(b" " * 1_000_000)
    body = room * megabytes + gzip.compress(turn.act().body)  # a gzip may have many members
    return Answer(200, body, {"Content-Encoding": "gzip"})


def endless(turn: Turn) -> None:
    """Acts, and answers without end."""
    turn.act()
    turn.wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    while not turn.wire.stopping.is_set():
        turn.wire.send(b" " * 65_536)


# --- redirects --------------------------------------------------------------------------------------------------------


def _redirect(code: int) -> Kind:
    def kind(turn: Turn) -> Answer:
        if turn.request.target.endswith("?redirected"):
            return turn.act()
        return Answer(code, b"", {"Location": f"{turn.home}{turn.request.path}?redirected"})

    kind.__doc__ = f"{code} to the same path, where it would act."
    return kind


def redirect_away(turn: Turn, to: str = "", code: int = 307) -> Answer:
    """A redirect to another host: `to`, or this server by another name, where it would act."""
    if turn.request.target.endswith("?redirected"):
        return turn.act()
    elsewhere = to or turn.home.replace("127.0.0.1", "localhost")
    return Answer(code, b"", {"Location": f"{elsewhere}{turn.request.path}?redirected"})


def redirect_loop(turn: Turn, code: int = 307) -> Answer:
    """A redirect to itself, for ever."""
    return Answer(code, b"", {"Location": f"{turn.home}{turn.request.target}"})


WIRE: Final[dict[str, Kind]] = {
    "fine": fine,
    "slow": slow,
    "times-out-before-acting": times_out_before_acting,
    "times-out-after-acting": times_out_after_acting,
    "reset": reset,
    "reset-before-acting": reset_before_acting,
    "half-json": half_json,
    "drip-headers": drip_headers,
    "drip-body": drip_body,
    "gzip-bomb": gzip_bomb,
    "endless": endless,
    **{f"redirect-{code}": _redirect(code) for code in (301, 302, 303, 307, 308)},
    "redirect-away": redirect_away,
    "redirect-loop": redirect_loop,
}
