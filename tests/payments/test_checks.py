"""The configuration of the partners: what stops the start, what is only said, and that no message holds a secret."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core import checks
from django.test import override_settings
from django.views.debug import SafeExceptionReporterFilter

from tests.server import ROOT, environment, manage

SECRET = "canary-secret-of-a-test"
FORMS = {
    "PKCS#1": serialization.PrivateFormat.TraditionalOpenSSL,
    "PKCS#8": serialization.PrivateFormat.PKCS8,
}


@cache
def key(form: str = "PKCS#8", bits: int = 2048) -> str:
    """A new RSA key as PEM."""
    return _pem(rsa.generate_private_key(65537, bits), form)


def _pem(private: Any, form: str) -> str:
    plain = serialization.NoEncryption()
    return private.private_bytes(serialization.Encoding.PEM, FORMS[form], plain).decode()


#: Django settings of a partner that is set up in a sandbox; a test changes some.
ONEMG = {
    "ONEMG_BASE_URL": "http://127.0.0.1:8001",
    "ONEMG_MERCHANT_ID": "m1",
    "ONEMG_ACCESS_KEY": "1mg_client_access_key",
    "ONEMG_PRIVATE_KEY": "",
    "ONEMG_PRIVATE_KEY_FILE": "",
    "ONEMG_BEARER_TOKEN": SECRET,
}
NIMBBL = {
    "NIMBBL_BASE_URL": "http://127.0.0.1:8001",
    "NIMBBL_ACCESS_KEY": SECRET,
    "NIMBBL_ACCESS_SECRET": SECRET,
    "NIMBBL_UPDATE_ORDER": "PATCH /api/v3/update-order",
}
SANDBOX = {"PORTAL_ENVIRONMENT": "sandbox", "PARTNER_HOSTS": frozenset({"127.0.0.1:8001"})}


def found(**changed: Any) -> list[str]:
    """The ids of what the checks have to say about these settings, none of which they quote."""
    with override_settings(**{**ONEMG, **NIMBBL, **SANDBOX, **changed}):
        messages = [m for m in checks.run_checks(tags=[checks.Tags.security]) if str(m.id).startswith("payments.")]
    said = " ".join(f"{message} {message.hint}" for message in messages)
    assert SECRET not in said
    assert all(message.hint for message in messages)
    return sorted(str(message.id) for message in messages)


def test_two_configured_partners_have_nothing_to_be_told() -> None:
    assert found() == []


def test_partners_that_are_not_configured_at_all_are_fine_outside_live() -> None:
    none = dict.fromkeys([*ONEMG, *NIMBBL], "") | {"NIMBBL_UPDATE_ORDER": "PATCH /api/v3/update-order"}

    assert found(**none) == []
    assert found(**none, PORTAL_ENVIRONMENT="test") == []
    assert found(**none, PORTAL_ENVIRONMENT="live") == ["payments.W001", "payments.W001"]


@pytest.mark.parametrize(
    "name",
    [
        "ONEMG_BASE_URL",
        "ONEMG_MERCHANT_ID",
        "ONEMG_BEARER_TOKEN",
        "NIMBBL_BASE_URL",
        "NIMBBL_ACCESS_KEY",
        "NIMBBL_ACCESS_SECRET",
    ],
)
def test_a_partner_configured_in_part_stops_the_start(name: str) -> None:
    assert found(**{name: ""}) == ["payments.E001"]


def test_what_is_missing_is_named() -> None:
    with override_settings(**ONEMG, **NIMBBL | {"NIMBBL_ACCESS_SECRET": ""}, **SANDBOX):
        said = [str(m) for m in checks.run_checks(tags=[checks.Tags.security])]

    assert any("NIMBBL_ACCESS_SECRET" in words for words in said)


# --- the key ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_a_key_of_either_form_is_taken(form: str) -> None:
    assert found(ONEMG_BEARER_TOKEN="", ONEMG_PRIVATE_KEY=key(form)) == []


def test_a_key_in_a_file_is_taken(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(key())

    assert found(ONEMG_BEARER_TOKEN="", ONEMG_PRIVATE_KEY_FILE=str(tmp_path / "key.pem")) == []


@pytest.mark.parametrize(
    "pem",
    [
        SECRET,
        f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----",
        key()[:-60],
        key(bits=1024),
        _pem(ec.generate_private_key(ec.SECP256R1()), "PKCS#8"),
    ],
    ids=["text", "no base64", "cut", "1024 bits", "elliptic"],
)
def test_a_key_that_cannot_be_used_stops_the_start(pem: str) -> None:
    assert found(ONEMG_BEARER_TOKEN="", ONEMG_PRIVATE_KEY=pem) == ["payments.E003"]


def test_a_file_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")

    for name in ("nothing", "bytes", "."):
        assert found(ONEMG_BEARER_TOKEN="", ONEMG_PRIVATE_KEY_FILE=str(tmp_path / name)) == ["payments.E003"]


@pytest.mark.parametrize("token", [f"{SECRET} {SECRET}", f"{SECRET}\n", "é"])
def test_a_token_that_is_no_header_stops_the_start(token: str) -> None:
    assert found(ONEMG_BEARER_TOKEN=token) == ["payments.E003"]


def test_two_credentials_are_one_too_many() -> None:
    assert found(ONEMG_PRIVATE_KEY=key()) == ["payments.E002"]


@pytest.mark.parametrize("merchant", ["../admin", "m 1", "m/1", "m#1"])
def test_O23_a_merchant_id_that_could_change_the_path_stops_the_start(merchant: str) -> None:
    assert found(ONEMG_MERCHANT_ID=merchant) == ["payments.E004"]


# --- where ------------------------------------------------------------------------------------------------------------

PUBLIC = frozenset({"api.1mg.com", "jupiterapi.1mg.com", "api.nimbbl.tech", "apipp.nimbbl.tech"})
FORM, STRANGER, MIXED = "payments.E004", "payments.E005", "payments.E006"


@pytest.mark.parametrize(
    ("where", "url", "expected"),
    [
        ("sandbox", "http://127.0.0.1:8001", []),
        ("sandbox", "http://127.0.0.1:8002", [STRANGER]),
        ("sandbox", "http://192.168.0.1:8001", [FORM]),
        ("sandbox", "https://jupiterapi.1mg.com", []),
        ("sandbox", "https://api.1mg.com", [MIXED]),
        ("test", "https://jupiterapi.1mg.com", []),
        ("test", "https://jupiterapi.1mg.com:443", []),
        ("test", "https://api.1mg.com", [MIXED]),
        ("test", "https://api.nimbbl.tech", [MIXED]),
        ("test", "https://api.1mg.com:443", [MIXED]),
        ("test", "https://stagapi.1mg.com", [STRANGER]),
        ("test", "http://127.0.0.1:8001", [FORM]),
        ("live", "https://api.1mg.com", []),
        ("live", "https://jupiterapi.1mg.com", [MIXED]),
        ("live", "https://stagapi.1mg.com", [STRANGER, MIXED]),
        ("live", "https://apipp.nimbbl.tech", [MIXED]),
        ("live", "https://qa1api.nimbbl.tech", [STRANGER, MIXED]),
        ("live", "https://qa2api.nimbbl.tech", [STRANGER, MIXED]),
        ("live", "https://qa1api.qa.nimbbl.tech", [STRANGER, MIXED]),
        ("live", "https://uatapi.nimbbl.tech", [STRANGER, MIXED]),
        ("live", "https://127.0.0.1:8001", [MIXED]),
        ("live", "https://localhost", [STRANGER, MIXED]),
        ("live", "https://[::1]:8001", [STRANGER, MIXED]),
        ("live", "https://10.1.2.3", [STRANGER, MIXED]),
        ("live", "https://169.254.169.254", [STRANGER, MIXED]),
        ("live", "http://169.254.169.254", [FORM]),
        ("live", "http://api.1mg.com", [FORM]),
        ("live", "http://127.0.0.1:8001", [FORM]),
        ("live", "https://api.1mg.com:8443", [STRANGER]),
        ("live", "https://evil.example", [STRANGER]),
        ("live", "https://api.1mg.com.evil.example", [STRANGER]),
        ("live", "https://api.1mg.com/api", [FORM]),
        ("live", "https://api.1mg.com?x=1", [FORM]),
        ("live", "https://api.1mg.com#x", [FORM]),
        ("live", f"https://user:{SECRET}@api.1mg.com", [FORM]),
        ("live", "https://API.1mg.com", [FORM]),
        ("live", "https://api.1mg.com:99999", [FORM]),
        ("live", "https://", [FORM]),
        ("live", "api.1mg.com", [FORM]),
        ("live", "file:///etc/passwd", [FORM]),
        ("live", "ftp://api.1mg.com", [FORM]),
    ],
)
@pytest.mark.parametrize("name", ["ONEMG_BASE_URL", "NIMBBL_BASE_URL"])
def test_O31_only_a_host_of_this_environment_may_be_called(
    name: str, where: str, url: str, expected: list[str]
) -> None:
    good = {"sandbox": "http://127.0.0.1:8001", "test": "https://apipp.nimbbl.tech", "live": "https://api.nimbbl.tech"}
    urls = dict.fromkeys(("ONEMG_BASE_URL", "NIMBBL_BASE_URL"), good[where]) | {name: url}

    assert found(PORTAL_ENVIRONMENT=where, PARTNER_HOSTS=PUBLIC | {"127.0.0.1:8001"}, **urls) == expected


@pytest.mark.parametrize("call", ["PATCH /api/v3/update-order", "PATCH /api/v3/order", "PUT /x", "POST /a-b_c.d/"])
def test_a_method_and_a_path_are_taken(call: str) -> None:
    assert found(NIMBBL_UPDATE_ORDER=call) == []


@pytest.mark.parametrize(
    "call",
    [
        "",
        "PATCH",
        "/api/v3/order",
        "GET /api/v3/order",
        "DELETE /x",
        "patch /x",
        "PATCH api/v3/order",
        "PATCH  /x",
        "PATCH /a/../b",
        "PATCH /x?y=1",
        "PATCH /x#y",
        "PATCH /x y",
        "PATCH //evil.example/x",
        "PATCH /x\n",
        "PATCH /x%2e%2e",
        "PATCH https://evil.example/x",
    ],
)
def test_O31_a_method_and_path_of_another_form_stop_the_start(call: str) -> None:
    assert found(NIMBBL_UPDATE_ORDER=call) == ["payments.E007"]


TRACK = "GET /api/{merchant_id}/orders/{merchant_order_id}"


@pytest.mark.parametrize("call", ["", TRACK, "POST /{merchant_order_id}/of/{merchant_id}/track", f"{TRACK}/track.json"])
def test_M24_a_path_with_both_names_is_taken_and_so_is_none(call: str) -> None:
    assert found(ONEMG_TRACK_ORDER=call) == []


@pytest.mark.parametrize(
    "call",
    [
        "GET",
        "/api/{merchant_id}/orders/{merchant_order_id}",
        "DELETE /api/{merchant_id}/orders/{merchant_order_id}",
        "get /api/{merchant_id}/orders/{merchant_order_id}",
        "GET api/{merchant_id}/orders/{merchant_order_id}",
        "GET https://api.1mg.com/{merchant_id}/{merchant_order_id}",
        "GET /api/{merchant_id}/orders",
        "GET /api/orders/{merchant_order_id}",
        "GET /api/{merchant_id}/{merchant_id}/{merchant_order_id}",
        "GET /api/{merchant_id}/{order}/{merchant_order_id}",
        "GET /api/{merchant_id}/../{merchant_order_id}",
        "GET /api/{merchant_id}//{merchant_order_id}",
        "GET /api/{merchant_id}/orders/{merchant_order_id}?all=1",
        "GET /api/{merchant_id}/orders/{merchant_order_id}#x",
    ],
)
def test_M24_a_path_of_another_form_stops_the_start(call: str) -> None:
    assert found(ONEMG_TRACK_ORDER=call) == ["payments.E008"]


# --- from the environment ---------------------------------------------------------------------------------------------

READ = "from onemg_portal import settings as s; print(sorted(s.PARTNER_HOSTS), s.ONEMG_CONFIGURED, s.NIMBBL_CONFIGURED)"
CONFIGURED = {
    "ONEMG_BASE_URL": "http://127.0.0.1:8001",
    "ONEMG_MERCHANT_ID": "m1",
    "ONEMG_BEARER_TOKEN": f"${SECRET}",
    "NIMBBL_BASE_URL": "http://localhost:8002/",
    "NIMBBL_ACCESS_KEY": "k",
    "NIMBBL_ACCESS_SECRET": f"${SECRET}",
}
SQLITE = "sqlite:///:memory:"


def read(**more: str) -> str:
    """What the settings make of an environment."""
    done = subprocess.run(
        [sys.executable, "-c", READ], cwd=ROOT, env=environment(SQLITE, **more), capture_output=True, text=True
    )
    assert SECRET not in done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "[] False False"),
        ({"PORTAL_ENVIRONMENT": "live"}, "['api.1mg.com', 'api.nimbbl.tech'] False False"),
        ({"PORTAL_ENVIRONMENT": "test"}, "['apipp.nimbbl.tech', 'jupiterapi.1mg.com'] False False"),
        (CONFIGURED, "['127.0.0.1:8001', 'localhost:8002'] True True"),
        (CONFIGURED | {"PORTAL_ENVIRONMENT": "test"}, "['apipp.nimbbl.tech', 'jupiterapi.1mg.com'] True True"),
        ({"PARTNER_ALLOWED_HOSTS": " Jupiterapi.1mg.com , x:8443,"}, "['jupiterapi.1mg.com', 'x:8443'] False False"),
        ({"ONEMG_BASE_URL": "http://169.254.169.254:80"}, "[] False False"),
    ],
)
def test_O31_the_hosts_come_from_the_environment(more: dict[str, str], expected: str) -> None:
    assert read(**more) == expected


def test_the_check_command_takes_a_key_on_one_line() -> None:
    one_line = key("PKCS#1").replace("\n", "\\n")

    done = manage(SQLITE, "check", **CONFIGURED | {"ONEMG_BEARER_TOKEN": "", "ONEMG_PRIVATE_KEY": one_line})

    assert (done.returncode, done.stderr) == (0, "")


def test_O31_a_host_for_tests_stops_a_live_start_even_where_it_is_allowed() -> None:
    more = CONFIGURED | {
        "PORTAL_ENVIRONMENT": "live",
        "ONEMG_BASE_URL": "https://jupiterapi.1mg.com",
        "NIMBBL_BASE_URL": "https://api.nimbbl.tech",
        "PARTNER_ALLOWED_HOSTS": "jupiterapi.1mg.com,api.nimbbl.tech",
    }

    done = manage(SQLITE, "serve", "--port", "1", **more)

    assert done.returncode == 1
    assert "payments.E006" in done.stderr
    assert SECRET not in done.stderr + done.stdout


@pytest.mark.parametrize(
    "name",
    ["ONEMG_PRIVATE_KEY", "ONEMG_BEARER_TOKEN", "ONEMG_ACCESS_KEY", "NIMBBL_ACCESS_KEY", "NIMBBL_ACCESS_SECRET"],
)
def test_O32_the_debug_page_hides_a_secret_setting(name: str) -> None:
    with override_settings(**{name: SECRET}):
        shown = SafeExceptionReporterFilter().get_safe_settings()

    assert shown[name] == SafeExceptionReporterFilter.cleansed_substitute
