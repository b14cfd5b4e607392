"""Nimbbl's token as a row of the database, sealed with a key made from SECRET_KEY; see `payments.partners.tokens`."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import datetime, timedelta
from typing import Final

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from payments.models import PartnerToken
from payments.partners.nimbbl import NimbblClient
from payments.partners.tokens import Kept

#: Longer than fetching may take; whoever holds the lease for longer is dead.
LEASE: Final = timedelta(seconds=20)
#: After a failed fetch nobody tries again for so long: they are told why it failed.
PAUSE: Final = timedelta(seconds=2)


class SharedToken:
    """The `TokenStore` of one account at Nimbbl: one row, which all processes read."""

    def __init__(self, key: str) -> None:
        self.key = key

    @classmethod
    def of(cls, client: NimbblClient) -> SharedToken:
        """The one of the client's account."""
        return cls(hashlib.sha256(f"{client.base_url} {client.access_key}".encode()).hexdigest())

    def read(self) -> Kept:
        """What is there; the row is made where there is none."""
        row = PartnerToken.objects.filter(pk=self.key).first() or self._made()
        now = timezone.now()
        text = unseal(row.sealed) if row.good_until and row.good_until > now else ""
        paused = row.failed_at is not None and now - row.failed_at < PAUSE
        return Kept(text, row, row.problem if paused else "", row.refused)

    def take(self, kept: Kept) -> str:
        """A lease, where nobody has one and the row is as it was read."""
        row: PartnerToken = kept.seen
        now, lease = timezone.now(), str(uuid.uuid4())
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        as_read = PartnerToken.objects.filter(free, pk=self.key, sealed=row.sealed, failed_at=row.failed_at)
        return lease if as_read.update(lease=lease, lease_until=now + LEASE) else ""

    def keep(self, lease: str, text: str, good_until: datetime) -> None:
        """Write the token and give the lease back."""
        self._mine(lease).update(
            sealed=seal(text), good_until=good_until, lease="", lease_until=None, failed_at=None, problem=""
        )

    def fail(self, lease: str, problem: str, *, refused: bool) -> None:
        """Write why there is none and give the lease back."""
        self._mine(lease).update(lease="", lease_until=None, failed_at=timezone.now(), refused=refused, problem=problem)

    def _mine(self, lease: str) -> QuerySet[PartnerToken]:
        return PartnerToken.objects.filter(pk=self.key, lease=lease)

    def _made(self) -> PartnerToken:
        PartnerToken.objects.bulk_create([PartnerToken(key=self.key)], ignore_conflicts=True)
        return PartnerToken.objects.get(pk=self.key)


def seal(text: str) -> str:
    """A token as it is kept."""
    return _cipher().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The token in a row; "" where the row is empty, or was sealed before SECRET_KEY was changed."""
    try:
        return _cipher().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""


def _cipher() -> Fernet:
    secret = hashlib.sha256(b"nimbbl token " + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(secret))
