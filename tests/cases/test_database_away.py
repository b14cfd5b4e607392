"""While the database is away everybody hears 503 and when to ask again; whoever needs it waits, and goes on."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client

from orders.models import ApiKey
from tests import plugin
from tests.conftest import order_update
from tests.faults import conftest, kit
from tests.faults.kit import Postgres, Store
from tests.server import ROOT, Answer, environment, manage, parse
from tests.until import until

#: What the API says, and after how many seconds to ask again: where it is away, and where a registration waited.
AWAY = {
    ("The database does not answer. Please try again.", "30"),
    ("Temporarily unavailable, please send again.", "5"),
}
REGISTRATION = {"merchant_order_id": "M2", "onemg_order_id": "PO2", "payment_method": "COD"}


# --- whichever statement it is that fails -----------------------------------------------------------------------------


@contextmanager
def away_from(place: int) -> Iterator[list[str]]:
    """From the statement at this place on the database is away; gives what was asked of it, as far as it was there."""
    asked: list[str] = []

    def execute(run: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append(sql)
        if len(asked) > place:
            raise OperationalError("server closed the connection: secret")
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield asked


def answers(ask: Callable[[], HttpResponse]) -> list[HttpResponse]:
    """What is answered where the first statement fails, where the second does, and so on, as long as one does."""
    found = []
    for place in itertools.count():
        with away_from(place) as asked:
            response = ask()
        if len(asked) <= place:
            return found
        found.append(response)
    raise AssertionError("unreachable")


@pytest.fixture
def shop(post: Any, transactional_db: None, client: Client) -> Client:
    """The shop's own system, with a key that may do everything; one purchase is there."""
    post(order_update())
    _key, secret = ApiKey.issue("shop", may_write=True, may_see_personal_data=True)
    return Client(headers={"Authorization": f"Token {secret}"}, raise_request_exception=False)


@pytest.mark.parametrize("debug", [False, True], ids=["live", "debug"])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/orders/", None),
        ("/api/orders/?page_size=1&q=asha&status=130", None),
        ("/api/orders/M-PO1/", None),
        ("/api/orders/M-PO1/?as_of=2099-01-01T00:00", None),
        ("/api/schema/", None),
        ("/api/orders/", REGISTRATION),
    ],
)
def test_F21_the_api_is_503_whichever_statement_fails(
    shop: Client, settings: Any, path: str, body: Any, debug: bool
) -> None:
    settings.DEBUG = debug

    found = answers(lambda: shop.post(path, body, "application/json") if body else shop.get(path))

    assert found
    assert {(one.status_code, one["Content-Type"]) for one in found} == {(503, "application/json")}
    assert {(one.json()["detail"], one["Retry-After"]) for one in found} <= AWAY


def test_F21_control_django_itself_says_500_to_who_develops(shop: Client, settings: Any) -> None:
    settings.DEBUG = True
    settings.MIDDLEWARE = [one for one in settings.MIDDLEWARE if "DatabaseAway" not in one]

    with away_from(0):
        response = shop.get("/api/orders/")

    assert response.status_code == 500


@pytest.mark.parametrize("debug", [False, True], ids=["live", "debug"])
@pytest.mark.parametrize(
    "path", ["/orders/", "/orders/M-PO1/", "/deliveries/", "/calls/", "/partners/", "/admin/", "/api/docs/", "/login/"]
)
def test_F21_a_page_is_503_whichever_statement_fails(
    as_role: Any, post: Any, settings: Any, path: str, debug: bool
) -> None:
    post(order_update())
    browser, settings.DEBUG = as_role("Administrator"), debug
    browser.raise_request_exception = False

    found = answers(lambda: browser.get(path))

    assert found
    assert {(one.status_code, one["Retry-After"]) for one in found} == {(503, "30")}
    assert all(b"The database does not answer" in one.content and b"secret" not in one.content for one in found)


@pytest.mark.django_db(transaction=True)
def test_F21_signing_in_and_out_is_503_whichever_statement_fails(staff: Any) -> None:
    staff("Viewer")
    browser = Client(raise_request_exception=False)
    form = {"username": "viewer", "password": "a long pass phrase"}

    found = answers(lambda: browser.post("/login/", form))
    out = answers(lambda: browser.post("/logout/"))

    assert {one.status_code for one in [*found, *out]} == {503}


# --- PostgreSQL, really away ------------------------------------------------------------------------------------------

