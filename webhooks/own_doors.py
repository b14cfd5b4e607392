"""Proving that the portal's own doors stand open to 1mg and Nimbbl, at the address that they were given.

    probes("https://portal.example", Tokens(updates=[...], payments=[...]))

Asked over HTTP as the partners ask. Nothing that is asked can be about an order:

| asked | right is | what it leaves |
|---|---|---|
| each door of 1mg's, with a wrong token | 401 | a rejected attempt, counted |
| where 1mg posts: a right token, and a content coding that nobody knows | 415, which comes after the token | the same |
| where 1mg gets: a right token, and an id that was made up just now | 404 | nothing |
| Nimbbl's door, with a signature that is wrong, and with bytes that are no JSON | 401, 400 | a rejected attempt each |

A right token is therefore shown without a body: one that cannot be read is kept as a delivery or as a refund request
that needs somebody, and a signed event is kept too. So the first event of Nimbbl's own shows that its signature is
accepted; that the secret is the right one, Nimbbl's token shows (`payments.probe`).
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings

from payments.partners import http
from payments.probe import Probe, Verdict
from webhooks import nimbbl_schema, refund_schema, schema

_PATIENCE: Final = 10.0  # seconds for one answer: what 1mg asks about a payment may take three
_REACH: Final = "Look at the address, at the proxy and at its certificate. Can this machine reach it, as 1mg can?"
#: Code and words of an answer that says what stands in the way -> what that comes to, and what to do.
_KNOWN: Final[Mapping[tuple[int, str], tuple[Verdict, str]]] = {
    (403, "Use https."): ("fail", "Give the https address; name the proxy in TRUSTED_PROXIES."),
    (403, "This address may not post here."): (
        "unknown",
        "Only ONEMG_WEBHOOK_ALLOWED_ADDRESSES may come here; name this machine there to prove the rest.",
    ),
    (400, "The request cannot be read."): ("fail", "Name this host in ALLOWED_HOSTS."),
}
#: The same of a code, whatever it says.
_BUSY: Final[Mapping[int, tuple[Verdict, str]]] = {
    429: ("unknown", "Too many wrong tokens came from here within a minute: try again after it."),
    503: ("fail", "Is its database there, and NIMBBL_ACCESS_SECRET set there? Look at its log."),
}


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What 1mg shows at the portal's doors; all of a list are valid at once."""

    updates: Sequence[str]
    payments: Sequence[str]


@dataclass(frozen=True, slots=True, repr=False)
class _Question:
    """One request that changes nothing, and the one answer that is right."""

    name: str
    method: str
    path: str
    code: int
    said: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hint: str = "Does this address lead to the portal?"


@dataclass(frozen=True, slots=True, repr=False)
class _Door:
    """One at which 1mg shows a token: what it says to a wrong one, and to a right one that asks for nothing.

    `variable`: where its tokens stand. `last`: the last part of the path.
    """

    method: str
    path: str
    variable: str
    header: str
    tokens: Sequence[str]
    refusal: Mapping[str, Any]
    code: int
    said: Mapping[str, Any]
    last: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """By which it is told of."""
        return f"{self.method} {self.path}"


def probes(address: str, tokens: Tokens) -> Iterator[Probe]:
    """Ask each door at an address, `https://host` or `https://host:port`. Never raises; no word holds a secret.

    After the first question that nobody answers, no other is asked.
    """
    for found in (*chain.from_iterable(map(_of_door, _doors(tokens))), *_of_events()):
        if isinstance(found, Probe):
            yield found
            continue
        try:
            response = _ask(address.rstrip("/"), found)
        except http.Trouble as trouble:
            yield Probe("portal: connection", "fail", f"No answer: {trouble}.", _REACH)
            return
        yield _judged(found, response)


# --- what is asked ----------------------------------------------------------------------------------------------------


