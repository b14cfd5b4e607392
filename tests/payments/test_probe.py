"""What is found out of the partners, against partners on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import jwt
import pytest
from django.test import override_settings

from payments import probe
from payments.probe import Probe
from tests.payments.partners import wire
from tests.payments.partners.wire import Behaviour, Partner, answering, listening
from tests.payments.test_checks import NIMBBL, ONEMG, SECRET, key
from tests.server import free_port

TOKEN = b'{"token": "a-token-of-nimbbl", "expires_at": "2099-01-09T09:49:57.715413"}'
REFUSAL = json.dumps(
    {"error": {"nimbbl_error_code": "INVALID", "nimbbl_merchant_message": f"no such key {SECRET}"}}
).encode()


def dated(off: float = 0, code: int = 200, body: bytes = TOKEN) -> Behaviour:
    """A good answer of a partner whose clock is off by so many seconds."""
    return answering(code, body, f"Date: {format_datetime(datetime.now(UTC) + timedelta(seconds=off), usegmt=True)}")


@contextmanager
def partners(
    onemg: Behaviour | None = None, nimbbl: Behaviour | None = None, **changed: Any
) -> Iterator[tuple[Partner, Partner]]:
    """Both partners, behaving so, and configured; `changed` changes settings."""
    with ExitStack() as stack:
        one = stack.enter_context(listening(onemg or dated()))
        two = stack.enter_context(listening(nimbbl or dated()))
        urls = {"ONEMG_BASE_URL": one.url, "NIMBBL_BASE_URL": two.url}
        good = {
            **ONEMG,
            **NIMBBL,
            **urls,
            "ONEMG_BEARER_TOKEN": "",
            "ONEMG_PRIVATE_KEY": key(),
            "PARTNER_HOSTS": frozenset({one.host, two.host}),
            "PORTAL_ENVIRONMENT": "sandbox",
            "ONEMG_CONFIGURED": True,
            "NIMBBL_CONFIGURED": True,
        }
        stack.enter_context(override_settings(**good | changed))
        yield one, two


def tried(onemg: Behaviour | None = None, nimbbl: Behaviour | None = None, **changed: Any) -> dict[str, Probe]:
    """What was found out, by name. No word holds a secret."""
    with partners(onemg, nimbbl, **changed):
        found = probe.probes()
    assert SECRET not in str(found)
    return {one.name: one for one in found}


def verdicts(found: dict[str, Probe]) -> dict[str, str]:
    """Everything that is not all right."""
    return {name: one.verdict for name, one in found.items() if one.verdict != "pass"}


def test_all_is_well() -> None:
    found = tried()

    assert verdicts(found) == {}
    assert list(found) == [
        "1mg: configured",
        "1mg: credential",
        "1mg: token",
        "1mg: address",
        "1mg: connection",
        "1mg: clock",
        "Nimbbl: configured",
        "Nimbbl: address",
        "Nimbbl: connection",
        "Nimbbl: token",
        "Nimbbl: clock",
    ]
    assert found["1mg: token"].words == "A token is good for 15 minutes."


def test_no_order_is_touched_and_1mg_gets_no_credential() -> None:
    with partners() as (onemg, nimbbl):
        probe.probes()

    assert [request.split(b" HTTP")[0] for request in onemg.requests] == [b"HEAD /"]
    assert wire.header(onemg.requests[0], "Authorization") is None
    assert [request.split(b" HTTP")[0] for request in nimbbl.requests] == [b"POST /api/v3/generate-token"]


def test_only_the_partners_that_were_named_are_called() -> None:
    with partners() as (onemg, nimbbl):
        found = probe.probes(["1mg"])

    assert {one.name.partition(":")[0] for one in found} == {"1mg"}
    assert (onemg.connections, nimbbl.connections) == (1, 0)


# --- configuration ----------------------------------------------------------------------------------------------------

NOTHING = dict.fromkeys([*ONEMG, *NIMBBL], "") | {"ONEMG_CONFIGURED": False, "NIMBBL_CONFIGURED": False}


def test_nothing_configured_is_not_known_to_be_right() -> None:
    assert verdicts(tried(**NOTHING)) == {"1mg: configured": "unknown", "Nimbbl: configured": "unknown"}


def test_half_configured_is_wrong_and_names_what_is_missing() -> None:
    found = tried(ONEMG_MERCHANT_ID="", ONEMG_CONFIGURED=False, NIMBBL_ACCESS_SECRET="", NIMBBL_CONFIGURED=False)

    assert verdicts(found) == {"1mg: configured": "fail", "Nimbbl: configured": "fail"}
    assert "NIMBBL_ACCESS_SECRET" in found["Nimbbl: configured"].words


@pytest.mark.parametrize("form", ["PKCS#1", "PKCS#8"])
def test_a_key_of_either_form_signs(form: str) -> None:
    assert verdicts(tried(ONEMG_PRIVATE_KEY=key(form))) == {}


def test_a_key_that_cannot_be_read_is_wrong() -> None:
    assert verdicts(tried(ONEMG_PRIVATE_KEY=SECRET)) == {"1mg: credential": "fail"}


def test_two_credentials_are_wrong() -> None:
    assert verdicts(tried(ONEMG_BEARER_TOKEN=SECRET)) == {"1mg: credential": "fail"}


@pytest.mark.parametrize(("minutes", "expected"), [(60, {}), (-1, {"1mg: token": "fail"})])
def test_a_fixed_token_says_itself_when_it_ends(minutes: int, expected: dict[str, str]) -> None:
    end = int((datetime.now(UTC) + timedelta(minutes=minutes)).timestamp())
    fixed = jwt.encode({"exp": end}, "x" * 32, "HS256")

    assert verdicts(tried(ONEMG_PRIVATE_KEY="", ONEMG_BEARER_TOKEN=fixed)) == expected


def test_a_fixed_token_that_says_nothing_is_not_known_to_be_right() -> None:
    assert verdicts(tried(ONEMG_PRIVATE_KEY="", ONEMG_BEARER_TOKEN=SECRET)) == {"1mg: token": "unknown"}


@pytest.mark.parametrize(
    "changed",
    [
        {"PARTNER_HOSTS": frozenset()},
        {"PORTAL_ENVIRONMENT": "live"},
        {"ONEMG_BASE_URL": "https://api.1mg.com", "NIMBBL_BASE_URL": "https://api.nimbbl.tech"},
        {"ONEMG_BASE_URL": "http://169.254.169.254", "NIMBBL_BASE_URL": f"https://x:{SECRET}@api.nimbbl.tech"},
    ],
    ids=["not allowed", "http when live", "live hosts in a sandbox", "no base URLs"],
)
def test_O31_an_address_that_is_wrong_is_not_called(changed: dict[str, Any]) -> None:
    with partners(**changed) as (onemg, nimbbl):
        found = {one.name: one for one in probe.probes()}

    assert verdicts(found) == {"1mg: address": "fail", "Nimbbl: address": "fail"}
    assert (onemg.connections, nimbbl.connections) == (0, 0)


# --- the partners' answers --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [200, 302, 401, 404, 405, 500])
def test_any_answer_of_1mg_shows_that_it_is_there(code: int) -> None:
    assert verdicts(tried(onemg=dated(code=code, body=b""))) == {}


def test_O1_nobody_there_is_wrong() -> None:
    host = f"127.0.0.1:{free_port()}"

    found = tried(PARTNER_HOSTS=frozenset({host}), ONEMG_BASE_URL=f"http://{host}", NIMBBL_BASE_URL=f"http://{host}")

    assert verdicts(found) == {"1mg: connection": "fail", "Nimbbl: connection": "fail"}


def test_O15_a_certificate_that_nobody_vouches_for_is_wrong(tmp_path: Any) -> None:
    with listening(dated(), wire.authority(tmp_path).server()) as stranger:
        found = tried(PARTNER_HOSTS=frozenset({stranger.host}), ONEMG_BASE_URL=stranger.url)

    assert found["1mg: connection"].verdict == "fail"
    assert "TLS was refused" in found["1mg: connection"].words
    assert stranger.requests == []


def test_O4_no_answer_is_not_known_to_be_wrong() -> None:
    found = tried(onemg=wire.resetting(), nimbbl=wire.resetting())

    assert verdicts(found) == {"1mg: connection": "unknown", "Nimbbl: connection": "unknown"}


@pytest.mark.parametrize(
    ("code", "body", "expected"),
    [
        (400, REFUSAL, "fail"),
        (401, REFUSAL, "fail"),
        (200, REFUSAL, "fail"),
        (200, b"{}", "fail"),
        (200, b"<html>", "fail"),
        (302, b"", "fail"),
        (500, REFUSAL, "unknown"),
        (503, b"<html>", "unknown"),
        (429, b"{}", "unknown"),
    ],
)
def test_a_token_that_nimbbl_does_not_give_is_wrong_unless_it_has_trouble(
    code: int, body: bytes, expected: str
) -> None:
    assert verdicts(tried(nimbbl=dated(code=code, body=body))) == {"Nimbbl: token": expected}


@pytest.mark.parametrize(
    ("off", "expected"),
    [(0, None), (25, None), (-25, None), (60, "unknown"), (-60, "unknown"), (200, "fail"), (-90_000, "fail")],
)
def test_O19_a_clock_that_is_off_is_told(off: float, expected: str | None) -> None:
    found = verdicts(tried(onemg=dated(off), nimbbl=dated(off)))

    assert found == ({"1mg: clock": expected, "Nimbbl: clock": expected} if expected else {})


@pytest.mark.parametrize("told", ["", "yesterday", "Sun, 22 Nov 2026 05:00:00", f"Sun, 22 Nov {'9' * 20} 05:00:00 GMT"])
def test_O19_a_partner_that_does_not_tell_the_time_leaves_the_clock_unknown(told: str) -> None:
    assert verdicts(tried(onemg=answering(200, b"", f"Date: {told}"))) == {"1mg: clock": "unknown"}
