"""What goes out to a partner and what comes back, as plain values. Pure; `payments.partners.http` carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from orders.ids import is_id


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request, whole. Its `repr` shows neither headers nor body: they hold secrets and personal data."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<Request {self.method} {urlsplit(self.url).path}>"


@dataclass(frozen=True, slots=True, repr=False)
class Response:
    """One answer, whole: lower-case header names, the decoded body, and how many milliseconds all of it took."""

    code: int
    headers: Mapping[str, str]
    body: bytes
    took_ms: int

    def __repr__(self) -> str:
        return f"<Response {self.code}, {len(self.body)} bytes, {self.took_ms} ms>"


class BadId(ValueError):  # noqa: N818 - named like the other errors here, by what it says
    """An id that must not become part of a path."""


def segment(value: str) -> str:
    """One segment of a path, from an id of ours or a partner's; `BadId` for anything that is not plainly an id.

    The allow-list leaves nothing to encode; encoded it is all the same, so that neither depends on the other.
    """
    if not is_id(value):
        raise BadId("An id may hold 1 to 64 ASCII letters, digits, _ and - only.")
    return quote(value, safe="")
