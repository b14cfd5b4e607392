"""The one way out to a partner, bounded in every direction. On `requests`; knows no models and no partner.

    Trouble         no whole answer; `user_message` for staff, `str()` for the log, neither holds a secret
    ├── NotSent     nothing of the request has left, so it did nothing; `again` says whether later may help
    └── NoAnswer    it may have acted: ask the world before sending it again

What is bounded: where (only `hosts`, https, no redirect, no proxy of the environment), how long (our own clock, however
slowly the bytes drip), how much (`MAX_BYTES` decoded), how often (once: retrying is the caller's decision).
"""

from __future__ import annotations

import contextlib
import ipaddress
import re
import time
import zlib
from collections.abc import Callable, Collection
from typing import Final, NoReturn
from urllib.parse import SplitResult, urlsplit

import requests
from django.utils.translation import gettext_lazy as _
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from urllib3.exceptions import HTTPError

from payments.partners.messages import BadId, Request, Response, segment
from payments.partners.sockets import Adapter, Call

__all__ = ["BadId", "NoAnswer", "NotSent", "Request", "Response", "Trouble", "segment", "send"]

#: The longest documented answer has about 4 KB.
MAX_BYTES: Final = 256 * 1024
_PART: Final = 16 * 1024


class Trouble(Exception):  # noqa: N818 - named like the other errors here, by what it says
    """No whole answer. `str()` is for the log."""

    @property
    def user_message(self) -> str:
        """A sentence for staff."""
        return str(_("The call to the partner failed."))


class NotSent(Trouble):
    """Nothing reached the partner. `again`: whether trying later can help without anybody mending something."""

    def __init__(self, words: str, *, again: bool) -> None:
        super().__init__(words)
        self.again = again

    @property
    def user_message(self) -> str:
        if self.again:
            return str(_("The partner could not be reached; nothing was sent. Try again later."))
        return str(_("Nothing was sent: we do not accept the partner's address or certificate. Tell an administrator."))


class NoAnswer(Trouble):
    """The request may have left and may have acted; what came back, if anything, is not an answer."""

    @property
    def user_message(self) -> str:
        return str(_("No usable answer came back: whether the partner acted is not known."))


def send(
    request: Request,
    *,
    hosts: Collection[str],
    seconds: float = 15.0,
    connect_seconds: float = 3.0,
    verify: bool | str = True,
) -> Response:
    """Send it once, to one of `hosts`, and return the whole answer, whatever its code; a redirect is an answer too.

    `hosts` holds lower-case "host" (port 443) or "host:port". `seconds` bounds everything, `connect_seconds` what comes
    before the first byte of the request: name, TCP and TLS. `verify` is True or the path of a file of authorities.
    Raises `NotSent` or `NoAnswer`.
    """
    started = time.monotonic()
    target = _target(request.url, hosts)
    prepared = _prepare(request)
    if verify is False:
        raise NotSent("TLS is always verified", again=False)
    authorities = DEFAULT_CA_BUNDLE_PATH if verify is True else str(verify)
    call = Call(target, authorities, started + seconds, started + min(connect_seconds, seconds))
    try:
        # The adapter without its Session, which would read the whole body of a redirect only to offer the next one.
        with contextlib.closing(Adapter(call).send(prepared, stream=True, timeout=seconds)) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            body = _decoded(_whole(answer.raw.read), headers.get("content-encoding", ""))
            return Response(answer.status_code, headers, body, round((time.monotonic() - started) * 1000))
    except Trouble:
        raise
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        _raise(call, error)


# --- before anything is sent ------------------------------------------------------------------------------------------


def _target(url: str, hosts: Collection[str]) -> SplitResult:
    """The parts of an allowed address. The connection is made to exactly this host and port."""
    try:
        parts = urlsplit(url)
        port = parts.port or (80 if parts.scheme == "http" else 443)
    except ValueError:
        raise NotSent("the address cannot be read", again=False) from None
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise NotSent("the address is not https", again=False)
    if "@" in parts.netloc or "#" in url or not parts.path.startswith("/"):
        raise NotSent("the address has a user, a fragment or no path", again=False)
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if name not in {entry if re.search(r":\d+$", entry) else f"{entry}:443" for entry in hosts}:
        raise NotSent("the host is not among the allowed ones", again=False)
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _prepare(request: Request) -> requests.PreparedRequest:
    # A kept connection that has died looks like a request that got no answer, hence a fresh one for each call.
    fixed = {"Connection": "close", "Accept-Encoding": "identity"}
    headers = {"User-Agent": "onemg-portal"} | dict(request.headers) | fixed
    try:
        prepared = requests.Request(request.method, request.url, headers=headers, data=request.body).prepare()
    except (requests.RequestException, ValueError):
        raise NotSent("the request cannot be written as HTTP", again=False) from None
    if prepared.url != request.url:  # "/a/../b" and its encoded relatives, which would arrive as another path
        raise NotSent("the address would be rewritten on the way", again=False)
    return prepared


# --- reading ----------------------------------------------------------------------------------------------------------


def _whole(read: Callable[..., bytes]) -> bytes:
    body = bytearray()
    while part := read(_PART, decode_content=False):
        body += part
        if len(body) > MAX_BYTES:
            raise NoAnswer("the answer is too long")
    return bytes(body)


def _decoded(body: bytes, encoding: str) -> bytes:
    """The body without its compression, which we do not ask for and which some servers apply all the same."""
    if encoding.lower() in ("", "identity") or not body:
        return body
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise NoAnswer("the answer has an encoding that was not asked for")
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip and zlib alike
    try:
        decoded = decoder.decompress(body, MAX_BYTES + 1)
    except zlib.error:
        raise NoAnswer("the answer cannot be decoded") from None
    if len(decoded) > MAX_BYTES:
        raise NoAnswer("the answer is too long")
    if not decoder.eof:
        raise NoAnswer("the answer was cut")
    return decoded


def _raise(call: Call, error: Exception) -> NoReturn:
    """Say how far the request came. The type of an error is safe to log, its text quotes what the partner sent."""
    if call.sending:
        late = time.monotonic() >= call.deadline
        raise NoAnswer(f"no answer in time ({type(error).__name__})" if late else type(error).__name__) from None
    if call.refused_tls:
        raise NotSent("TLS was refused", again=False) from None
    raise NotSent(f"no connection ({type(error).__name__})", again=True) from None
