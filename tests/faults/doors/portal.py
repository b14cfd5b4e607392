"""A running portal and a look into its database."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from typing import Any

from tests.faults.kit import Store
from tests.server import Server

MAX_BYTES = 1_000_000
#: A source address of its own for what would use up the tries of the others.
STRANGER = "127.0.0.9"
CANARY = "canary-in-the-query"


@dataclass
class Portal:
    """A running portal and a look into its database."""

    server: Server
    store: Store

    def kept(self, body: bytes) -> list[tuple[Any, ...]]:
        """Outcome and answer of each delivery of exactly this body."""
        sql = "SELECT outcome, answer_code FROM webhooks_delivery WHERE sha256 = %s ORDER BY id"
        return self.store.rows(sql, hashlib.sha256(body).hexdigest())

    def since(self, last: int) -> list[tuple[Any, ...]]:
        """Size and outcome of each delivery after that one, once no request is being worked on any more."""
        time.sleep(0.2)
        return self.store.rows("SELECT size, outcome FROM webhooks_delivery WHERE id > %s ORDER BY id", last)

    def last(self) -> int:
        """The newest delivery."""
        return int(self.store.one("SELECT coalesce(max(id), 0) FROM webhooks_delivery"))

    def references(self, bodies: list[bytes]) -> list[str]:
        """What each of these bodies must have been answered."""
        ids = dict(self.store.rows("SELECT sha256, id FROM webhooks_delivery"))
        return [f"Order updated. Reference {ids[hashlib.sha256(body).hexdigest()]}." for body in bodies]
