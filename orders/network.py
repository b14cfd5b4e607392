"""Internet addresses as servers, proxies and settings write them. Pure.

address_of("[2001:db8::7]:443")       -> "2001:db8::7"; "" where there is none
"10.1.2.3" in Networks(["10.0.0.0/8"])
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: An address with what may stand around it: quotes, brackets, a port, the interface.
_WRITTEN: Final = re.compile(r'"?\[?([0-9A-Fa-f:.]+)(?:%[\w.-]+)?\]?(?::\d+)?"?')
_WITH_PORT: Final = re.compile(r"(\d+(?:\.\d+){3}):\d+")


def address_of(text: str) -> str:
    """The address alone; an IPv4 address that is written as IPv6 is IPv4. Empty where it is no address."""
    found = _parsed(text)
    return str(found) if found else ""


class Networks:
    """Some addresses and networks; `in` tells whether one of them holds an address. Raises `ValueError` naming a wrong
    one. Without any it is false.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._networks = [_network(text.strip()) for text in texts if text.strip()]

    def __contains__(self, address: object) -> bool:
        found = _parsed(str(address))
        return found is not None and any(found in network for network in self._networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def __repr__(self) -> str:
        return f"Networks({[str(network) for network in self._networks]})"


def _parsed(text: str) -> Address | None:
    plain = _WITH_PORT.sub(r"\1", text.strip().strip('"'))
    match = _WRITTEN.fullmatch(plain)
    try:
        found = ipaddress.ip_address(match[1]) if match else None
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        found = ipaddress.ip_network(text.replace("[", "").replace("]", ""), strict=False)
    except ValueError:
        raise ValueError(f"{text} is neither an address nor a network such as 10.0.0.0/8") from None
    mapped = found.network_address.ipv4_mapped if isinstance(found, ipaddress.IPv6Network) else None
    return ipaddress.ip_network((mapped, found.prefixlen - 96)) if mapped and found.prefixlen >= 96 else found
