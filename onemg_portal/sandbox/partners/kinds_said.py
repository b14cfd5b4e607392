"""The kinds of misbehaviour that lie in what is said: refusals, half-truths, tokens, codes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Final

from onemg_portal.sandbox.partners import nimbbl, onemg
from onemg_portal.sandbox.partners.turn import Kind, Turn
from onemg_portal.sandbox.partners.wire import Answer, json_answer

# --- what 1mg says ----------------------------------------------------------------------------------------------------


def order_not_found(turn: Turn) -> Answer:
    """1mg's documented refusal: 500 "Order not found"."""
    return onemg.refused(500, onemg.NOT_FOUND)


def cancelled_before_confirmation(turn: Turn) -> Answer:
    """1mg's documented refusal of a cancelled order: 500 "Map payment to order operation failed"."""
    return onemg.refused(500, onemg.CANCELLED)


def invalid_request(turn: Turn) -> Answer:
    """1mg's documented refusal of a cancellation that it cannot read: 400 "Invalid request"."""
    return onemg.refused(400, onemg.INVALID)


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


def refund_refused(turn: Turn) -> Answer:
    """400 with Nimbbl's documented error: refunds of this payment are not allowed. Nothing done."""
    return nimbbl.error(400, "REFUND_NOT_ALLOWED", "Refunds are not allowed for this payment.")


def refund_fails(turn: Turn) -> Answer:
    """Answers that the refund failed; nothing done."""
    answer = turn.pretend()
    return json_answer(200, json.loads(answer.body) | {"refund_status": "failed"}) if answer.code == 200 else answer


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


SAID: Final[dict[str, Kind]] = {
    "order-not-found": order_not_found,
    "cancelled-before-confirmation": cancelled_before_confirmation,
    "invalid-request": invalid_request,
    "refuses-a-repeat": refuses_a_repeat,
    "not-a-success": not_a_success,
    "partial": partial,
    "wrong-echo": wrong_echo,
    "no-echo": no_echo,
    "not-applied": not_applied,
    "echoes-as-shipping-address": echoes_as_shipping_address,
    "another-order-id": another_order_id,
    "refund-refused": refund_refused,
    "refund-fails": refund_fails,
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
}
