"""Who may import whom: orders <- payments <- webhooks, and words and rules that touch neither database nor network."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import check_project

ROOT = Path(__file__).resolve().parent.parent
APPS = ("orders", "payments", "webhooks", "onemg_portal")
#: App -> the apps above it, of which it may know nothing.
ABOVE = {
    "orders": {"payments", "webhooks", "onemg_portal"},
    "payments": {"webhooks", "onemg_portal"},
    "webhooks": {"onemg_portal"},
}
PURE = {
    *(
        f"orders.{name}"
        for name in (
            "choices",
            "statuses",
            "updates",
            "fold",
            "said",
            "common_words",
            "personal",
            "privacy",
            "prescriptions",
            "money",
            "chips",
        )
    ),
    *(
        f"payments.{name}"
        for name in (
            "choices",
            "preflight",
            "address",
            "partners.messages",
            "partners.results",
            "partners.curl",
            "partners.redact",
            "partners.onemg",
            "partners.nimbbl",
            "partners.nimbbl_order",
            "partners.nimbbl_money",
        )
    ),
    *(f"webhooks.{name}" for name in ("bounds", "strict_json", "values", "drift", "parts", "sent", "onemg")),
}
#: What reaches the database, the settings, the network, the disk or the clock.
IMPURE = {
    "django",
    "rest_framework",
    "requests",
    "urllib3",
    "httpx",
    "socket",
    "http",
    "subprocess",
    "os",
    "pathlib",
    "time",
    "psycopg",
    "sqlite3",
}
#: `TextChoices` is an enum that happens to live among Django's models.
ALLOWED = dict.fromkeys(
    ("orders.choices", "payments.choices"), {"django.db.models", "django.utils.translation.gettext_lazy"}
)


def imports(source: str, module: str) -> set[str]:
    """Every dotted name that `source`, the text of `module`, imports; inside functions too, relative ones resolved."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(module.split(".")[: -node.level]) if node.level else ""
            start = ".".join(part for part in (package, node.module) if part)
            found |= {f"{start}.{alias.name}" for alias in node.names}
    return found


def upward(source: str, module: str) -> set[str]:
    """The imports of `source` that go against the one direction."""
    above = ABOVE.get(module.partition(".")[0], set())
    return {name for name in imports(source, module) if name.partition(".")[0] in above}


def impure(source: str, module: str) -> set[str]:
    """The imports that a pure module may not have: impure libraries, and modules of ours that are not pure."""
    found = set()
    for name in imports(source, module) - ALLOWED.get(module, set()):
        ours = name.partition(".")[0] in APPS
        if name.partition(".")[0] in IMPURE or (ours and not _is_pure(name)):
            found.add(name)
    return found


def _is_pure(name: str) -> bool:
    return name in PURE or name.rpartition(".")[0] in PURE


def modules(app: str) -> Iterator[tuple[str, str]]:
    """Dotted name and text of every module of an app."""
    for path in sorted((ROOT / app).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text()


@pytest.mark.parametrize("app", sorted(ABOVE))
def test_dependency_goes_one_way(app: str) -> None:
    found = {module: upward(source, module) for module, source in modules(app)}

    assert {module: names for module, names in found.items() if names} == {}


def of_the_database(source: str, module: str) -> set[str]:
    """The imports that a partner's protocol may not have: the ORM, and of ours what is neither pure nor like it."""
    return {
        name
        for name in imports(source, module)
        if name.startswith("django.db")
        or (name.partition(".")[0] in APPS and not name.startswith("payments.partners.") and not _is_pure(name))
    }


def test_what_a_partners_protocol_is_knows_no_model() -> None:
    found = {name: of_the_database(source, name) for name, source in modules("payments") if ".partners." in name}

    assert (len(found) > 10, {name: names for name, names in found.items() if names}) == (True, {})


@pytest.mark.parametrize("module", sorted(PURE))
def test_a_pure_module_touches_nothing(module: str) -> None:
    source = (ROOT / module.replace(".", "/")).with_suffix(".py").read_text()

    assert impure(source, module) == set()


# --- controls: the tests above would see it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("orders.services", "import webhooks.models"),
        ("orders.services", "from webhooks import models"),
        ("orders.views", "def late():\n    from payments.services import confirm"),
        ("orders.models", "from ..webhooks.models import Delivery"),
        ("payments.services", "from webhooks.services import receive"),
        ("webhooks.views", "from onemg_portal import docs"),
    ],
)
def test_control_an_import_upward_is_caught(module: str, source: str) -> None:
    assert len(upward(source, module)) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from orders.models import OrderGroup",
        "from orders import models",
        "from orders import search",
        "from django.db import connection",
        "import requests",
        "def late():\n    from django.conf import settings",
        "import time",
    ],
)
def test_control_an_impure_import_is_caught(source: str) -> None:
    assert len(impure(source, "orders.fold")) == 1


@pytest.mark.parametrize(
    "source",
    ["from payments.models import PartnerCall", "from payments import models", "from django.db import transaction"],
)
def test_control_a_model_in_a_partners_protocol_is_caught(source: str) -> None:
    assert len(of_the_database(source, "payments.partners.http")) == 1


def test_control_downward_and_pure_imports_pass() -> None:
    source = "from decimal import Decimal\nfrom orders.choices import Flag\nfrom orders import statuses"

    assert (upward(source, "webhooks.onemg"), impure(source, "webhooks.onemg")) == (set(), set())


# --- what goes into the repository ------------------------------------------------------------------------------------

FOUND = {
    "a private key": "-----BEGIN RSA PRIVATE " + "KEY-----\nMIIEowIBAAKCAQEAvz8Q",
    "a cloud or repository key": "key = AK" + "IAIOSFODNN7EXAMPLQ",
    "a JWT": "ey" + "JhbGciOiJSUzI1NiJ9.ey" + "JpYXQiOjE1MTYyMzkwMjJ9.c2lnbmF0dXJlMTIz",
    "a password in a URL": "DATABASE_URL=postgres://portal:" + "hunter2hunter@db/portal",
    "a secret in a setting": "SECRET_KEY=" + "q8Zr1kPz7WmB4tYx9NcV2hJd6LsG",
    "a path of one machine": "cd /" + "root/project",
    "a package registry": "--index" + "-url https://mirror.example/simple",
}


@pytest.mark.parametrize("kind", FOUND)
def test_control_the_scan_finds(kind: str) -> None:
    assert kind in {found for _line, found in check_project.findings(FOUND[kind])}


def test_control_the_scan_finds_a_secret_of_this_very_checkout() -> None:
    assert check_project.findings("x = 'abc123abc123abc123abc123'", frozenset({"abc123abc123abc123abc123"})) == [
        (1, "a secret of this checkout's .env")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "SECRET_KEY=",
        'SECRET_KEY="test-" * 12',
        "TOKEN = 'test-token-0123456789abcdef'",
        "export SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))')",
        "DATABASE_URL=postgres://portal:password@db/portal",
        "the network/workers of /home/ and https://example.org/root/",
        "merge with the index, url by url",
    ],
)
def test_control_the_scan_lets_pass_what_is_no_secret(text: str) -> None:
    assert check_project.findings(text) == []


def test_S4_no_file_holds_a_secret_a_machines_path_or_a_registry() -> None:
    assert check_project.scan() == ""
