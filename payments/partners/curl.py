"""A call as a command for a terminal, without its secrets."""

from __future__ import annotations

import shlex

from payments.models import PartnerCall


def command(call: PartnerCall) -> str:
    """The request of `call` for curl; whoever runs it puts the secrets in the place of the dots."""
    if not call.url:
        return ""
    words = ["curl", "--request", call.method, call.url]
    for name, value in call.request_headers.items():
        words += ["--header", f"{name}: {value}"]
    if call.request_body:
        words += ["--data-raw", call.request_body]
    return " ".join(shlex.quote(word) for word in words)
