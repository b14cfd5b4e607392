"""Each set-up that .env.example and docs/operate.md describe: the real server, started that way, does its work."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
import requests

from tests import plugin, server
from tests.cases import front
from tests.faults import conftest
from tests.faults.kit import Store, new_order
from tests.server import ROOT, TOKEN, Server, start
from tests.until import until

_sqlite_template, postgres = conftest._sqlite_template, conftest.postgres
only_sqlite = pytest.mark.skipif(plugin.WANTED != "sqlite", reason="it is about SQLite's file, or about no database")
only_postgresql = pytest.mark.skipif(plugin.WANTED != "postgresql", reason="it is about PostgreSQL's options")

NAME, PASSWORD = "asha", "a long pass phrase"
PEOPLE = f"""
from django.contrib.auth.models import Group, User
from django.core.management import call_command
User.objects.create_user({NAME!r}, password={PASSWORD!r}).groups.add(Group.objects.get(name="Viewer"))
call_command("createapikey", "shop")
"""


def peopled(url: str) -> str:
    """Make a member of staff in a migrated database, and a key of the API."""
    done = server.manage(url, "shell", "-v0", "-c", PEOPLE)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A migrated database of the run's own kind, for all set-ups."""
    if plugin.WANTED != "postgresql":
        path = tmp_path_factory.mktemp("set-ups") / "portal.sqlite3"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        yield Store(f"sqlite:///{path}")
        return
    own, name = request.getfixturevalue("postgres"), f"set_ups_{uuid.uuid4().hex[:12]}"
    own.execute(f"CREATE DATABASE {name} TEMPLATE portal_template")
    yield Store(own.url(name))
    own.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
def key(store: Store) -> str:
    """A key of the API."""
    return peopled(store.url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proxy's."""
    return front.make(tmp_path_factory.mktemp("tls") / "pem")


@contextlib.contextmanager
def serving(url: str, tmp_path: Path, root: Path = ROOT, **variables: str) -> Iterator[Server]:
    """The production server, set up so."""
    running = start(url, tmp_path / "log", workers=1, root=root, **variables)
    try:
        yield running
    finally:
        running.stop()


def session(certificate: Path | None = None) -> requests.Session:
    """A browser that trusts the proxy's certificate."""
    browser = requests.Session()
    browser.trust_env = False
    browser.verify = str(certificate) if certificate else True
    return browser


def signed_in(address: str, browser: requests.Session) -> requests.Response:
    """What a browser sees that signs in at this address, as it sends it."""
    browser.get(f"{address}/login/", timeout=60)
    form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
    headers = {"Origin": address, "Referer": f"{address}/login/"}
    return browser.post(f"{address}/login/", data=form, headers=headers, timeout=60)


def works(address: str, key: str, certificate: Path | None = None) -> list[object]:
    """Sign in, post an update, read the API: what became of each, and the address of the page at the end."""
    browser, order = session(certificate), f"PO{uuid.uuid4().hex[:12]}"
    page = signed_in(address, browser)
    headers = {"Authorization": f"Token {TOKEN}"}
    update = browser.post(f"{address}/update-status/", data=new_order(order), headers=headers, timeout=60)
    headers = {"Authorization": f"Token {key}"}
    read = browser.get(f"{address}/api/orders/M-{order}/", headers=headers, timeout=60)
    return [
        page.status_code,
        page.url.removeprefix(address),
        update.json()["status"],
        read.json()["orders"][0]["order_id"] == order,
    ]


WORKS = [200, "/", "SUCCESS", True]

# --- TLS at a proxy ---------------------------------------------------------------------------------------------------

#: What nginx of docs/nginx.conf.example says.
SAYS = ("X-Forwarded-For: 203.0.113.7", "X-Forwarded-Proto: https")
BEHIND = {"TRUSTED_PROXIES": "127.0.0.1", "SECURE_SSL_REDIRECT": "true"}
#: As `.env.example` proposes it for a proxy that forces https and does not say so.
SILENT = {"SECURE_SSL_REDIRECT": "false"}
IPV6 = {"HOST": "::", "TRUSTED_PROXIES": "127.0.0.0/8", "ONEMG_WEBHOOK_ALLOWED_ADDRESSES": "203.0.113.0/24, 127.0.0.1"}


@pytest.mark.parametrize(
    ("variables", "says"),
    [(BEHIND, SAYS), (SILENT, ()), (SILENT | {"ALLOWED_HOSTS": "*"}, ()), (BEHIND | IPV6, SAYS), (SILENT | IPV6, ())],
    ids=["a proxy that says so", "a silent proxy", "a silent proxy, any host", "IPv6, says so", "IPv6, silent"],
)
def test_F22_it_works_with_tls_at_a_proxy(
    store: Store, key: str, certificate: Path, tmp_path: Path, variables: dict[str, str], says: tuple[str, ...]
) -> None:
    with (
        serving(store.url, tmp_path, **variables) as portal,
        front.tls_front(portal.port, certificate, *says) as port,
    ):
        found = works(f"https://127.0.0.1:{port}", key, certificate)

    assert found == WORKS


@only_sqlite
def test_F22_control_a_page_of_another_site_signs_nobody_in(
    store: Store, key: str, certificate: Path, tmp_path: Path
) -> None:
    with serving(store.url, tmp_path, **SILENT) as portal, front.tls_front(portal.port, certificate) as port:
        browser, address = session(certificate), f"https://127.0.0.1:{port}"
        browser.get(f"{address}/login/", timeout=60)
        form = {"username": NAME, "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        answers = [
            browser.post(f"{address}/login/", data=form, headers={"Origin": origin}, timeout=60).status_code
            for origin in ("https://evil.example", f"https://127.0.0.1:{port}0", "https://127.0.0.1", "null")
        ]

    assert answers == [403] * 4


@only_sqlite
def test_F20_a_webhook_from_an_address_that_is_not_listed_is_refused_behind_an_ipv6_listener(
    store: Store, tmp_path: Path, certificate: Path
) -> None:
    elsewhere = ("X-Forwarded-For: 198.51.100.9:4711", "X-Forwarded-Proto: https")
    headers = {"Authorization": f"Token {TOKEN}"}
    with (
        serving(store.url, tmp_path, **BEHIND | IPV6) as portal,
        front.tls_front(portal.port, certificate, *elsewhere) as port,
    ):
        address = f"https://127.0.0.1:{port}/update-status/"
        answer = session(certificate).post(address, data=new_order("PO2"), headers=headers, timeout=60)

    assert (answer.status_code, answer.json()["message"]) == (403, "This address may not post here.")


# --- where it listens -------------------------------------------------------------------------------------------------


@only_sqlite
@pytest.mark.parametrize(
    ("host", "answers", "shown"),
    [
        ("::", {"127.0.0.1": True, "::1": True}, "http://[::]:"),
        ("[::1]", {"127.0.0.1": False, "::1": True}, "http://[::1]:"),
        ("localhost", {"127.0.0.1": True}, "http://localhost:"),
    ],
)
def test_F20_the_server_listens_where_it_is_told(
    store: Store, tmp_path: Path, host: str, answers: dict[str, bool], shown: str
) -> None:
    port, log = server.free_port(), tmp_path / "log"
    with started_at(store.url, log, host, port):
        found = {address: is_listening(address, port) for address in answers}

    assert found == answers
    assert shown in log.read_text()


@contextlib.contextmanager
def started_at(url: str, log: Path, host: str, port: int) -> Iterator[None]:
    """The server, from when it says that it listens."""
    with log.open("ab") as out:
        environment = server.environment(url, HOST=host, PORT=str(port), WEB_WORKERS="1")
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=environment, stdout=out, stderr=out
        )
    try:
        until(lambda: "Serving on" in log.read_text() or process.poll() is not None)
        yield
    finally:
        process.terminate()
        process.wait(20)


