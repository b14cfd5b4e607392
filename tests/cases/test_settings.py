"""A setting means what one would expect, or stops the start with a sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import server
from tests.cases.starting import refusal, served, started
from tests.onemg_portal.test_settings import EXAMPLE, VARIABLE

SECRET = "s3cr3t-of-ours"


def database(url: str) -> dict[str, Any]:
    """Django's settings of the database of this URL."""
    return started(DATABASE_URL=url).DATABASES["default"]


def stopped(url: str) -> str:
    """The sentence that a start with this URL ends with."""
    with pytest.raises(ImproperlyConfigured) as stop:
        database(url)
    return str(stop.value)


# --- PostgreSQL's URL -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["-c%20search_path%3Dshop", "-c search_path=shop", "-c+search_path%3Dshop"])
def test_F20_options_of_the_url_arrive_beside_ours(said: str) -> None:
    options = database(f"postgresql://u:p@db/portal?options={said}")["OPTIONS"]["options"]

    assert options.endswith("-c search_path=shop")
    assert "-c lock_timeout=2000 -c statement_timeout=4000" in options


def test_F20_options_that_libpq_knows_arrive() -> None:
    found = database("postgres://u@db/portal?sslmode=require&connect_timeout=7&application_name=my%20shop&keepalives=1")

    told = {"sslmode": "require", "connect_timeout": "7", "application_name": "my shop", "keepalives": "1"}
    assert told.items() <= found["OPTIONS"].items()
    assert "answer_within" in found["OPTIONS"]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgres://u:p@db:6432/portal", ("u", "p", "db", "6432", "portal")),
        ("postgres://u:pass%2Fw%40r%3Ad%23%25@db/portal", ("u", "pass/w@r:d#%", "db", "", "portal")),
        ("postgres://u:pass@s:w#rd%@db/portal", ("u", "pass@s:w#rd%", "db", "", "portal")),
        ("postgres://u:pass?+no@db/portal", ("u", "pass?+no", "db", "", "portal")),
        ("postgresql://u@[2001:db8::1]:5433/portal", ("u", "", "2001:db8::1", "5433", "portal")),
        ("postgres://u@/portal?host=/run/postgresql", ("u", "", "/run/postgresql", "", "portal")),
        ("postgres://u@%2Frun%2Fpostgresql/portal", ("u", "", "/run/postgresql", "", "portal")),
        ("postgres://u@one:1,two:2/portal", ("u", "", "one,two", "1,2", "portal")),
        ("Postgres://u@db/my%20shop%2B1", ("u", "", "db", "", "my shop+1")),
        ('  "postgres://u@db/portal" ', ("u", "", "db", "", "portal")),
    ],
)
def test_F20_each_part_of_the_url_arrives(url: str, place: tuple[str, ...]) -> None:
    found = database(url)

    assert tuple(found[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME")) == place


def test_F20_a_pooler_may_do_without_cursors_at_the_server() -> None:
    assert database("postgres://u@db/portal?disable_server_side_cursors=true")["DISABLE_SERVER_SIDE_CURSORS"] is True
    assert database("postgres://u@db/portal")["DISABLE_SERVER_SIDE_CURSORS"] is False


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("options=-c%20statement_timeout%3D0", "statement_timeout"),
        ("options=--synchronous-commit%3Doff", "synchronous_commit"),
        ("options=-clock_timeout%3D5", "lock_timeout"),
        ("pgbouncer=true", "pgbouncer"),
        ("prepare_threshold=0", "prepare_threshold"),
        ("sslmode=requried", "sslmode"),
        ("connect_timeout=soon", "connect_timeout"),
        ("connect_timeout=0", "connect_timeout"),
        ("target_session_attrs=standby", "target_session_attrs"),
    ],
)
def test_F20_an_option_that_cannot_go_with_ours_is_named(query: str, named: str) -> None:
    sentence = stopped(f"postgres://u:{SECRET}@db/portal?{query}")

    assert sentence.startswith("DATABASE_URL ")
    assert named in sentence
    assert SECRET not in sentence


@pytest.mark.parametrize(
    "url",
    [
        f"postgres://u:{SECRET}/more@db/portal",
        f"postgres://u:123/{SECRET}@db/portal",
        f"postgres://u:{SECRET}@db:port/portal",
        f"postgres://u:{SECRET}@db:70000/portal",
        f"postgres://u:{SECRET}@db",
        f"postgres://u:{SECRET}@[::1/portal",
        f"mysql://u:{SECRET}@db/portal",
        f"u:{SECRET}@db/portal",
        "sqlite://portal.sqlite3",
        "sqlite:portal.sqlite3",
        "sqlite:///",
        "sqlite:///var/",
        "sqlite:///var/x.sqlite3?timeout=5",
        "sqlite:////dev/null/portal.sqlite3",
        "sqlite:////",
        "",
        "   ",
    ],
)
def test_F20_a_url_that_cannot_be_meant_stops_the_start(url: str) -> None:
    sentence = stopped(url)

    assert sentence.startswith("DATABASE_URL ")
    assert SECRET not in sentence
    assert "\n" not in sentence


