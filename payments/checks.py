"""What must be right before the portal may call 1mg and Nimbbl. No message holds a value that could be a secret.

E001 half-configured        E002 more than one credential for 1mg     E003 the key cannot be used
E004 the base URL's form    E005 its host is not an allowed one       E006 live and test are mixed
E007 method and path of update order    E008 those of Track Order     W001 live, and a partner is not configured
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004

from payments.partners import onemg
from payments.partners.http import BadId, is_loopback, segment

LIVE_HOSTS: Final = frozenset({"api.1mg.com", "api.nimbbl.tech"})
_TEST_HOST: Final = re.compile(
    r"(jupiterapi|stagapi)\.1mg\.com|(apipp|uatapi|qa\d*api)\.nimbbl\.tech|([\w.-]+\.)?qa\.nimbbl\.tech|localhost"
)
#: A method that changes something, one space, and a path without a query, a fragment or a way up.
UPDATE_ORDER: Final = re.compile(r"(PATCH|PUT|POST) (?!.*(\.\.|//))/[A-Za-z0-9_./-]*")
#: The same for asking, once the names in `TRACKED_BY` have been replaced; each stands there once.
TRACK_ORDER: Final = re.compile(r"(GET|POST) (?!.*(\.\.|//))/[A-Za-z0-9_./-]*")
TRACKED_BY: Final = ("{merchant_id}", "{merchant_order_id}")
#: Partner -> the variable of its base URL.
BASE_URLS: Final = {"1mg": "ONEMG_BASE_URL", "Nimbbl": "NIMBBL_BASE_URL"}
KEY_FORMS: Final = ("ONEMG_PRIVATE_KEY", "ONEMG_PRIVATE_KEY_FILE", "ONEMG_BEARER_TOKEN")
_SENT_AS_THEY_ARE: Final = ("ONEMG_ACCESS_KEY", "NIMBBL_ACCESS_KEY", "NIMBBL_ACCESS_SECRET")
_SMALLEST_KEY: Final = 2048  # bits; RS256 asks for no less


@register(Tags.security)
def partners(**kwargs: Any) -> list[CheckMessage]:
    """Everything above, for both partners."""
    return [*_complete(), *_credential(), *_addresses(), *_update_order(), *_track_order()]


def missing(partner: str) -> list[str]:
    """The variables that a partner still needs; all of them where it is not configured at all."""
    if partner == "Nimbbl":
        return [name for name in names("Nimbbl") if not getattr(settings, name)]
    found = [name for name in ("ONEMG_BASE_URL", "ONEMG_MERCHANT_ID") if not getattr(settings, name)]
    return found if any(getattr(settings, name) for name in KEY_FORMS) else [*found, "ONEMG_PRIVATE_KEY"]


def names(partner: str) -> tuple[str, ...]:
    """The variables that configure a partner and have no default."""
    if partner == "Nimbbl":
        return ("NIMBBL_BASE_URL", "NIMBBL_ACCESS_KEY", "NIMBBL_ACCESS_SECRET")
    return ("ONEMG_BASE_URL", "ONEMG_MERCHANT_ID", *KEY_FORMS)


def _complete() -> Iterator[CheckMessage]:
    for partner in BASE_URLS:
        lacks = missing(partner)
        given = [name for name in names(partner) if getattr(settings, name)]
        if lacks and given:
            yield Error(
                f"{partner} is configured in part: {', '.join(lacks)} is missing.",
                hint=f"Set it, or none of this partner's variables: {', '.join(given)} is set.",
                id="payments.E001",
            )
        elif lacks and settings.PORTAL_ENVIRONMENT == "live":
            yield Warning(
                f"{partner} is not configured: what needs it is switched off.",
                hint=f"Set {', '.join(lacks)}.",
                id="payments.W001",
            )


# --- 1mg's key --------------------------------------------------------------------------------------------------------


def _credential() -> Iterator[CheckMessage]:
    given = [name for name in KEY_FORMS if getattr(settings, name)]
    if len(given) > 1:
        yield Error(
            f"More than one credential for 1mg: {' and '.join(given)}.", hint="Keep one of them.", id="payments.E002"
        )
    for name in given:
        if problem := key_problem(name):
            yield Error(
                f"{name}: {problem}",
                hint="It must be the RSA private key that 1mg gave you, as PEM.",
                id="payments.E003",
            )
    for name in _SENT_AS_THEY_ARE:
        if getattr(settings, name) and not re.fullmatch(r"[\x21-\x7e]+", getattr(settings, name)):
            yield Error(f"{name}: a key has no blanks.", hint="Give the key alone.", id="payments.E003")
    try:
        if settings.ONEMG_MERCHANT_ID:
            segment(settings.ONEMG_MERCHANT_ID)
    except BadId as error:
        yield Error(f"ONEMG_MERCHANT_ID: {error}", hint="It is a part of the path of every call.", id="payments.E004")


def key_problem(name: str) -> str:
    """What is wrong with the credential that a variable of `KEY_FORMS` holds or names; nothing where all is well."""
    if name == "ONEMG_BEARER_TOKEN":
        return "" if re.fullmatch(r"[\x21-\x7e]+", settings.ONEMG_BEARER_TOKEN) else "a token has no blanks."
    try:
        pem = settings.ONEMG_PRIVATE_KEY
        if name == "ONEMG_PRIVATE_KEY_FILE":
            pem = (Path(settings.BASE_DIR) / settings.ONEMG_PRIVATE_KEY_FILE).read_text()
        bits = onemg.private_key(pem).key_size
    except OSError as error:
        return f"the file cannot be read ({type(error).__name__})."
    except ValueError:
        return "it cannot be read as an RSA private key."
    return "" if bits >= _SMALLEST_KEY else f"the key has {bits} bits; {_SMALLEST_KEY} are the least."


# --- where the partners are -------------------------------------------------------------------------------------------


def _addresses() -> Iterator[CheckMessage]:
    for partner, name in BASE_URLS.items():
        if url := getattr(settings, name):
            yield from _address(partner, name, url)


def _address(partner: str, name: str, url: str) -> Iterator[CheckMessage]:
    where = host(url)
    if not where:
        yield Error(
            f"{name} is not https://host or https://host:port, all in small letters and without a path.",
            hint="Plain http is allowed to this machine alone, in a sandbox.",
            id="payments.E004",
        )
        return
    if mixed := mixture(url):
        yield Error(
            f"{name}: {mixed}",
            hint=f"Give the host of {partner} that belongs to PORTAL_ENVIRONMENT.",
            id="payments.E006",
        )
    if not allowed(url):
        yield Error(
            f"{name}: {where} is not among the hosts that we may call.",
            hint="Correct the URL, or name the host in PARTNER_ALLOWED_HOSTS.",
            id="payments.E005",
        )


def host(url: str) -> str:
    """The host of a base URL of the right form; empty for any other."""
    if not re.fullmatch(r"https?://([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", url):
        return ""
    try:
        parts = urlsplit(url)
        found, _port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    plain = settings.PORTAL_ENVIRONMENT == "sandbox" and is_loopback(found)
    return found if parts.scheme == "https" or plain else ""


def allowed(url: str) -> bool:
    """Whether we may call the host of this base URL."""
    place = url.partition("://")[2]
    return bool({place, place.removesuffix(":443")} & settings.PARTNER_HOSTS)


def mixture(url: str) -> str:
    """Why this base URL does not belong to `PORTAL_ENVIRONMENT`, in words; empty where it does."""
    where, environment = host(url), settings.PORTAL_ENVIRONMENT
    if environment == "live" and (_TEST_HOST.fullmatch(where.rstrip(".")) or _is_inside(where)):
        return f"{where} is a host for tests, and PORTAL_ENVIRONMENT is live."
    if environment != "live" and where.rstrip(".") in LIVE_HOSTS:
        return f"{where} is the live host, and PORTAL_ENVIRONMENT is {environment}."
    return ""


def _is_inside(where: str) -> bool:
    """Whether it is an address that is not on the public internet."""
    try:
        return not ipaddress.ip_address(where).is_global
    except ValueError:
        return False


def _update_order() -> Iterator[CheckMessage]:
    if not UPDATE_ORDER.fullmatch(settings.NIMBBL_UPDATE_ORDER):
        yield Error(
            "NIMBBL_UPDATE_ORDER is not PATCH, PUT or POST, a blank and a path.",
            hint="PATCH /api/v3/update-order, or PATCH /api/v3/order as newer pages of Nimbbl have it.",
            id="payments.E007",
        )


def _track_order() -> Iterator[CheckMessage]:
    said = settings.ONEMG_TRACK_ORDER
    if said and not is_track_order(said):
        yield Error(
            "ONEMG_TRACK_ORDER is not GET or POST, a blank and a path with {merchant_id} and {merchant_order_id} once.",
            hint="As 1mg gave it to you: GET /.../{merchant_id}/.../{merchant_order_id}. Or leave it out: nobody asks.",
            id="payments.E008",
        )


def is_track_order(said: str) -> bool:
    """Whether it is a method and a path with both names."""
    plain = said
    for name in TRACKED_BY:
        plain = plain.replace(name, "x")
    return all(said.count(name) == 1 for name in TRACKED_BY) and bool(TRACK_ORDER.fullmatch(plain))
