"""Tata 1mg's answer to Cancel Order: what it means. Pure. `onemg.OneMgClient.cancel` builds the request.

1mg's page documents 400 alone, with two sentences, and shows no body of success. So a 2xx that does not say the
opposite is *accepted*: 1mg has taken the request. The order is cancelled only when 1mg says so of the order itself (99;
95 is on the way there).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from payments.choices import Refusal, State
from payments.partners.messages import Response
from payments.partners.onemg import PARTNER, words_of
from payments.partners.results import Result, document, of_code

#: 1mg's words for a refusal, lower case -> which it is, and what it means for staff.
_REFUSALS: Final = {
    "invalid order status for this operation": (
        Refusal.TOO_LATE,
        "Too late: 1mg packs the order already, or it has come to its end, and is not cancelled any more: “{words}”.",
    ),
    "invalid request": (
        Refusal.INVALID,
        "1mg does not accept the request as this portal makes it: “{words}”. That is our fault, not the order's; an "
        "administrator must look.",
    ),
}


def read_cancel(response: Response, *, now: datetime) -> Result:
    """What 1mg's answer to Cancel Order means. `SUCCEEDED` says that 1mg accepted it, not that it is done."""
    if settled := of_code(PARTNER, response, now):
        return settled
    told = document(response)
    if not isinstance(told, dict):
        return Result(State.UNKNOWN, f"1mg answered {response.code} with something that cannot be read.")
    words, is_success = words_of(told), told.get("is_success")
    published = _REFUSALS.get(words.casefold())
    if response.code == 400 and is_success is False and published:
        refusal, meaning = published
        return Result(State.REJECTED, meaning.format(words=words), refusal=refusal)
    if not 200 <= response.code < 300:
        said = f": “{words}”" if words else ""
        return Result(State.UNKNOWN, f"1mg answered {response.code}{said}. Its page does not say what that means.")
    if is_success is False:
        return Result(State.REJECTED, f"1mg says that it does not cancel the order: “{words or 'no reason given'}”.")
    if is_success not in (True, None):
        return Result(State.UNKNOWN, "1mg's answer does not say whether it takes the cancellation.")
    if told.get("partial_complete"):
        return Result(State.UNKNOWN, "1mg says that it took the cancellation in part only. Ask 1mg which part.")
    return Result(
        State.SUCCEEDED, "1mg has accepted the cancellation. The order is cancelled only when 1mg says so of it."
    )
