"""The wire under `payments.partners.http`: sockets that keep our clock, and the way to make requests use them.

Knows how long a call may take and how far it came, and nothing of what it says.
"""

from __future__ import annotations

import functools
import queue
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection


@dataclass(slots=True)
class Call:
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
    """A socket to the first address of the host that takes us, all attempts together by `until`.

    A silent address leaves the ones after it their share of the time: IPv6 often goes nowhere, and stands first.
    """
    problem = OSError("no address")
    addresses = _addresses(host, port, until)
    for tried, address in enumerate(addresses):
        plain = _Socket(address.family, address.kind, address.protocol)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_left(until) / (len(addresses) - tried))
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

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
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

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
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


class Adapter(HTTPAdapter):
    """requests' adapter for one call: one connection of ours, to the host that was checked, without proxy or retry."""

    def __init__(self, call: Call) -> None:
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
