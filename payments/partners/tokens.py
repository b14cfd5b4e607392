"""Nimbbl's token: one for all threads and processes, fetched by one of them, early.

    speak(client, build, seconds)   one call with the token; once more with a fresh one where Nimbbl refuses it
    current(client, seconds)        the token itself

The token lives twenty minutes. Whoever finds it missing or about to end takes a lease on its row by comparing and
setting, fetches outside of any transaction, and writes it for all; everybody else waits on the row. A refused token is
replaced only where the row still holds it, so that fifty refused calls fetch one.
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from payments.models import PartnerToken
from payments.partners import http, nimbbl, redact
from payments.partners.nimbbl import NimbblClient, NotTold

#: Longer than fetching may take; whoever holds the lease for longer is dead.
LEASE: Final = timedelta(seconds=20)
#: After a failed fetch nobody tries again for so long: they are told why it failed.
PAUSE: Final = timedelta(seconds=2)
_LOOK_AGAIN: Final = 0.05


def speak(client: NimbblClient, build: Callable[[str], http.Request], *, seconds: float) -> http.Response:
    """Make a call that needs the token, in `seconds` all in all. Raises `http.Trouble` and `NotTold`."""
    end = time.monotonic() + seconds
    token = current(client, seconds=seconds)
    response = http.send(build(token), hosts=settings.PARTNER_HOSTS, seconds=_left(end))
    if response.code not in (401, 403):
        return response
    token = current(client, seconds=_left(end), refused=token)
    return http.send(build(token), hosts=settings.PARTNER_HOSTS, seconds=_left(end))


def current(client: NimbblClient, *, seconds: float, refused: str = "") -> str:
    """The token, fetched if need be; never `refused`, the one that was just turned down.

    Raises `NotTold` where Nimbbl gives none, `http.NotSent` where it cannot be asked: whatever needed the token has
    not been sent then.
    """
    end = time.monotonic() + seconds
    key = hashlib.sha256(f"{client.base_url} {client.access_key}".encode()).hexdigest()
    PartnerToken.objects.bulk_create([PartnerToken(key=key)], ignore_conflicts=True)
    while True:
        row = PartnerToken.objects.get(pk=key)
        now = timezone.now()
        text = _open(row.sealed) if row.good_until and row.good_until > now else ""
        if text and text != refused:
            return text
        if row.failed_at and now - row.failed_at < PAUSE:
            raise NotTold(row.problem) if row.refused else http.NotSent(row.problem, again=True)
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        lease = str(uuid.uuid4())
        mine = PartnerToken.objects.filter(free, pk=key, sealed=row.sealed, failed_at=row.failed_at)
        if mine.update(lease=lease, lease_until=now + LEASE):
            return _fetch(client, key, lease, max(end - time.monotonic(), 1.0))
        if time.monotonic() + _LOOK_AGAIN > end:
            raise http.NotSent("Nimbbl's token is being fetched, and that takes too long.", again=True)
        time.sleep(_LOOK_AGAIN)


def _fetch(client: NimbblClient, key: str, lease: str, seconds: float) -> str:
    row = PartnerToken.objects.filter(pk=key, lease=lease)
    try:
        response = http.send(client.token(), hosts=settings.PARTNER_HOSTS, seconds=seconds)
        now = timezone.now()
        token = nimbbl.read_token(response, now)
    except (http.Trouble, NotTold) as trouble:
        refused = isinstance(trouble, NotTold)
        words = trouble.reason if isinstance(trouble, NotTold) else f"Nimbbl gives no token: {trouble.user_message}"
        words = redact.text(words, known=client.secrets())
        row.update(lease="", lease_until=None, failed_at=timezone.now(), refused=refused, problem=words)
        if refused:
            raise NotTold(words) from None
        raise http.NotSent(words, again=True) from trouble
    good_until = now + token.good_for
    row.update(sealed=_seal(token.text), good_until=good_until, lease="", lease_until=None, failed_at=None, problem="")
    return token.text


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0.1:
        raise http.NotSent("Nimbbl's token took all the time there was.", again=True)
    return left


def _cipher() -> Fernet:
    secret = hashlib.sha256(b"nimbbl token " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))


def _seal(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def _open(sealed: str) -> str:
    """The token in a row; none where the row is empty, or was sealed before SECRET_KEY was changed."""
    try:
        return _cipher().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""
