"""Tata 1mg: what we send it, and what its answer to Confirm Order means. Pure.

Rests on 1mg's pages of Confirm, Cancel and Track Order, and its page of the bearer token. The page of Confirm Order
documents two codes, 200 and 500, and dresses refusals as 500; so the body decides, and whatever it does not name is
unknown. What the answers to the other two mean: `onemg_cancel`, `onemg_track`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.choices import Refusal, State
from payments.partners import redact
from payments.partners.messages import Request, Response, segment
from payments.partners.results import Result, document, of_code

PARTNER: Final = "1mg"
#: How long a token lives, in seconds, as in 1mg's examples.
TOKEN_SECONDS: Final = 15 * 60

#: 1mg's words for a refusal, lower case -> which it is, and what it means for staff.
_REFUSALS: Final = {
    "order not found": (
        Refusal.NOT_FOUND,
        "1mg does not know this order: “{words}”. Compare the ids with 1mg's before anything else.",
    ),
    "map payment to order operation failed": (
        Refusal.NOT_MAPPED,
        "1mg could not match the payment to the order: “{words}”. It says so of an order that was cancelled before "
        "it was confirmed, and may say so where the payment was not complete yet. Look at the order's status and the "
        "payment before another try.",
    ),
}


@dataclass(frozen=True, slots=True)
class OneMgClient:
    """What a call to 1mg needs to know. `repr` shows neither key nor token.

    `track_order`: method and path of Track Order, which 1mg does not publish; nothing where we may not ask.
    """

    base_url: str
    merchant_id: str
    access_key: str = field(repr=False)
    private_key: str = field(default="", repr=False)
    bearer_token: str = field(default="", repr=False)
    track_order: str = ""

    def secrets(self) -> list[str]:
        """What must never be stored or shown."""
        return [text for text in (self.bearer_token, self.private_key, self.access_key) if text]

    def bearer(self, now: datetime) -> str:
        """The token for one call made at `now`: the fixed one, or an RS256 JWT that says when it ends and no more."""
        if self.bearer_token:
            return self.bearer_token
        issued = int(now.timestamp())
        return jwt.encode({"iat": issued, "exp": issued + TOKEN_SECONDS}, private_key(self.private_key), "RS256")

    def confirm(self, merchant_order_id: str, order_id: str, *, now: datetime) -> Request:
        """Confirm Order for the 1mg order `order_id`. Raises `BadId` for an id that may not stand in a path.

        1mg's page does not say what its path parameter `merchant_confirm_1mg_id` is; we read it as the order's id at
        1mg, the one that the body names too.
        """
        segment(merchant_order_id)
        path = f"/api/v4/merchants/{segment(self.merchant_id)}/orders/{segment(order_id)}/confirm"
        return self._request("PUT", path, {"merchant_order_id": merchant_order_id, "order_id": order_id}, now)

    def cancel(self, order_id: str, reason: str, *, now: datetime) -> Request:
        """Cancel Order for the 1mg order `order_id`. Raises `BadId`.

        The path has not the shape of Confirm Order's, and is 1mg's own to the letter. Its sample sends two of the four
        keys empty, and nothing says what belongs there.
        """
        segment(order_id)
        path = f"/api/v4/{segment(self.merchant_id)}/order/cancel"
        return self._request(
            "POST", path, {"order_id": order_id, "reason": reason, "agent_id": "", "merchant": ""}, now
        )

    def track(self, merchant_order_id: str, *, now: datetime) -> Request:
        """Track Order for the purchase, by our own id of it. Raises `BadId`."""
        method, path = self.track_order.split(" ")
        named = {"{merchant_id}": segment(self.merchant_id), "{merchant_order_id}": segment(merchant_order_id)}
        for placeholder, value in named.items():
            path = path.replace(placeholder, value)
        return self._request(method, path, None, now)

    def _request(self, method: str, path: str, body: dict[str, str] | None, now: datetime) -> Request:
        """A request with 1mg's headers, and with a body of JSON where there is one."""
        headers = {"X-Access-Key": self.access_key, "Authorization": f"Bearer {self.bearer(now)}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        headers["Accept"] = "application/json"
        data = b"" if body is None else json.dumps(body).encode()
        return Request(method, self.base_url.rstrip("/") + path, headers, data)


@lru_cache(maxsize=4)
def private_key(pem: str) -> RSAPrivateKey:
    """The key, read once: reading takes a hundred times as long as signing. Raises `ValueError` for what is none."""
    try:
        key = load_pem_private_key(pem.replace("\\n", "\n").encode(), None)
    except (ValueError, TypeError) as error:
        raise ValueError("the private key cannot be read") from error
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the private key is not an RSA key")
    return key


def read_confirm(response: Response, *, merchant_order_id: str, order_id: str, now: datetime) -> Result:
    """What 1mg's answer to Confirm Order means.

    Success needs all of: code 200, an object, `is_success` true, `partial_complete` false, and both of our ids in its
    `data`.
    """
    if settled := of_code(PARTNER, response, now):
        return settled
    told = document(response)
    if not isinstance(told, dict):
        return Result(State.UNKNOWN, f"1mg answered {response.code} with something that cannot be read.")
    words = words_of(told)
    if response.code == 500 and told.get("is_success") is False and (published := _REFUSALS.get(words.casefold())):
        refusal, meaning = published
        return Result(State.REJECTED, meaning.format(words=words), refusal=refusal)
    if response.code != 200:
        said = f": “{words}”" if words else ""
        return Result(State.UNKNOWN, f"1mg answered {response.code}{said}. Its page does not say what that means.")
    if told.get("is_success") is False:
        return Result(State.REJECTED, f"1mg says that it did not confirm the order: “{words or 'no reason given'}”.")
    if told.get("is_success") is not True or not isinstance(told.get("partial_complete"), bool):
        return Result(State.UNKNOWN, "1mg's answer does not say whether the order was confirmed.")
    if told["partial_complete"]:
        return Result(State.UNKNOWN, "1mg says that it confirmed the order in part only. Ask 1mg which part.")
    data = told.get("data")
    echoed = (data.get("merchant_order_id"), data.get("order_id")) if isinstance(data, dict) else None
    if echoed != (merchant_order_id, order_id):
        return Result(State.UNKNOWN, "1mg's answer names another order than the one we asked for. Ask 1mg.")
    return Result(State.SUCCEEDED, "1mg confirmed the order.")


def words_of(told: dict[str, Any]) -> str:
    """1mg's own sentence about what went wrong."""
    error = told.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    return " ".join(redact.storable(message).split()) if isinstance(message, str) else ""
