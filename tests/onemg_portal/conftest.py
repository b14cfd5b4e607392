"""A database of its own for tests that start real processes."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests import server


@pytest.fixture(scope="module")
def database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty, migrated database of the kind this run is about; gone after the module's tests."""
    url = os.environ["DATABASE_URL"]
    if url.startswith("sqlite"):
        fresh = f"sqlite:///{tmp_path_factory.mktemp('database')}/portal.sqlite3"
        _migrate(fresh)
        yield fresh
        return
    name = f"portal_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    fresh = urlsplit(url)._replace(path=f"/{name}").geturl()
    _migrate(fresh)
    yield fresh
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _migrate(url: str) -> None:
    done = server.manage(url, "migrate", "--verbosity=0")
    assert done.returncode == 0, done.stderr