# --- SQLite's file ----------------------------------------------------------------------------------------------------

FOLDERS = ["c++", "two words", "50%", "no #1", "what?", "प्रिया", "a&b=c", "a;b", "[x]", "%zz", "ü:1"]


@pytest.mark.parametrize("folder", FOLDERS)
def test_F20_a_path_means_that_very_file(folder: str, tmp_path: Path) -> None:
    name = database(f"sqlite:///{tmp_path}/{folder}/portal.sqlite3")["NAME"]

    assert name == f"{tmp_path}/{folder}/portal.sqlite3"
    assert os.listdir(tmp_path) == [folder]


@pytest.mark.parametrize("folder", [*FOLDERS, "a%20b"])
def test_F20_a_path_may_be_encoded(folder: str, tmp_path: Path) -> None:
    name = database(f"sqlite:///{quote(f'{tmp_path}/{folder}/portal.sqlite3')}")["NAME"]

    assert name == f"{tmp_path}/{folder}/portal.sqlite3"


def test_F20_a_folder_that_is_called_like_an_encoded_one_is_meant(tmp_path: Path) -> None:
    (tmp_path / "a%20b").mkdir()

    name = database(f"sqlite:///{tmp_path}/a%20b/portal.sqlite3")["NAME"]

    assert (name, os.listdir(tmp_path)) == (f"{tmp_path}/a%20b/portal.sqlite3", ["a%20b"])


def test_F20_a_relative_path_begins_at_the_portals_directory() -> None:
    assert database("sqlite:///var/portal+1.sqlite3")["NAME"] == str(server.ROOT / "var" / "portal+1.sqlite3")


def test_F20_a_folder_is_no_file(tmp_path: Path) -> None:
    assert stopped(f"sqlite:///{tmp_path}") == "DATABASE_URL names a folder where it must name a file."


# --- every other variable ---------------------------------------------------------------------------------------------

#: Values that mean something, and what they are in the settings or in what is served.
GOOD = [
    (
        "ALLOWED_HOSTS",
        "Portal.example, .example.org,10.0.0.1,::1",
        ["portal.example", ".example.org", "10.0.0.1", "[::1]"],
    ),
    ("ALLOWED_HOSTS", "münchen.example", ["xn--mnchen-3ya.example"]),
    (
        "CSRF_TRUSTED_ORIGINS",
        "https://A.example/, https://*.b.example:8443",
        ["https://a.example", "https://*.b.example:8443"],
    ),
    ("DEBUG", "NO", False),
    ("SECURE_SSL_REDIRECT", "On", True),
    ("PORTAL_ENVIRONMENT", "test", "test"),
    ("ONEMG_WEBHOOK_HEADER", "X-Token", "X-Token"),
    ("ONEMG_MERCHANT_ID", "$merchant", "$merchant"),
    ("NIMBBL_UPDATE_ORDER", "PATCH /api/v3/order", "PATCH /api/v3/order"),
    ("PARTNER_ALLOWED_HOSTS", "API.1mg.com,x:8443", ["api.1mg.com", "x:8443"]),
]
SERVED = [
    ("HOST", "0.0.0.0", "0.0.0.0"),
    ("HOST", "::", "::"),
    ("HOST", "[::1]", "::1"),
    ("HOST", "::ffff:127.0.0.1", "127.0.0.1"),
    ("HOST", "localhost", "localhost"),
    ("PORT", "8123", 8123),
    ("WEB_WORKERS", "3", 3),
    ("WEB_THREADS", "16", 16),
]


@pytest.mark.parametrize("form", ["{}", " {} ", "\t{}\r\n", '"{}"', " '{}' ", '" {} "'])
@pytest.mark.parametrize(("name", "value", "meant"), GOOD)
def test_F20_blanks_and_quotes_around_a_value_mean_nothing(name: str, value: str, meant: Any, form: str) -> None:
    found = getattr(started(**{"DEBUG": "true", name: form.format(value)}), name)

    assert found[: len(meant)] == meant if isinstance(meant, list) else found == meant


@pytest.mark.parametrize("form", ["{}", " {} ", '"{}"'])
@pytest.mark.parametrize(("name", "value", "meant"), SERVED)
def test_F20_the_server_listens_as_it_is_said(name: str, value: str, meant: Any, form: str) -> None:
    option = name.lower().removeprefix("web_")

    assert getattr(served(**{name: form.format(value)}), option) == meant


