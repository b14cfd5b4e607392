"""Who may import whom: orders <- payments <- webhooks, and words and rules that touch neither database nor network."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import check_project, conftest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
APPS = ("orders", "payments", "webhooks", "onemg_portal")
#: App -> the apps above it, of which it may know nothing.
ABOVE = {
    "orders": {"payments", "webhooks", "onemg_portal"},
    "payments": {"webhooks", "onemg_portal"},
    "webhooks": {"onemg_portal"},
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
    ("orders.choices", "orders.desk.causes", "payments.choices", "payments.ledger.statements"),
    {"django.db.models", "django.utils.functional.Promise", "django.utils.translation.gettext_lazy"},
)


def modules(app: str) -> Iterator[tuple[str, str]]:
    """Dotted name and text of every module of an app."""
    for path in sorted((ROOT / app).rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts), path.read_text()


def says_pure(source: str) -> bool:
    """Whether a module's docstring says of it that it is pure: a sentence that begins so."""
    return re.search(r"\bPure[.:;]", ast.get_docstring(ast.parse(source)) or "") is not None


PURE = {module for app in APPS for module, source in modules(app) if says_pure(source)}


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


@pytest.mark.parametrize("app", sorted(ABOVE))
def test_dependency_goes_one_way(app: str) -> None:
    found = {module: upward(source, module) for module, source in modules(app)}

    assert {module: names for module, names in found.items() if names} == {}


TEMPLATES = ROOT / "templates"
#: The folders of templates that belong to no app: pieces that every page may use, and the ground's own.
OF_THE_GROUND = {"includes": "orders", "orders": "orders", "payments": "payments", "webhooks": "webhooks"}


def libraries(app: str) -> set[str]:
    """The libraries of template tags that an app has."""
    return {path.stem for path in (ROOT / app / "templatetags").glob("[!_]*.py")}


def named_above(text: str, app: str) -> set[str]:
    """What a template of `app` names of the apps above: addresses, permissions, templates and tags."""
    above = ABOVE[app] - {"onemg_portal"}
    if not above:
        return set()
    found = {match[0] for match in re.finditer(rf"\b(?:{'|'.join(sorted(above))})[:./][\w-]+", text)}
    loaded = {name for match in re.finditer(r"{% load ([\w ]+) %}", text) for name in match[1].split()}
    return found | (loaded & set().union(*map(libraries, above)))


def words_above(source: str, app: str) -> set[str]:
    """The same of a module's texts; what its docstrings say is for people."""
    tree = ast.parse(source)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    told = {id(body[0].value) for body in bodies if body and isinstance(body[0], ast.Expr)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return set().union(*(named_above(node.value, app) for node in texts if id(node) not in told))


def test_no_template_names_an_app_above() -> None:
    found = {
        str(path.relative_to(TEMPLATES)): named_above(path.read_text(), app)
        for folder, app in OF_THE_GROUND.items()
        for path in (TEMPLATES / folder).rglob("*.html")
    }

    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize("app", sorted(ABOVE))
def test_no_text_of_a_module_names_an_app_above(app: str) -> None:
    found = {module: words_above(source, app) for module, source in modules(app)}

    assert {module: names for module, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "text",
    [
        "{% url 'payments:call' 1 %}",
        "{% if perms.webhooks.view_delivery %}",
        '{% include "payments/_ticks.html" %}',
        "{% load i18n acting %}",
    ],
)
def test_control_a_template_that_names_an_app_above_is_caught(text: str) -> None:
    assert len(named_above(text, "orders")) == 1


def test_control_a_text_that_names_an_app_above_is_caught() -> None:
    source = 'def at():\n    """`payments.views` does it."""\n    return reverse("payments:call")\n'

    assert words_above(source, "orders") == {"payments:call"}


def papers(text: str) -> set[str]:
    """The documents that a text points to."""
    return set(re.findall(r"(?<![\w./-])[a-z0-9][\w./-]*\.md\b", text, re.I))


def is_here(paper: str, name: str) -> bool:
    """Whether a document is one of the repository's, named from its root or from beside the file that names it."""
    return any((folder / paper).is_file() for folder in (ROOT, DOCS, DOCS / "decisions", (ROOT / name).parent))


def test_nothing_points_to_a_document_that_is_not_here() -> None:
    found = {name: {p for p in papers(text) if not is_here(p, name)} for name, text in check_project.files()}

    assert {name: missing for name, missing in found.items() if missing} == {}


def test_control_a_document_of_elsewhere_is_not_here() -> None:
    elsewhere = "design" + ".md"
    told = f"See {elsewhere}, docs/operate.md and {Path('decisions') / '0001-bytes-first.md'}."

    assert [p for p in papers(told) if not is_here(p, "docs/integrate.md")] == [elsewhere]


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


def test_the_slowest_files_are_there() -> None:
    assert [name for name in conftest.SLOWEST if not (ROOT / "tests" / name).exists()] == []


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


@pytest.mark.parametrize("docstring", ["What is due. Pure.", "Pure: no ORM.", "Words.\n\nPure; `x` carries them."])
def test_control_a_module_that_says_pure_is_held_to_it(docstring: str) -> None:
    assert says_pure(f'"""{docstring}"""')


@pytest.mark.parametrize("source", ["", '"""plan(...)   pure: which body."""', "PURE = 1  # Pure."])
def test_control_another_is_not(source: str) -> None:
    assert not says_pure(source)


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
