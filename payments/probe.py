"""Proving that the partners can be called as configured, without touching an order.

    probes(["1mg", "Nimbbl"])    what `manage.py check_partners` prints and the administrators' page shows

1mg is asked nothing that names an order: `HEAD /` shows that its host answers over TLS and what time it has there.
Nimbbl is asked for a token of its own, which no call will use. What cannot be tried after a failure is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final, Literal

import jwt
from django.conf import settings
from django.utils import timezone

from payments import checks
from payments.partners import clients, http, nimbbl, redact
from payments.partners.nimbbl import NimbblClient, NotTold

Verdict = Literal["pass", "fail", "unknown"]
PARTNERS: Final = ("1mg", "Nimbbl")
#: Seconds of difference between the clocks: harmless up to the first, fatal beyond the second. 1mg's token lives for
#: fifteen minutes by its clock, Nimbbl's for twenty, so there is room; a clock that is off at all drifts further.
HARMLESS_SKEW, FATAL_SKEW = 30, 120
_PATIENCE: Final = 5.0  # seconds for one partner's answer: somebody is waiting for the page


@dataclass(frozen=True, slots=True)
class Probe:
    """One thing that was tried: what, how it went, in words, and what to do where it did not go well."""

    name: str
    verdict: Verdict
    words: str
    hint: str = ""


def probes(partners: Collection[str] = PARTNERS) -> list[Probe]:
    """Try everything, for these partners. Never raises; no word holds a secret."""
    found = list(_onemg()) if "1mg" in partners else []
    return found + (list(_nimbbl()) if "Nimbbl" in partners else [])


def verdict(found: Collection[Probe]) -> Verdict:
    """What it comes to: the worst of it, and what is wrong is worse than what is not known."""
    seen = {probe.verdict for probe in found}
    return "fail" if "fail" in seen else "unknown" if "unknown" in seen or not seen else "pass"


# --- each partner -----------------------------------------------------------------------------------------------------


def _onemg() -> Iterator[Probe]:
    configured = _configured("1mg")
    yield configured
    if configured.verdict != "pass":
        return
    credential = _credential()
    yield credential
    if credential.verdict == "pass":
        yield _token_for_1mg()
    address = _address("1mg", settings.ONEMG_BASE_URL)
    yield address
    if address.verdict == "pass":
        yield from _answer(settings.ONEMG_BASE_URL)


def _credential() -> Probe:
    given = [name for name in checks.KEY_FORMS if getattr(settings, name)]
    if len(given) > 1:
        return Probe("1mg: credential", "fail", f"{' and '.join(given)} are both set.", "Keep one of them.")
    if problem := checks.key_problem(given[0]):
        return Probe("1mg: credential", "fail", f"{given[0]}: {problem}", "Put in the private key that 1mg gave you.")
    return Probe("1mg: credential", "pass", f"{given[0]} can be read.")


def _token_for_1mg() -> Probe:
    client, now = clients.for_onemg(), timezone.now()
    try:
        claims = jwt.decode(client.bearer(now) if client else "", options={"verify_signature": False})
        end = int(claims["exp"])
    except (jwt.InvalidTokenError, KeyError, TypeError, ValueError):
        if settings.ONEMG_BEARER_TOKEN:
            return Probe(
                "1mg: token",
                "unknown",
                "The fixed token does not say when it ends.",
                "Prefer ONEMG_PRIVATE_KEY: then each call has a token of its own.",
            )
        return Probe("1mg: token", "fail", "No token can be signed with this key.", "Put in the key that 1mg gave you.")
    minutes = (end - now.timestamp()) / 60
    if minutes <= 0:
        return Probe("1mg: token", "fail", "The fixed token has ended.", "Ask 1mg for another, or use a private key.")
    return Probe("1mg: token", "pass", f"A token is good for {minutes:.0f} minutes.")


def _answer(base_url: str) -> Iterator[Probe]:
    """Any answer will do: that there is one proves name, route, TLS and certificate."""
    try:
        response = http.send(http.Request("HEAD", f"{base_url}/", {}), hosts=settings.PARTNER_HOSTS, seconds=_PATIENCE)
    except http.Trouble as trouble:
        yield _trouble("1mg: connection", trouble)
        return
    tls = "over TLS" if base_url.startswith("https:") else "without TLS, on this machine"
    yield Probe("1mg: connection", "pass", f"Its host answers {tls}, after {response.took_ms} ms.")
    yield _clock("1mg", response)


def _nimbbl() -> Iterator[Probe]:
    configured = _configured("Nimbbl")
    yield configured
    client = clients.for_nimbbl()
    if configured.verdict != "pass" or client is None:
        return
    address = _address("Nimbbl", settings.NIMBBL_BASE_URL)
    yield address
    if address.verdict == "pass":
        yield from _token_of_nimbbl(client)


def _token_of_nimbbl(client: NimbblClient) -> Iterator[Probe]:
    try:
        response = http.send(client.token(), hosts=settings.PARTNER_HOSTS, seconds=_PATIENCE)
    except http.Trouble as trouble:
        yield _trouble("Nimbbl: connection", trouble)
        return
    yield Probe("Nimbbl: connection", "pass", f"Its host answers, after {response.took_ms} ms.")
    try:
        token = nimbbl.read_token(response, timezone.now())
        yield Probe(
            "Nimbbl: token",
            "pass",
            f"It gives a token, good for {token.good_for.total_seconds() / 60:.0f} minutes to us.",
        )
    except NotTold as refusal:
        # Nimbbl's own trouble says nothing about our keys.
        busy = response.code >= 500 or response.code == 429
        words = redact.text(refusal.reason, known=client.secrets())
        hint = "Try again later." if busy else "Compare NIMBBL_ACCESS_KEY and NIMBBL_ACCESS_SECRET with Nimbbl's page."
        yield Probe("Nimbbl: token", "unknown" if busy else "fail", words, hint)
    yield _clock("Nimbbl", response)


# --- what both have in common -----------------------------------------------------------------------------------------


def _configured(partner: str) -> Probe:
    lacks = checks.missing(partner)
    if not lacks:
        return Probe(f"{partner}: configured", "pass", "All variables are set.")
    if any(getattr(settings, name) for name in checks.names(partner)):
        return Probe(f"{partner}: configured", "fail", f"{', '.join(lacks)} is missing.", "Set it, or none of them.")
    return Probe(
        f"{partner}: configured",
        "unknown",
        "Not configured: what needs it is switched off.",
        f"Set {', '.join(lacks)} to use it.",
    )


def _address(partner: str, url: str) -> Probe:
    name = f"{partner}: address"
    if not checks.host(url):
        return Probe(name, "fail", f"{checks.BASE_URLS[partner]} is not https://host.", "Correct it.")
    if mixed := checks.mixture(url):
        return Probe(name, "fail", mixed, f"Give the host of {partner} that belongs to PORTAL_ENVIRONMENT.")
    if not checks.allowed(url):
        return Probe(
            name,
            "fail",
            f"{checks.host(url)} is not among the hosts that we may call.",
            "Correct the URL, or name the host in PARTNER_ALLOWED_HOSTS.",
        )
    return Probe(name, "pass", f"{checks.host(url)} is allowed, and right for {settings.PORTAL_ENVIRONMENT}.")


def _trouble(name: str, trouble: http.Trouble) -> Probe:
    sent = not isinstance(trouble, http.NotSent)
    hint = "Try again later." if sent else "Look at the URL, at the way out of this network, and at the certificate."
    return Probe(name, "unknown" if sent else "fail", f"No answer: {trouble}.", hint)


def _clock(partner: str, response: http.Response) -> Probe:
    """The partner's clock beside ours, give or take the second that its header is rounded to and the way it took."""
    name = f"{partner}: clock"
    try:
        theirs = parsedate_to_datetime(response.headers.get("date", ""))
        off = abs((timezone.now() - theirs).total_seconds())
    except (ValueError, TypeError, OverflowError):  # none, nonsense, without a zone, or in no year of ours
        return Probe(name, "unknown", "Its answer does not say what time it is there.")
    if off <= HARMLESS_SKEW:
        return Probe(name, "pass", f"Our clocks differ by {off:.0f} s.")
    hint = "Let this machine take its time from the network (NTP)."
    return Probe(name, "fail" if off > FATAL_SKEW else "unknown", f"Our clocks differ by {off:.0f} s.", hint)
