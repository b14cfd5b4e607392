"""The sockets that take connections."""

from __future__ import annotations

import ipaddress
import re
import socket
import sys
from typing import Any, Final

from onemg_portal.worker import BACKLOG

_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,252}[A-Za-z0-9_.])?", re.ASCII)


def address(text: str) -> str:
    """Where to listen: an address, brackets or not, or a name of this machine. Raises `ValueError`."""
    plain = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        if not _NAME.fullmatch(text):
            raise ValueError(f"must be an address, or a name of this machine. It is “{text[:60]}”.") from None
        return text
    return str(getattr(found, "ipv4_mapped", None) or found)


def listeners(host: str, port: int, many: int) -> list[socket.socket]:
    """As many sockets that take connections there; Linux spreads the callers among them evenly.

    Of one socket for all, whichever worker wakes first takes a whole burst of callers. Raises `OSError` where another
    server listens, or nobody can.
    """
    family, place = _place(host, port)
    first = _listener(family, place)  # fails where another server listens, as one that is to be shared would not
    if sys.platform != "linux":
        return [first] * many
    with first:
        place = (place[0], first.getsockname()[1], *place[2:])
    return [_listener(family, place, shared=True) for _ in range(many)]


def _place(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """The first address of a name, one of IPv4 where it has any, as proxies on the same machine expect."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _kind, _protocol, _name, place = min(found, key=lambda one: one[0] != socket.AF_INET)
    return family, place


def _listener(family: int, place: tuple[Any, ...], *, shared: bool = False) -> socket.socket:
    """`::` is every address, those of IPv4 too."""
    listener = socket.create_server(
        place, family=family, backlog=BACKLOG, reuse_port=shared, dualstack_ipv6=place[0] == "::"
    )
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # its connections inherit it
    return listener
