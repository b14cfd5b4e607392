"""What the merchant and the partners of the sandbox have agreed on, and what a partner makes of a request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from onemg_portal.sandbox.partners.wire import Answer


@dataclass(frozen=True, slots=True)
class Agreed:
    """Keys, ids and paths. 1mg takes a JWT made with the private half of `public_key` (PEM), or `bearer_token`.

    `merchant_url`: where 1mg asks the merchant about payments and for refunds, showing `payment_token`; empty, it asks
    nothing. `events_url`: where Nimbbl posts its events; empty, nowhere.
    """

    merchant_id: str = "demo-merchant"
    public_key: str = ""
    bearer_token: str = ""
    nimbbl_access_key: str = "access_key_sandbox"
    nimbbl_access_secret: str = "access_secret_sandbox"  # noqa: S105 - of a partner that is only played
    nimbbl_update_order: str = "PATCH /api/v3/update-order"
    onemg_track_order: str = "GET /api/v4/merchants/{merchant_id}/orders/{merchant_order_id}/track"
    #: How long a token of Nimbbl's lives, in seconds.
    token_seconds: float = 1200
    merchant_url: str = ""
    payment_token: str = ""
    payment_header: str = "Authorization"
    events_url: str = ""


def _nothing() -> None:
    """No effect."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a partner answers, and what comes of the request: an answer can be given without it, or the reverse."""

    answer: Answer
    effect: Callable[[], None] = _nothing
