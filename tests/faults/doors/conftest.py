"""The portal's own server, and nginx before it: one of each for a file's tests."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator

import pytest

from tests import plugin
from tests import server as servers
from tests.faults.doors.portal import Portal
from tests.faults.kit import Store
from tests.faults.proxy import Nginx, running_nginx
from tests.server import Server


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A migrated database of the run's own kind, for this module alone."""
    if plugin.WANTED != "postgresql":
        path = tmp_path_factory.mktemp("http") / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        yield Store(f"sqlite:///{path}")
        return
    server = request.getfixturevalue("postgres")
    name = f"http_{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE DATABASE {name} TEMPLATE portal_template")
    yield Store(server.url(name))
    server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def portal(database: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """What `make serve` starts; it believes a proxy on 127.0.0.1."""
    log = tmp_path_factory.mktemp("portal") / "log"
    with servers.serving(database.url, log, TRUSTED_PROXIES="127.0.0.1") as server:
        yield Portal(server, database)


@pytest.fixture(scope="module")
def nginx(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    """nginx before the portal."""
    with running_nginx(tmp_path_factory.mktemp("nginx"), portal.server.port) as running:
        yield running


@pytest.fixture(params=["portal", "nginx"])
def door(request: pytest.FixtureRequest, portal: Portal) -> Server:
    """The portal's own server, then nginx before it."""
    return portal.server if request.param == "portal" else request.getfixturevalue("nginx")
