"""The kinds of misbehaviour, one function each, and the table that names them.

A kind that does not call `Turn.act` leaves the order as it was.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Final

from onemg_portal.sandbox.partners import nimbbl, onemg
from onemg_portal.sandbox.partners.canned import CANNED
from onemg_portal.sandbox.partners.turn import Kind, Turn
from onemg_portal.sandbox.partners.wire import Answer, json_answer

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


# --- what 1mg says ----------------------------------------------------------------------------------------------------


def order_not_found(turn: Turn) -> Answer:
    """1mg's documented refusal: 500 "Order not found"."""
    return onemg.refused(500, onemg.NOT_FOUND)


def cancelled_before_confirmation(turn: Turn) -> Answer:
    """1mg's documented refusal of a cancelled order: 500 "Map payment to order operation failed"."""
    return onemg.refused(500, onemg.CANCELLED)


def refuses_a_repeat(turn: Turn) -> Answer:
    """The first request is fine; a later one is refused as 1mg refuses a cancelled order."""
    return turn.act() if turn.met == 1 else cancelled_before_confirmation(turn)


def not_a_success(turn: Turn) -> Answer:
    """200 with `is_success` false, nothing done."""
    return onemg.refused(200, "Payment could not be verified")


def partial(turn: Turn) -> Answer:
    """Acts, and answers 200 with `partial_complete` true."""
    return turn.act_and_say(partial_complete=True)


def wrong_echo(turn: Turn) -> Answer:
    """Acts, and answers about another order."""
    return turn.act_and_say(data={"merchant_order_id": "another-purchase", "order_id": "PO-another-order"})


def no_echo(turn: Turn) -> Answer:
    """Acts, and answers with empty `data`."""
    return turn.act_and_say(data={})


# --- what Nimbbl says -------------------------------------------------------------------------------------------------


def _without(key: str, answer: Answer) -> Answer:
    """The answer without one of its keys."""
    return json_answer(answer.code, {name: value for name, value in json.loads(answer.body).items() if name != key})


def not_applied(turn: Turn) -> Answer:
    """Answers well, with the address as it was before; nothing changes."""
    order = turn.books.find(str(turn.request.json().get("order_id")))
    answer = turn.pretend()
    return json_answer(200, nimbbl.described(order, order.shipping_address)) if order and answer.code == 200 else answer


def echoes_as_shipping_address(turn: Turn) -> Answer:
    """Acts, and answers with `shipping_address` in place of `address`."""
    return _without("address", turn.act_and_say(shipping_address=turn.request.json().get("shipping_address")))


def another_order_id(turn: Turn) -> Answer:
    """Acts, and answers with the order_id of another order."""
    return turn.act_and_say(order_id="o_AnotherOrder00000")


def token_without_expiry(turn: Turn) -> Answer:
    """A good token that does not say until when."""
    return _without("expires_at", turn.act())


def token_with_past_expiry(turn: Turn) -> Answer:
    """A good token that expired yesterday, as it says."""
    yesterday = time.strftime("%Y-%m-%dT%H:%M:%S.000001", time.gmtime(time.time() - 86_400))
    return turn.act_and_say(expires_at=yesterday)


def token_with_odd_expiry(turn: Turn) -> Answer:
    """A good token whose expiry is no time."""
    return turn.act_and_say(expires_at="in a while")


def skewed_date(turn: Turn, seconds: float = 3600) -> Answer:
    """Acts and answers well, with a `Date` header `seconds` ahead."""
    answer = turn.act()
    return replace(answer, headers={"Date": formatdate(time.time() + seconds, usegmt=True)})


# --- credentials and limits -------------------------------------------------------------------------------------------


def unauthorized(turn: Turn) -> Answer:
    """401, every time."""
    return turn.refuse(401, "Unauthorized")


def unauthorized_once(turn: Turn) -> Answer:
    """401 the first time, then fine."""
    return turn.refuse(401, "Unauthorized") if turn.met == 1 else turn.act()


def forbidden(turn: Turn) -> Answer:
    """403, every time."""
    return turn.refuse(403, "Forbidden")


def missing(turn: Turn) -> Answer:
    """404, as a path that there is not."""
    return turn.refuse(404, "Not found")


def method_not_allowed(turn: Turn) -> Answer:
    """405, as a path that wants another method."""
    return turn.refuse(405, "Method not allowed")


def _too_many(retry_after: Callable[[], str], meaning: str) -> Kind:
    def kind(turn: Turn, retry_after_value: str | None = None) -> Answer:
        headers = {"Retry-After": retry_after() if retry_after_value is None else retry_after_value}
        return replace(turn.refuse(429, "Too many requests"), headers=headers)

    kind.__doc__ = f"429 with a Retry-After of {meaning}."
    return kind


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


# --- the table --------------------------------------------------------------------------------------------------------

KINDS: Final[dict[str, Kind]] = {
    "fine": fine,
    "slow": slow,
    "times-out-before-acting": times_out_before_acting,
    "times-out-after-acting": times_out_after_acting,
    "order-not-found": order_not_found,
    "cancelled-before-confirmation": cancelled_before_confirmation,
    "refuses-a-repeat": refuses_a_repeat,
    "not-a-success": not_a_success,
    "partial": partial,
    "wrong-echo": wrong_echo,
    "no-echo": no_echo,
    "not-applied": not_applied,
    "echoes-as-shipping-address": echoes_as_shipping_address,
    "another-order-id": another_order_id,
    "token-without-expiry": token_without_expiry,
    "token-with-past-expiry": token_with_past_expiry,
    "token-with-odd-expiry": token_with_odd_expiry,
    "skewed-date": skewed_date,
    "unauthorized": unauthorized,
    "unauthorized-once": unauthorized_once,
    "forbidden": forbidden,
    "missing": missing,
    "method-not-allowed": method_not_allowed,
    "too-many": _too_many(lambda: "2", "two seconds"),
    "too-many-until-a-date": _too_many(lambda: formatdate(time.time() + 2, usegmt=True), "a date two seconds from now"),
    "too-many-for-ten-days": _too_many(lambda: "864000", "ten days"),
    "too-many-nonsense": _too_many(lambda: "a while", "nonsense"),
    **CANNED,
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
