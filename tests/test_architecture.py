"""Who may import whom: orders <- payments <- webhooks, and words and rules that touch neither database nor network."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APPS = ("orders", "payments", "webhooks", "onemg_portal")
#: App -> the apps above it, of which it may know nothing.
ABOVE = {
    "orders": {"payments", "webhooks", "onemg_portal"},
    "payments": {"webhooks", "onemg_portal"},
    "webhooks": {"onemg_portal"},
}
PURE = {
    *(f"orders.{name}" for name in ("choices", "statuses", "updates", "fold", "privacy")),
    *(f"webhooks.{name}" for name in ("strict_json", "values", "onemg")),
}
#: What reaches the database, the settings, the network, the disk or the clock.
IMPURE = {
    "django", "rest_framework", "requests", "urllib3", "httpx", "socket", "http", "subprocess", "os", "pathlib", "time",
    "psycopg", "sqlite3",
}  # fmt: skip
#: `TextChoices` is an enum that happens to live among Django's models.
ALLOWED = {"orders.choices": {"django.db.models", "django.utils.translation.gettext_lazy"}}


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


def test_control_downward_and_pure_imports_pass() -> None:
    source = "from decimal import Decimal\nfrom orders.choices import Flag\nfrom orders import statuses"

    assert (upward(source, "webhooks.onemg"), impure(source, "webhooks.onemg")) == (set(), set())