_sqlite_template, postgres, store = conftest._sqlite_template, conftest.postgres, conftest.store
only_postgresql = pytest.mark.skipif(plugin.WANTED != "postgresql", reason="a file of SQLite's is never away")
WAITS = "waiting for the database"


@contextmanager
def stopped(postgres: Postgres) -> Iterator[None]:
    """PostgreSQL is stopped meanwhile."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


@contextmanager
def working(store: Store, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """What `make work` starts; stopped as systemd does."""
    with log.open("ab") as out:
        work = subprocess.Popen(
            [sys.executable, "manage.py", "work"], cwd=ROOT, env=environment(store.url), stdout=out, stderr=out
        )
    try:
        yield work
    finally:
        work.terminate()
        code = work.wait(60)
    assert code in (0, -signal.SIGTERM)


def queued_and_done(store: Store) -> None:
    """Give the worker a job and wait until it is done."""
    ask = "from django_q.tasks import async_task; async_task('webhooks.tasks.sweep_pending')"
    assert manage(store.url, "shell", "-v0", "-c", ask).returncode == 0
    until(lambda: store.one("SELECT count(*) FROM django_q_ormq") == 0)


@only_postgresql
@pytest.mark.parametrize("debug", ["false", "true"])
def test_F21_while_postgresql_is_away_each_door_says_so(
    postgres: Postgres, store: Store, tmp_path: Path, debug: str
) -> None:
    secret = manage(store.url, "createapikey", "shop", "--write").stdout.strip()
    with kit.serving(store, tmp_path / "log", workers=1, DEBUG=debug) as server:

        def asked(path: str, body: bytes = b"") -> Answer:
            head = (
                f"{'POST' if body else 'GET'} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {secret}\r\n"
                f"Cookie: sessionid={'a' * 32}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            return parse(server.raw(head.encode() + body))

        before = asked("/api/orders/").code
        with stopped(postgres):
            apis = [
                asked("/api/orders/"),
                asked("/api/orders/M1/"),
                asked("/api/orders/", json.dumps(REGISTRATION).encode()),
                asked("/api/schema/"),
            ]
            pages = [asked("/orders/"), asked("/admin/")]
            health, ready = asked("/healthz"), asked("/readyz")
        until(lambda: asked("/api/orders/").code == 200)

    assert before == 200
    assert {(one.code, one.json["detail"], one.headers["retry-after"]) for one in apis} <= {(503, *a) for a in AWAY}
    assert {(one.code, one.headers["retry-after"]) for one in pages} == {(503, "30")}
    assert (health.code, ready.code) == (200, 503)


@only_postgresql
def test_F21_a_worker_that_starts_while_postgresql_is_away_waits_and_goes_on(
    postgres: Postgres, store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with stopped(postgres), working(store, log) as work:
        until(lambda: WAITS in log.read_text())
        postgres.start()
        queued_and_done(store)

        still = work.poll()

    assert still is None
    assert log.read_text().count(WAITS) == 1
    assert "Traceback" not in log.read_text()


@only_postgresql
def test_F21_a_worker_goes_on_when_postgresql_was_away_in_the_middle(
    postgres: Postgres, store: Store, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    with working(store, log) as work:
        queued_and_done(store)
        with stopped(postgres):
            until(lambda: WAITS in log.read_text())
        queued_and_done(store)

        still = work.poll()

    assert still is None
    assert log.read_text().count(WAITS) == 1
    assert "Traceback" not in log.read_text()


@only_postgresql
def test_F21_a_worker_stops_while_it_waits(postgres: Postgres, store: Store, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with stopped(postgres), working(store, log):
        until(lambda: WAITS in log.read_text())

    assert "Traceback" not in log.read_text()


@only_postgresql
@pytest.mark.parametrize("command", [["migrate"], ["createapikey", "shop"], ["rebuild_orders", "--compare"]])
def test_F21_a_command_says_that_the_database_is_away(postgres: Postgres, store: Store, command: list[str]) -> None:
    with stopped(postgres):
        done = manage(store.url, *command)

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("The database does not answer, or is busy: ")
    assert "Traceback" not in done.stderr


@only_postgresql
def test_F21_control_the_librarys_own_queue_gives_up(postgres: Postgres, store: Store) -> None:
    ask = (
        "from django_q.brokers.orm import ORM\ntry: ORM('x').dequeue()\nexcept Exception as e: print(type(e).__name__)"
    )

    with stopped(postgres):
        done = manage(store.url, "shell", "-v0", "-c", ask)

    assert done.stdout == "OperationalError\n"