def _doors(tokens: Tokens) -> Iterator[_Door]:
    """Those of 1mg's."""
    updates = ("ONEMG_WEBHOOK_TOKENS", settings.ONEMG_WEBHOOK_HEADER, tokens.updates)
    payments = ("ONEMG_PAYMENT_TOKENS", settings.ONEMG_PAYMENT_HEADER, tokens.payments)
    coding, nobodys = {"Content-Encoding": "x-check"}, f"check-{secrets.token_hex(16)}"
    told = {code: {"status": status, "message": words} for code, (_when, status, words) in schema.ANSWERS.items()}
    yield _Door("POST", "/update-status/", *updates, told[401], 415, told[415], headers=coding)
    refusal, unknown = {"error": schema.REFUSALS[401][1]}, {"error": schema.REFUSALS[404][1]}
    yield _Door("GET", "/transactions/", *payments, refusal, 404, unknown, nobodys)
    unknown = {"error": "No such refund request."}
    yield _Door("GET", "/refund-requests/", *payments, refusal, 404, unknown, nobodys)
    compressed = {"error": refund_schema.REFUSALS[415][1]}
    yield _Door("POST", "/refund-requests/", *payments, refusal, 415, compressed, headers=coding)


def _of_door(door: _Door) -> Iterator[_Question | Probe]:
    """A wrong token, and each right one, named by its fingerprint as the inbox does."""
    path, method = door.path + door.last, door.method
    wrong = {door.header: f"Token wrong-{secrets.token_hex(16)}"}
    yield _Question(f"{door.name}: a wrong token", method, path, 401, door.refusal, wrong)
    if not door.tokens:
        yield _not_set(door.name, door.variable)
    for token in door.tokens:
        name = f"{door.name}: token {hashlib.sha256(token.encode()).hexdigest()[:12]}"
        headers = {door.header: f"Token {token}", **door.headers}
        hint = f"Does the portal run with the {door.variable} that are set here? Restart it after a change."
        yield _Question(name, method, path, door.code, door.said, headers, hint=hint)


def _of_events() -> Iterator[_Question | Probe]:
    path = "/nimbbl/events/"
    if not settings.NIMBBL_ACCESS_SECRET:
        yield _not_set(f"POST {path}", "NIMBBL_ACCESS_SECRET")
        return
    forged = json.dumps({"version": "v4", "payload": "e30=", "signature": secrets.token_hex(32)}).encode()
    for what, code, body in (("a wrong signature", 401, forged), ("no JSON", 400, b"no JSON")):
        said = {"received": False, "message": nimbbl_schema.ANSWERS[code][1]}
        yield _Question(f"POST {path}: {what}", "POST", path, code, said, body=body)


def _not_set(name: str, variable: str) -> Probe:
    return Probe(
        name, "unknown", f"{variable} is not set here: whoever comes is refused.", f"Set {variable} to use it."
    )


# --- what is answered -------------------------------------------------------------------------------------------------


def _ask(address: str, question: _Question) -> http.Response:
    """Raises `http.Trouble`."""
    headers = {"Content-Type": "application/json", **question.headers}
    place = urlsplit(address).netloc.lower()
    request = http.Request(question.method, address + question.path, headers, question.body)
    return http.send(request, hosts={place, f"{place}:80"}, seconds=_PATIENCE)


def _judged(question: _Question, response: http.Response) -> Probe:
    told = _json(response)
    if (response.code, told) == (question.code, question.said):
        return Probe(question.name, "pass", f"It answers {question.code}, as agreed.")
    wanted = f"{question.code} in the agreed JSON was to come."
    if told is None:
        return Probe(question.name, "fail", f"It answers {response.code}, and no JSON; {wanted}", question.hint)
    words = str(told.get("message") or told.get("error") or "")
    known = _KNOWN.get((response.code, words)) or _BUSY.get(response.code)
    verdict, hint = known or ("fail", question.hint)
    return Probe(question.name, verdict, f"It answers {response.code}; {wanted}", hint)


def _json(response: http.Response) -> Mapping[str, Any] | None:
    """The object that was answered; `None` where it is anything else."""
    if response.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return None
    try:
        told = json.loads(response.body)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None
