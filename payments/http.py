"""The one way out to a partner, bounded in every direction. On `requests`; knows no models and no partner.

    Trouble         no whole answer; `user_message` for staff, `str()` for the log, neither holds a secret
    ├── NotSent     nothing of the request has left, so it did nothing; `again` says whether later may help
    └── NoAnswer    it may have acted: ask the world before sending it again

What is bounded: where (only `hosts`, https, no redirect, no proxy of the environment), how long (our own clock, however
slowly the bytes drip), how much (`MAX_BYTES` decoded), how often (once: retrying is the caller's decision).
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import queue
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, NoReturn
from urllib.parse import SplitResult, quote, urlsplit

import requests
from django.utils.translation import gettext_lazy as _
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

#: The longest documented answer has about 4 KB.
MAX_BYTES: Final = 256 * 1024
_SEGMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_PART: Final = 16 * 1024


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


class Trouble(Exception):  # noqa: N818 - see above
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
        """A sentence for staff."""
        if self.again:
            return str(_("The partner could not be reached; nothing was sent. Try again later."))
        return str(_("The call was not made: the connection is refused by our own rules. Tell an administrator."))


class NoAnswer(Trouble):
    """The request may have left and may have acted; what came back, if anything, is not an answer."""

    @property
    def user_message(self) -> str:
        """A sentence for staff."""
        return str(_("No usable answer came back: whether the partner acted is not known."))


def segment(value: str) -> str:
    """One segment of a path, from an id of ours or a partner's; `BadId` for anything that is not plainly an id.

    The allow-list leaves nothing to encode; encoded it is all the same, so that neither depends on the other.
    """
    if not _SEGMENT.fullmatch(value):
        raise BadId("An id may hold 1 to 64 ASCII letters, digits, _ and - only.")
    return quote(value, safe="")


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
    call = _Call(target, authorities, started + seconds, started + min(connect_seconds, seconds))
    try:
        # The adapter without its Session, which would read the whole body of a redirect only to offer the next one.
        with contextlib.closing(_Adapter(call).send(prepared, stream=True, timeout=seconds)) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            body = _decoded(_whole(answer.raw.read), headers.get("content-encoding", ""))
            return Response(answer.status_code, headers, body, round((time.monotonic() - started) * 1000))
    except Trouble:
        raise
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        _tell(call, error)


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


def _tell(call: _Call, error: Exception) -> NoReturn:
    """Say how far the request came. The type of an error is safe to log, its text quotes what the partner sent."""
    if call.sending:
        late = time.monotonic() >= call.deadline
        raise NoAnswer(f"no answer in time ({type(error).__name__})" if late else type(error).__name__) from None
    if call.refused_tls:
        raise NotSent("TLS was refused", again=False) from None
    raise NotSent(f"no connection ({type(error).__name__})", again=True) from None


# --- the wire: sockets that keep our clock, and the way to make requests use them -------------------------------------


@dataclass(slots=True)
class _Call:
    """One call: its limits in `time.monotonic()` seconds, and how far it came."""

    target: SplitResult
    authorities: str
    deadline: float
    connected_by: float
    sending: bool = False
    refused_tls: bool = False


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("out of time")
    return left


class _Clocked:
    """What both kinds of socket below share: no read and no write may end after `deadline`.

    A time-out of a socket is per operation, and an answer of one byte a second never runs into it.
    """

    deadline = float("inf")

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        """Read, within the time that is left."""
        self.settimeout(_left(self.deadline))  # type: ignore[attr-defined]
        return super().recv_into(*args, **kwargs)  # type: ignore[misc, no-any-return]

    def send(self, *args: Any, **kwargs: Any) -> int:
        """Write, within the time that is left."""
        self.settimeout(_left(self.deadline))  # type: ignore[attr-defined]
        return super().send(*args, **kwargs)  # type: ignore[misc, no-any-return]

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        """Write all, within the time that is left."""
        self.settimeout(_left(self.deadline))  # type: ignore[attr-defined]
        super().sendall(*args, **kwargs)  # type: ignore[misc]


class _Socket(_Clocked, socket.socket):
    """A plain one."""


class _TlsSocket(_Clocked, ssl.SSLSocket):
    """One with TLS."""


class _Address(NamedTuple):
    family: int
    kind: int
    protocol: int
    name: str
    where: Any


def _addresses(host: str, port: int, until: float) -> list[_Address]:
    """Look the host up. The resolver has no time-out of ours, so a thread asks it and ends when it has its answer."""
    answers: queue.SimpleQueue[list[_Address] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put([_Address(*one) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, UnicodeError) as error:
            answers.put(OSError(f"no such host ({type(error).__name__})"))

    threading.Thread(target=ask, daemon=True, name="look up a partner").start()
    try:
        answer = answers.get(timeout=_left(until))
    except queue.Empty:
        raise TimeoutError("the resolver is silent") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _connected(host: str, port: int, until: float) -> _Socket:
    """A socket to the first address of the host that takes us, all attempts together by `until`."""
    problem = OSError("no address")
    for address in _addresses(host, port, until):
        plain = _Socket(address.family, address.kind, address.protocol)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(until))
            plain.connect(address.where)
        except OSError as error:
            plain.close()
            problem = error
        else:
            return plain
    raise problem


@functools.lru_cache(maxsize=8)
def _tls(authorities: str) -> ssl.SSLContext:
    """Verifying TLS of at least 1.2. Kept, since reading the authorities takes longer than a call to a neighbour."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(authorities)
    context.sslsocket_class = _TlsSocket
    return context


class _Connection(HTTPConnection):
    """http, to this very machine only."""

    def __init__(self, *args: Any, call: _Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._call = call

    def connect(self) -> None:
        """Connect, in time."""
        plain = _connected(self.host, self.port or 80, self._call.connected_by)
        plain.deadline = self._call.deadline
        self.sock = plain
        self._call.sending = True


class _TlsConnection(HTTPSConnection):
    """https."""

    def __init__(self, *args: Any, call: _Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._call = call

    def connect(self) -> None:
        """Connect and shake hands, in time; only then may anything be sent."""
        call = self._call
        plain = _connected(self.host, self.port or 443, call.connected_by)
        try:
            plain.settimeout(_left(call.connected_by))
            secure = _tls(call.authorities).wrap_socket(plain, server_hostname=self.host)
        except ssl.SSLError as error:
            call.refused_tls = not isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError)
            raise
        finally:
            plain.close()  # the other one has taken its descriptor over, or there is none
        secure.deadline = call.deadline  # type: ignore[attr-defined]
        self.sock, self.is_verified = secure, True
        call.sending = True


class _Adapter(HTTPAdapter):
    """requests' adapter for one call: one connection of ours, to the host that was checked, without proxy or retry."""

    def __init__(self, call: _Call) -> None:
        super().__init__(max_retries=0)
        self._call = call

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """A pool of one."""
        target = self._call.target
        secure = target.scheme == "https"
        pool = (HTTPSConnectionPool if secure else HTTPConnectionPool)(target.hostname or "", target.port)
        connection = _TlsConnection if secure else _Connection
        pool.ConnectionCls = functools.partial(connection, call=self._call)  # type: ignore[assignment]
        return pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the connection brings its own context."""
