"""What every test may use. No test reaches the network beyond this machine."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client, TransactionTestCase
from hypothesis import HealthCheck, settings

from orders.live import marks
from tests import plugin
from tests.cleaning import Cleaner
from webhooks import receiving

PAYLOADS = Path(__file__).parent / "payloads"
TOKEN = "test-token-0123456789"
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))

# How long an example takes tells how busy the machine is, and what a test is given holds for all of its examples.
settings.register_profile(
    "portal", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("portal")

#: Where the waiting is: these files begin first, the longest before all, so that no lane ends long after the others.
SLOWEST = (
    "cases/test_server.py",
    "faults/test_acting.py",
    "onemg_portal/test_run.py",
    "onemg_portal/sandbox/test_player.py",
    "payments/test_canary.py",
    "faults/test_processes.py",
    "cases/test_upgrade.py",
    "payments/registration/test_races.py",
    "cases/test_pending.py",
    "cases/test_partners_words.py",
    "faults/test_races.py",
    "faults/test_refunds.py",
    "faults/doors/test_connections.py",
    "faults/doors/test_requests.py",
    "payments/faults/test_answers.py",
    "onemg_portal/sandbox/test_refill.py",
    "webhooks/test_properties.py",
    "browser/test_axe.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by files; in a file as pytest-django has it, what commits after what does not."""
    place = {Path(__file__).parent / name: number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: (place.get(item.path, len(place)), item.path))


#: No database can be dropped in which a session is left, such as of a thread that has ended and is not yet collected.
END_THE_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """SQLite in a file, as it is used: in memory, threads that share it would fail where they should wait."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What a test has committed goes without Django's flush; the whole database in the time that it takes."""
    with django_db_blocker.unblock():
        TransactionTestCase._fixture_teardown = Cleaner()  # type: ignore[method-assign]
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(END_THE_OTHERS)
        connection.settings_dict["OPTIONS"] |= {"options": "-c statement_timeout=0", "answer_within": None}


@pytest.fixture(autouse=True)
def _the_right_database() -> None:
    """A run that was asked for PostgreSQL must not pass on SQLite."""
    assert connection.vendor == plugin.WANTED or "TEST_DATABASE_URL" in __import__("os").environ


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connections to anywhere but loopback or a local socket fail."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(("127.", "localhost", "::1")):
            raise AssertionError(f"a test tried to reach {address[0]}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def _quick_settings(settings: Any) -> None:
    """Pages are tested without a collected manifest, passwords with a hash that costs nothing.

    Nor is the folder of collected files read, at every new client: a server of another test may be writing it.
    """
    settings.STATIC_ROOT = None
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ONEMG_WEBHOOK_LOOK_BACK_SECONDS = (
        None  # no thread: its connection would not see what a test has not committed
    )
    storages = {**settings.STORAGES}
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, an answer says what became of the update: a test of the time limit sets it."""
    monkeypatch.setattr(receiving, "BUDGET_SECONDS", 60.0)


@pytest.fixture(autouse=True)
def _no_failures_remembered() -> None:
    """Wrong tokens of one test do not throttle the next."""
    from webhooks import authentication

    authentication._failures.clear()


def payload(name: str) -> dict[str, Any]:
    """A published body, as JSON."""
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def document(body: dict[str, Any]) -> dict[str, Any]:
    """The document inside a body, wrapped or not."""
    return body.get("result", body)


def order_update(
    order_id: str = "PO1", status_id: Any = 130, updated: Any = 1_700_000_000, **more: Any
) -> dict[str, Any]:
    """The published "Delivered" body about another order, with another status and time; `more` replaces keys of it."""
    body = payload("delivered")
    told = document(body)
    told |= {"merchant_order_id": f"M-{order_id}", "group_order_id": order_id}
    entry = told["grouped_orders"][0]
    entry |= {"order_id": order_id, "created": 1_600_000_000, "updated": updated}
    entry["order_status"] = {"status_id": status_id, "title": f"Title {status_id}", "sub_title": ""}
    for key, value in more.items():
        (entry if key in entry else told)[key] = value
    return body


@pytest.fixture
def post(client: Client) -> Callable[..., Any]:
    """Post a body to the receiver as 1mg does."""

    def send(body: Any, *, token: str | None = TOKEN, path: str = "/update-status/", **extra: Any) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Token {token}"} if token else {}
        headers |= extra.pop("headers", {})
        return client.post(
            path, data=data, content_type=extra.pop("content_type", "application/json"), headers=headers, **extra
        )

    return send


@pytest.fixture
def staff(db: None) -> Callable[[str], User]:
    """A member of staff with a role: Viewer, Operations or Administrator."""

    def make(role: str) -> User:
        user = User.objects.create_user(role.lower(), password="a long pass phrase", is_staff=role == "Administrator")
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def as_role(staff: Callable[[str], User]) -> Callable[[str], Client]:
    """A browser logged in with a role."""

    def login(role: str) -> Client:
        browser = Client()
        browser.force_login(staff(role))
        return browser

    return login


@pytest.fixture
def within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """No minute ends while the test runs: each that does makes a page news, and a slow test may meet one."""
    monkeypatch.setattr(marks, "_minute", lambda: 1)
