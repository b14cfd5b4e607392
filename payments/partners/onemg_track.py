"""Tata 1mg's answer to Track Order: whether it tells of the purchase. Pure. `OneMgClient.track` builds the request.

Rests on 1mg's two pages of Track Order, of which a part can be read: the beginning of a 200, and that there is a 404.
What an answer says of the orders is read where updates are read, since it is one (`webhooks.onemg`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payments.partners.messages import Response
from payments.partners.onemg import words_of
from payments.partners.results import document


@dataclass(frozen=True, slots=True)
class Tracked:
    """What asking came to. `told`: the answer tells of orders; else `said` is why it does not, for staff."""

    told: bool
    said: str = ""


_CREDENTIALS: Final = "1mg does not accept our credentials ({code}). An administrator must look."
_ELSEWHERE: Final = (
    "1mg answered {code}, and not as it does where it does not know an order: the path in ONEMG_TRACK_ORDER may be "
    "wrong. An administrator must look."
)


def read_track(response: Response, *, merchant_order_id: str) -> Tracked:
    """Whether 1mg's answer to Track Order tells of the purchase `merchant_order_id`."""
    told = document(response)
    envelope = told if isinstance(told, dict) else {}
    data = envelope.get("data")
    result = data.get("result") if isinstance(data, dict) else None
    if response.code == 200 and envelope.get("is_success") is not False and isinstance(result, dict):
        named = result.get("merchant_order_id") or merchant_order_id
        if named != merchant_order_id:
            return Tracked(False, "1mg's answer is about another purchase than the one we asked about. Ask 1mg.")
        return Tracked(True)
    return Tracked(False, _why_not(response.code, words_of(envelope), is_ours=envelope.get("is_success") is False))


def _why_not(code: int, words: str, *, is_ours: bool) -> str:
    """Why an answer tells nothing. `is_ours`: it has the shape of 1mg's refusals."""
    if code == 404 and is_ours:
        return f"1mg does not know this purchase: “{words or 'no reason given'}”."
    if code in (401, 403):
        return _CREDENTIALS.format(code=code)
    if code == 429:
        return "1mg has too much to do (429). Ask again in a while."
    if 300 <= code < 400 or code in (404, 405):
        return _ELSEWHERE.format(code=code)
    said = f": “{words}”" if words else ", with something that tells nothing of the purchase"
    return f"1mg answered {code}{said}."