def is_listening(address: str, port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        return probe.connect_ex((address, port)) == 0


# --- where the database is --------------------------------------------------------------------------------------------


def copied(folder: Path) -> Path:
    """The project, without what is not part of it, in this folder."""
    for name in ("onemg_portal", "orders", "payments", "webhooks", "templates", "static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", folder)
    return folder


@only_sqlite
def test_F20_F22_a_local_run_below_any_folder_works_and_has_its_database_there(
    store: Store, key: str, tmp_path: Path
) -> None:
    root = copied(tmp_path / "srv" / "c++ 50% #1 प्रिया")
    (root / "var").mkdir()
    shutil.copy(store.url.removeprefix("sqlite:///"), file := root / "var" / "portal.sqlite3")
    below, kept = Store(f"sqlite:///{file}"), "SELECT count(*) FROM webhooks_delivery"
    before = below.one(kept)

    with serving("sqlite:///var/portal.sqlite3", tmp_path, root, DEBUG="true", ALLOWED_HOSTS="") as portal:
        found = works(f"http://127.0.0.1:{portal.port}", key)

    assert found == WORKS
    assert below.one(kept) == before + 1
    assert [one.name for one in tmp_path.glob("srv/*")] == [root.name]


@only_postgresql
def test_F20_options_of_the_url_reach_the_server(store: Store) -> None:
    url = f"{store.url}&application_name=our%20shop&options={quote('-c search_path=shop,public')}"
    ask = (
        "from django.db import connection as c; cursor = c.cursor(); "
        "cursor.execute(\"SELECT current_setting('search_path'), current_setting('application_name'), "
        "current_setting('lock_timeout')\"); print(*cursor.fetchone(), sep='|')"
    )

    done = server.manage(url, "shell", "-v0", "-c", ask)

    assert done.stdout.strip() == "shop,public|our shop|2s"


@only_postgresql
def test_F20_control_libpq_takes_options_so(store: Store) -> None:
    with psycopg.connect(f"{store.url}&options={quote('-c search_path=shop')}") as connection:
        [found] = connection.execute("SHOW search_path").fetchone()

    assert found == "shop"