@pytest.mark.parametrize("name", ["TRUSTED_PROXIES", "ONEMG_WEBHOOK_ALLOWED_ADDRESSES"])
@pytest.mark.parametrize("said", ["10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:10.0.0.5", "[::1], '10.0.0.5' ,"])
def test_F20_an_ipv4_proxy_behind_an_ipv6_listener_is_in_the_list(name: str, said: str) -> None:
    listed = getattr(started(**{name: said}), name)

    assert ("::ffff:10.0.0.5" in listed, "10.0.0.5" in listed, "11.0.0.5" in listed) == (True, True, False)


RUBBISH = [
    ("DEBUG", "yes please"),
    ("DEBUG", ""),
    ("SECURE_SSL_REDIRECT", "  "),
    ("SECURE_SSL_REDIRECT", "2"),
    ("ALLOWED_HOSTS", "https://portal.example"),
    ("ALLOWED_HOSTS", "portal.example:8000"),
    ("ALLOWED_HOSTS", "portal.example/"),
    ("ALLOWED_HOSTS", "*.example.org"),
    ("ALLOWED_HOSTS", "a.example b.example"),
    ("ALLOWED_HOSTS", "10.0.0.0/8"),
    ("ALLOWED_HOSTS", '["a.example"]'),
    ("ALLOWED_HOSTS", " , "),
    ("CSRF_TRUSTED_ORIGINS", "portal.example"),
    ("CSRF_TRUSTED_ORIGINS", "https://portal.example/desk"),
    ("CSRF_TRUSTED_ORIGINS", "*"),
    ("TRUSTED_PROXIES", "proxy.example"),
    ("TRUSTED_PROXIES", "*"),
    ("TRUSTED_PROXIES", "10.0.0.1 10.0.0.2"),
    ("TRUSTED_PROXIES", "10.0.0.1:8000"),
    ("TRUSTED_PROXIES", "10.0.0.0/33"),
    ("ONEMG_WEBHOOK_ALLOWED_ADDRESSES", "api.1mg.com"),
    ("REFUND_POLICY", "always"),
    ("REFUND_AUTO_LIMIT", ""),
    ("REFUND_AUTO_LIMIT", "-1"),
    ("REFUND_AUTO_LIMIT", "1,000"),
    ("REFUND_SECOND_PERSON_ABOVE", "1e9"),
    ("REFUND_SECOND_PERSON_ABOVE", "0.001"),
    ("STATEMENT_TIMEOUT_MS", "ten"),
    ("STATEMENT_TIMEOUT_MS", "-5"),
    ("STATEMENT_TIMEOUT_MS", "4_000"),
    ("STATEMENT_TIMEOUT_MS", "4000.0"),
    ("STATEMENT_TIMEOUT_MS", "²"),
    ("STATEMENT_TIMEOUT_MS", "99999999999"),
    ("STATEMENT_TIMEOUT_MS", ""),
    ("PORTAL_ENVIRONMENT", "production"),
    ("PORTAL_ENVIRONMENT", ""),
    ("PORTAL_ENV_FILE", "no-such-file"),
    ("PORTAL_ENV_FILE", "docs"),
    ("ONEMG_WEBHOOK_TOKENS", f"Token {SECRET}-0123456789"),
    ("ONEMG_WEBHOOK_HEADER", "Authorization:"),
    ("ONEMG_WEBHOOK_HEADER", "X Token"),
    ("PARTNER_ALLOWED_HOSTS", "https://api.1mg.com"),
    ("PARTNER_ALLOWED_HOSTS", "*"),
    ("ONEMG_BASE_URL", "api.1mg.com"),
    ("ONEMG_MERCHANT_ID", "../etc"),
    ("ONEMG_ACCESS_KEY", "two words"),
    ("ONEMG_PRIVATE_KEY", SECRET),
    ("ONEMG_PRIVATE_KEY_FILE", "no-such-file"),
    ("ONEMG_BEARER_TOKEN", f"Bearer {SECRET}"),
    ("NIMBBL_BASE_URL", "https://api.nimbbl.tech/api"),
    ("NIMBBL_ACCESS_KEY", f"{SECRET} x"),
    ("NIMBBL_UPDATE_ORDER", "GET /api"),
    ("HOST", "*"),
    ("HOST", ""),
    ("HOST", "10.0.0.0/8"),
    ("HOST", "127.0.0.1:8000"),
    ("HOST", "http://127.0.0.1"),
    ("PORT", "ten"),
    ("PORT", ""),
    ("PORT", "-1"),
    ("PORT", "65536"),
    ("PORT", "8000/tcp"),
    ("PORT", "tcp://10.0.0.1:8000"),
    ("WEB_WORKERS", "0"),
    ("WEB_WORKERS", "auto"),
    ("WEB_THREADS", "1e3"),
]


