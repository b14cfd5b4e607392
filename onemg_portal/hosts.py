"""Names of hosts as settings write them. Pure; each function raises `ValueError` naming what it cannot take.

host("portal.example")           what Django compares a request's Host with
origin("https://portal.example/")  without the slash, as browsers send it
partner("api.1mg.com:443")       a host that may be called, with a port or without
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*\.?"
_PLACE: Final = rf"(?:{_NAME}|\[[0-9a-f:.]+\])"
_PORT: Final = "(?::[0-9]{1,5})?"


def host(text: str) -> str:
    """A name, an address, `.example.org` for all that ends so, or `*`."""
    found = _bracketed(_ascii(text))
    if found == "*" or re.fullmatch(rf"\.?{_NAME}|{_PLACE}", found):
        return found
    raise ValueError(f"{text[:80]} is no host name; write portal.example, without https:// and without a port")


def origin(text: str) -> str:
    """Scheme, host and, where it is not the usual one, port."""
    found = _ascii(text).removesuffix("/")
    if re.fullmatch(rf"https?://(?:\*\.)?{_PLACE}{_PORT}", found):
        return found
    raise ValueError(f"{text[:80]} is no origin; write https://portal.example, without a path")


def partner(text: str) -> str:
    """A host that the portal may call."""
    found = _bracketed(_ascii(text))
    if re.fullmatch(_PLACE + _PORT, found):
        return found
    raise ValueError(f"{text[:80]} is no host; write api.example or api.example:8443")


def _ascii(text: str) -> str:
    """In small letters, names of other scripts as they are sent."""
    try:
        return text.lower() if text.isascii() else text.lower().encode("idna").decode()
    except UnicodeError:
        return text


def _bracketed(text: str) -> str:
    try:
        return f"[{text}]" if ipaddress.ip_address(text).version == 6 else text
    except ValueError:
        return text
