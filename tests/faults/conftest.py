"""Databases for tests that break them."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import plugin
from tests.faults.kit import Postgres, Store
from tests.server import manage

_numbers = itertools.count(1)


def _migrated(url: str) -> None:
    done = manage(url, "migrate", "-v0")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """A PostgreSQL server that tests may stop and freeze; only in a run on PostgreSQL."""
    if plugin.WANTED != "postgresql":
        pytest.skip("needs PostgreSQL: TEST_DATABASE=postgresql")
    server = Postgres()
    server.execute("CREATE DATABASE portal_template")
    _migrated(server.url("portal_template"))
    return server


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "portal.sqlite3"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A fresh, migrated database of the run's kind, on a server or in a file of its own."""
    if plugin.WANTED != "postgresql":
        path = tmp_path / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        yield Store(f"sqlite:///{path}")
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = f"portal_{next(_numbers)}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE portal_template")
    yield Store(server.url(name))
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")
