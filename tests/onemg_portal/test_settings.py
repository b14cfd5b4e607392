"""The settings are loud about what is wrong, and `.env.example` knows every variable."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from onemg_portal.first_env import first_env, partners, partners_for
from onemg_portal.sandbox import keys
from tests import server

ROOT = server.ROOT
EXAMPLE = (ROOT / ".env.example").read_text()
ALL_SETTINGS = (
    "from onemg_portal import settings as s; print({n: getattr(s, n) for n in sorted(dir(s)) if n.isupper()})"
)
#: `NAME=value`, or commented out where the value is the default.
VARIABLE = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a process of their own, with this environment beside a good one."""
    return subprocess.run(
        [sys.executable, "-c", "import onemg_portal.settings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        env=server.environment("sqlite:///:memory:") | environment,
    )


def variables_read(path: str) -> set[str]:
    """The names that a module asks the environment for: `env.<type>("NAME")`, `_listed("NAME")` and the like."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        asks = re.fullmatch(r"env\.\w+|os\.environ\.get|_listed|_networks", ast.unparse(node.func))
        if asks and isinstance(node.args[0], ast.Constant):
            found.add(node.args[0].value)
    return found


# --- .env.example -----------------------------------------------------------------------------------------------------


def test_the_example_lists_exactly_the_variables_that_are_read() -> None:
    read = variables_read("onemg_portal/settings.py") | variables_read("onemg_portal/management/commands/serve.py")

    assert {name for name, _ in VARIABLE.findall(EXAMPLE)} == read
    assert len(read) > 15


def test_the_example_lists_each_variable_once() -> None:
    names = [name for name, _ in VARIABLE.findall(EXAMPLE)]

    assert sorted(names) == sorted(set(names))


def test_the_example_explains_each_variable() -> None:
    paragraphs = EXAMPLE.split("\n\n")

    for paragraph in paragraphs:
        first = paragraph.splitlines()[0]
        assert first.startswith("# "), paragraph
        assert not VARIABLE.match(first), paragraph


def test_the_example_holds_no_secret() -> None:
    values = dict(VARIABLE.findall(EXAMPLE))

    assert {values["SECRET_KEY"], values["ONEMG_WEBHOOK_TOKENS"]} == {""}


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    """Uncommented, its lines change nothing."""
    lines = [f"{name}={value}" for name, value in VARIABLE.findall(EXAMPLE) if value]
    file = tmp_path / "env"
    file.write_text("\n".join(lines))
    bare = {k: v for k, v in server.environment("").items() if k in ("PATH", "HOME", "SECRET_KEY")}

    said = [
        subprocess.run(
            [sys.executable, "-c", ALL_SETTINGS],
            cwd=ROOT,
            env=bare | {"PORTAL_ENV_FILE": name},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for name in ("", str(file))
    ]

    assert said[0] == said[1]


# --- the first .env ---------------------------------------------------------------------------------------------------


def test_the_first_env_starts_the_portal(tmp_path: Path) -> None:
    file, key = tmp_path / ".env", tmp_path / "key.pem"
    file.write_text(first_env())
    keys.make_missing(key)

    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--fail-level=WARNING"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={
            "PATH": "",
            "PORTAL_ENV_FILE": str(file),
            "DATABASE_URL": "sqlite:///:memory:",
            "ONEMG_PRIVATE_KEY_FILE": str(key),
        },
    )

    assert done.returncode == 0, done.stderr


def test_the_first_env_says_that_it_is_a_sandbox() -> None:
    found = dict(VARIABLE.findall(first_env()))

    assert (found["DEBUG"], found["PORTAL_ENVIRONMENT"]) == ("true", "sandbox")


def test_each_first_env_has_secrets_of_its_own() -> None:
    one, other = (dict(VARIABLE.findall(first_env())) for _ in range(2))

    assert len(one["SECRET_KEY"]) >= 50
    assert len(one["ONEMG_WEBHOOK_TOKENS"]) >= 32
    assert one["SECRET_KEY"] != other["SECRET_KEY"]
    for name in ("ONEMG_WEBHOOK_TOKENS", "ONEMG_PAYMENT_TOKENS", "NIMBBL_ACCESS_KEY", "NIMBBL_ACCESS_SECRET"):
        assert one[name] != other[name]


def test_the_module_prints_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "onemg_portal.first_env"],
        cwd=ROOT,
        env={"PATH": ""},
        capture_output=True,
        text=True,
    )

    assert [line.partition("=")[0] for line in done.stdout.splitlines()[1:]] == [
        "SECRET_KEY",
        "DEBUG",
        "PORTAL_ENVIRONMENT",
        "ONEMG_WEBHOOK_TOKENS",
        "ONEMG_PAYMENT_TOKENS",
        "ONEMG_BASE_URL",
        "ONEMG_MERCHANT_ID",
        "ONEMG_PRIVATE_KEY_FILE",
        "ONEMG_TRACK_ORDER",
        "NIMBBL_BASE_URL",
        "NIMBBL_ACCESS_KEY",
        "NIMBBL_ACCESS_SECRET",
    ]
    assert (ROOT / keys.PRIVATE_KEY_FILE).exists()


def test_an_older_env_lacks_what_the_partners_need_and_gets_it() -> None:
    assert partners_for(8123, {"ONEMG_BASE_URL": ""}).keys() == partners().keys()


def test_what_an_env_says_of_the_partners_stays_but_for_their_addresses() -> None:
    said = partners(8001)

    assert partners_for(8123, said) == {
        "ONEMG_BASE_URL": "http://127.0.0.1:8123",
        "NIMBBL_BASE_URL": "http://127.0.0.1:8123",
    }


@pytest.mark.parametrize("other", ["ONEMG_PRIVATE_KEY", "ONEMG_BEARER_TOKEN"])
def test_an_env_with_another_credential_for_1mg_gets_no_second_one(other: str) -> None:
    assert "ONEMG_PRIVATE_KEY_FILE" not in partners_for(8123, {other: "x"})


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "var" / "key.pem"

    keys.make_missing(file)
    first = file.read_text()
    keys.make_missing(file)

    assert file.read_text() == first
    assert (file.stat().st_mode & 0o777, [path.name for path in file.parent.iterdir()]) == (0o600, ["key.pem"])
    assert keys.public_half(first).startswith("-----BEGIN PUBLIC KEY-----")


# --- wrong values -----------------------------------------------------------------------------------------------------

SECRET = "s3cr3t-of-ours"


def test_good_settings_start_silently() -> None:
    done = start()

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": SECRET}, "SECRET_KEY must be set"),
        ({"DEBUG": SECRET}, "DEBUG must be true or false."),
        ({"SECURE_SSL_REDIRECT": "yess"}, "SECURE_SSL_REDIRECT must be true or false."),
        ({"SECURE_SSL_REDIRECT": ""}, "SECURE_SSL_REDIRECT must be true or false."),
        (
            {"DATABASE_URL": f"mysql://user:{SECRET}@host/name"},
            "DATABASE_URL must begin with postgres:// or sqlite:///.",
        ),
        ({"DATABASE_URL": SECRET}, "DATABASE_URL must begin with postgres:// or sqlite:///."),
        ({"DATABASE_URL": f"postgres://user:{SECRET}/slash@host/name"}, "DATABASE_URL cannot be read"),
        ({"DATABASE_URL": f"postgres://user:{SECRET}@host:port/name"}, "DATABASE_URL cannot be read"),
        (
            {"DATABASE_URL": f"postgres://user:{SECRET}@host/name", "STATEMENT_TIMEOUT_MS": "5s"},
            "STATEMENT_TIMEOUT_MS must be a number of milliseconds.",
        ),
        ({"TRUSTED_PROXIES": "10.0.0.1, proxy.example"}, "TRUSTED_PROXIES: proxy.example is neither an address nor"),
        ({"ONEMG_WEBHOOK_ALLOWED_ADDRESSES": "*"}, "ONEMG_WEBHOOK_ALLOWED_ADDRESSES: * is neither an address nor"),
        ({"PORTAL_ENVIRONMENT": "production"}, "PORTAL_ENVIRONMENT must be sandbox, test or live."),
        ({"ONEMG_WEBHOOK_TOKENS": SECRET}, "ONEMG_WEBHOOK_TOKENS: a token of fewer than 16 characters"),
        ({"ONEMG_WEBHOOK_TOKENS": f"a-long-enough-token-1,{SECRET}"}, "ONEMG_WEBHOOK_TOKENS: a token of fewer than 16"),
        ({"ONEMG_WEBHOOK_TOKENS": " , ", "PORTAL_ENVIRONMENT": "live"}, "ONEMG_WEBHOOK_TOKENS must name a token"),
        ({"ONEMG_PAYMENT_TOKENS": SECRET}, "ONEMG_PAYMENT_TOKENS: a token of fewer than 16 characters"),
        ({"ONEMG_PAYMENT_HEADER": "X Token"}, "ONEMG_PAYMENT_HEADER must be the name of a header"),
        (
            {"ONEMG_WEBHOOK_TOKENS": "one-token-for-both-doors", "ONEMG_PAYMENT_TOKENS": "one-token-for-both-doors"},
            "ONEMG_PAYMENT_TOKENS and ONEMG_WEBHOOK_TOKENS have a token in common",
        ),
    ],
)
def test_a_wrong_value_stops_the_start_with_a_sentence_and_no_secret(
    environment: dict[str, str], sentence: str
) -> None:
    done = start(**environment)

    last = done.stderr.strip().splitlines()[-1]
    assert done.returncode == 1
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: {sentence}")
    assert SECRET not in done.stderr


def test_case_F20_blanks_around_what_is_listed_mean_nothing() -> None:
    ask = "from onemg_portal import settings as s; print(s.ALLOWED_HOSTS, '10.1.2.3' in s.TRUSTED_PROXIES)"
    env = server.environment(
        "sqlite:///:memory:", ALLOWED_HOSTS="a.example, b.example ,", TRUSTED_PROXIES=" 10.0.0.0/8 "
    )

    done = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, env=env, capture_output=True, text=True)

    assert done.stdout.strip() == "['a.example', 'b.example'] True"


@pytest.mark.parametrize("word", ["true", "True", "on", "yes", "1", "false", "FALSE", "off", "no", "0"])
def test_yes_and_no_may_be_said_in_these_words(word: str) -> None:
    done = start(DEBUG=word, SECURE_SSL_REDIRECT=word)

    assert done.stderr == ""


def test_the_real_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("PORTAL_ENVIRONMENT=test\n")
    ask = "from onemg_portal import settings; print(settings.PORTAL_ENVIRONMENT)"

    def environment_of(**more: str) -> str:
        env = server.environment("sqlite:///:memory:", PORTAL_ENV_FILE=str(file), **more)
        return subprocess.run([sys.executable, "-c", ask], cwd=ROOT, env=env, capture_output=True, text=True).stdout

    assert environment_of() == "test\n"
    assert environment_of(PORTAL_ENVIRONMENT="live") == "live\n"


def test_tokens_are_kept_only_as_hashes() -> None:
    env = server.environment("sqlite:///:memory:")

    said = subprocess.run(
        [sys.executable, "-c", ALL_SETTINGS], cwd=ROOT, env=env, capture_output=True, text=True
    ).stdout

    assert "ONEMG_WEBHOOK_TOKEN_DIGESTS" in said
    assert server.TOKEN not in said
