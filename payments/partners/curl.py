"""A call as a command for a terminal, without its secrets. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Mapping


def command(method: str, url: str, headers: Mapping[str, str], body: str) -> str:
    """A request for curl; whoever runs it puts the secrets in the place of the dots. "" where there is no request."""
    if not url:
        return ""
    words = ["curl", "--request", method, url]
    for name, value in headers.items():
        words += ["--header", f"{name}: {value}"]
    if body:
        words += ["--data-raw", body]
    return " ".join(shlex.quote(word) for word in words)
