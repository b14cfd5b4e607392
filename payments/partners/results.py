"""What came of a call, in our words. Pure.

SUCCEEDED  the partner's answer proves it
REJECTED   the partner said no, or was never asked; nothing happened there, so asking again is a new decision
UNKNOWN    it may have happened: ask the world before acting again
INTENDED   nothing was sent, or the partner turned it away unread (429): it may be tried again by itself
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from orders import strict_json
from payments.choices import Refusal, State
from payments.partners.messages import Response

#: Longest that a partner may make us wait before the next try, in seconds.
LONGEST_WAIT: Final = 15 * 60


@dataclass(frozen=True, slots=True)
class Result:
    """What a call came to. `said`: a sentence for staff. `after`: seconds to wait before trying again, where told.

    `refusal`: which of a partner's published refusals it was.
    """

    state: State
    said: str
    after: float | None = None
    refusal: Refusal | None = None


def of_code(partner: str, response: Response, now: datetime) -> Result | None:
    """What the status code alone settles, for either partner; `None` where the body must be read."""
    if response.code == 429:
        return Result(State.INTENDED, f"{partner} has too much to do (429).", retry_after(response, now))
    if 300 <= response.code < 400:
        words = f"{partner} redirects ({response.code}), which we do not follow: the base URL is wrong."
        return Result(State.REJECTED, words)
    if response.code in (401, 403):
        words = f"{partner} does not accept our credentials ({response.code}). An administrator must look."
        return Result(State.REJECTED, words)
    return None


def retry_after(response: Response, now: datetime) -> float | None:
    """`Retry-After` in seconds from `now` (UTC), as a number or a date, within reason; `None` for none or nonsense."""
    told = response.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(min(int(told[:9]), LONGEST_WAIT))
    try:
        at = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT)


def document(response: Response) -> Any:
    """The body as JSON with exact decimals; `None` for `null` and for whatever is no JSON."""
    try:
        return strict_json.read(response.body)
    except ValueError:
        return None
