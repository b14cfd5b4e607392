"""Nimbbl's token, one for all processes and threads: fetched by one of them, a minute before it ends at the latest.

The token stands where all can read it (`TokenStore`, sealed there). Whoever finds none that is good takes the lease,
fetches one without any lock or transaction, and writes it for all; everybody else waits for it. A refused token is
replaced only where it still stands, so that fifty refused calls fetch one. Knows no model.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils import timezone

from payments.partners import http, nimbbl, redact
from payments.partners.nimbbl import NimbblClient, NotTold

_LOOK_AGAIN: Final = 0.05


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store holds now. `text`: a token that is good still, else "". `seen`: the store's own, for `take`.

    `problem`: why the last try failed, while nobody is to try again; `refused`: Nimbbl said no, rather than nothing.
    """

    text: str = field(repr=False)
    seen: Any = field(default=None, repr=False)
    problem: str = ""
    refused: bool = False


class TokenStore(Protocol):
    """Where the token of one account is kept for all."""

    def read(self) -> Kept:
        """What is there."""

    def take(self, kept: Kept) -> str:
        """A lease for fetching the next token; "" where another has one, or the store is not as `kept` was."""

    def keep(self, lease: str, text: str, good_until: datetime) -> None:
        """The next token, unless the lease was lost meanwhile."""

    def fail(self, lease: str, problem: str, *, refused: bool) -> None:
        """There is none, and why; unless the lease was lost meanwhile."""


def send(
    client: NimbblClient, store: TokenStore, build: Callable[[str], http.Request], *, seconds: float
) -> http.Response:
    """Make a call that needs the token, in `seconds` all in all. Raises `http.Trouble` and `NotTold`."""
    end = time.monotonic() + seconds
    token = current(client, store, seconds=seconds)
    response = http.send(build(token), hosts=settings.PARTNER_HOSTS, seconds=_left(end))
    if response.code not in (401, 403):
        return response
    token = current(client, store, seconds=_left(end), refused=token)
    return http.send(build(token), hosts=settings.PARTNER_HOSTS, seconds=_left(end))


def current(client: NimbblClient, store: TokenStore, *, seconds: float, refused: str = "") -> str:
    """The token, fetched if need be; never `refused`, the one that was just turned down.

    Raises `NotTold` where Nimbbl gives none, `http.NotSent` where it cannot be asked: whatever needed the token has
    not been sent then.
    """
    end = time.monotonic() + seconds
    while True:
        kept = store.read()
        if kept.text and kept.text != refused:
            return kept.text
        if kept.problem:
            raise NotTold(kept.problem) if kept.refused else http.NotSent(kept.problem, again=True)
        if lease := store.take(kept):
            return fetch(client, store, lease, seconds=max(end - time.monotonic(), 1.0))
        if time.monotonic() + _LOOK_AGAIN > end:
            raise http.NotSent("Nimbbl's token is being fetched, and that takes too long.", again=True)
        time.sleep(_LOOK_AGAIN)


def fetch(client: NimbblClient, store: TokenStore, lease: str, *, seconds: float) -> str:
    """Ask Nimbbl for a token, and keep it or why there is none. Raises as `current`."""
    try:
        response = http.send(client.token(), hosts=settings.PARTNER_HOSTS, seconds=seconds)
        now = timezone.now()
        token = nimbbl.read_token(response, now)
    except NotTold as trouble:
        words = redact.text(trouble.reason, known=client.secrets())
        store.fail(lease, words, refused=True)
        raise NotTold(words) from None
    except http.Trouble as trouble:
        words = redact.text(f"Nimbbl gives no token: {trouble.user_message}", known=client.secrets())
        store.fail(lease, words, refused=False)
        raise http.NotSent(words, again=True) from trouble
    store.keep(lease, token.text, now + token.good_for)
    return token.text


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0.1:
        raise http.NotSent("Nimbbl's token took all the time there was.", again=True)
    return left