@pytest.mark.parametrize(("name", "value"), RUBBISH)
def test_F20_what_cannot_work_stops_the_start_and_is_named(name: str, value: str) -> None:
    sentence = refusal(**{name: value})

    assert name in sentence
    assert SECRET not in sentence


def test_F20_the_sentence_says_what_was_there_and_what_is_expected() -> None:
    assert refusal(DEBUG="yes please") == "DEBUG must be true or false. It is “yes please”."
    assert refusal(PORT="ten") == "PORT must be a whole number. It is “ten”."
    assert refusal(PORT="70000") == "PORT must be a whole number from 0 to 65535. It is “70000”."
    assert refusal(WEB_THREADS="") == "WEB_THREADS must be a whole number. It is empty."


def test_F20_a_line_of_the_file_that_says_nothing_is_named_and_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(f"# a comment\n\n  DEBUG=true\nSECRET_KEY = {SECRET}\n")

    sentence = refusal(PORTAL_ENV_FILE=str(file))

    assert sentence.startswith(f"{file}, line 4, is not NAME=value")
    assert SECRET not in sentence


# --- whatever is set --------------------------------------------------------------------------------------------------

NAMES = sorted({name for name, _value in VARIABLE.findall(EXAMPLE)} - {"PORTAL_ENV_FILE", "DATABASE_URL"})
BLANKS = st.text(" \t\r\n", max_size=3)
WORDS = st.sampled_from(
    [
        "",
        "true",
        "0",
        "8000",
        "-1",
        "*",
        "::",
        "[::]",
        "10.0.0.0/8",
        "a.example",
        "https://a.example",
        "a,b",
        ",",
        "'",
        '"',
        SECRET,
    ]
)
SCHEMES = st.sampled_from(["postgres://", "postgresql://", "sqlite:///", ""])
ANYTHING = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]) | st.just("\udcff"), max_size=30)
SETTINGS = settings(
    max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "200")),
    derandomize="HYPOTHESIS_EXAMPLES" not in os.environ,
    database=None,
)


@SETTINGS
@given(st.sampled_from(NAMES), BLANKS, WORDS | ANYTHING | st.lists(WORDS, max_size=4).map(",".join), BLANKS)
def test_F20_whatever_a_variable_says_the_portal_starts_or_a_sentence_names_it(
    name: str, before: str, value: str, after: str
) -> None:
    sentence = refusal(**{name: before + value + after})

    assert not sentence or name in sentence


@SETTINGS
@given(scheme=SCHEMES, rest=st.text("abc:@/%20#?&=+[]. ,-", max_size=25))
def test_F20_whatever_the_database_url_says_the_portal_starts_or_a_sentence_names_it(
    scheme: str, rest: str, tmp_path: Path
) -> None:
    folder = f"{tmp_path}/" if scheme.startswith("sqlite") else ""

    sentence = refusal(DATABASE_URL=f"{scheme}{folder}{rest}")

    assert not sentence or sentence.startswith("DATABASE_URL ")


# --- on the command line ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "variable"),
    [
        ("serve", {"PORT": "ten"}),
        ("serve", {"DATABASE_URL": f"postgres://u:{SECRET}@db:port/portal"}),
        ("migrate", {"TRUSTED_PROXIES": "*"}),
        ("work", {"SECURE_SSL_REDIRECT": "yess"}),
        ("run", {"PORT": ""}),
    ],
)
def test_F20_a_command_ends_with_one_sentence(command: str, variable: dict[str, str]) -> None:
    done = server.manage("sqlite:///:memory:", command, **variable)

    [sentence] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert sentence.startswith(next(iter(variable)))
    assert SECRET not in sentence


def test_F20_a_database_in_memory_cannot_be_served() -> None:
    done = server.manage("sqlite:///:memory:", "serve", PORT="0")

    assert (done.returncode, done.stderr.splitlines()[-1][:33]) == (1, "CommandError: DATABASE_URL must n")


def test_F20_nothing_is_served_for_no_host() -> None:
    done = server.manage("sqlite:///:memory:", "serve", PORT="0", DEBUG="false", ALLOWED_HOSTS=" , ")

    assert (done.returncode, done.stderr.splitlines()[-1][:35]) == (1, "CommandError: ALLOWED_HOSTS names n")


def test_F20_control_what_serves_nobody_needs_no_host() -> None:
    done = server.manage("sqlite:///:memory:", "makemigrations", "--check", DEBUG="false", ALLOWED_HOSTS="")

    assert done.returncode == 0, done.stderr


def test_F20_control_the_settings_alone_end_with_a_traceback() -> None:
    """It is `manage.py` that makes one sentence of it."""
    done = subprocess.run(
        [sys.executable, "-c", "import onemg_portal.settings"],
        cwd=server.ROOT,
        env=server.environment("sqlite:///:memory:", DEBUG="maybe"),
        capture_output=True,
        text=True,
    )

    assert "Traceback" in done.stderr
