"""Upgrading while 1mg goes on posting: the code before on the schema after (A19), and two `migrate` at once (A22)."""

from __future__ import annotations

import contextlib
import importlib
import io
import itertools
import json
import os
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import migrations, models

from tests import plugin
from tests.conftest import order_update, payload
from tests.faults import conftest
from tests.faults.kit import Store
from tests.server import ROOT, TOKEN, environment, manage
from tests.until import until

#: The landing that runs in production while the next one migrates. To be moved on with each landing: to the last
#: commit before that one's work, as `git log` has it.
LANDED = "69bbe5b"
#: The last migration of `orders` before those that fill in what that code has written, and the last of these.
BEFORE_FILLING, FILLING = "0022", "0024"
APPS = ("orders", "payments", "webhooks", "onemg_portal")

_sqlite_template, postgres, store = conftest._sqlite_template, conftest.postgres, conftest.store

#: Posts bodies as 1mg does, in whichever code it is started in, and prints what each was answered, then every order.
RECEIVE = """
import json, sys, django
django.setup()
from django.conf import settings
from django.test import Client
settings.STATIC_ROOT = None
from orders.models import GroupedOrder
token, *bodies = json.load(sys.stdin)
client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Token {token}"})
said = [client.post("/update-status/", body, content_type="application/json").json()["status"] for body in bodies]
print(json.dumps([said, dict(GroupedOrder.objects.values_list("order_id", "status_id"))]))
"""
#: What a careless migration does: a column that must be filled, and that the code before does not know.
ADD_A_COLUMN = """
from django.db import connection, models
from orders.models import OrderGroup
field = models.IntegerField(default=0)
field.set_attributes_from_name("extra")
field.model = OrderGroup
with connection.schema_editor() as editor:
    editor.add_field(OrderGroup, field)
"""
CARELESS = {
    "a column without a database default": ADD_A_COLUMN,
    "a column renamed": "c.execute('ALTER TABLE orders_ordergroup RENAME COLUMN city TO town')",
    "a column dropped": "c.execute('ALTER TABLE orders_groupedorder DROP COLUMN sub_title')",
    "a constraint": "c.execute('CREATE UNIQUE INDEX careless ON orders_groupedorder (mode)')",
}


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code before, as it landed."""
    packed = subprocess.run(["git", "archive", LANDED], cwd=ROOT, capture_output=True)
    if packed.returncode:
        pytest.skip(f"the history of this checkout does not reach {LANDED}, the code before")
    folder = tmp_path_factory.mktemp("landed")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def another(tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Makes an empty database of the run's own kind, and says its URL."""
    names = (f"upgrade_{uuid.uuid4().hex[:12]}" for _ in itertools.count())
    if plugin.WANTED != "postgresql":
        yield lambda: f"sqlite:///{tmp_path}/{next(names)}.sqlite3"
        return
    url, made = os.environ["DATABASE_URL"], []
    with contextlib.closing(psycopg.connect(url, autocommit=True)) as connection:

        def make() -> str:
            made.append(next(names))
            connection.execute(f"CREATE DATABASE {made[-1]}")
            return url.replace("/postgres?", f"/{made[-1]}?")

        yield make
        for name in made:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty(another: Callable[[], str]) -> str:
    """The URL of an empty database of the run's own kind."""
    return another()


@pytest.fixture
def migrated(store: Store) -> str:
    """The same, with today's schema."""
    return store.url


def receive(code: Path, url: str, *bodies: dict[str, Any]) -> tuple[list[str], dict[str, int]]:
    """What the receiver of that code answers to each body, and where each order stands afterwards."""
    done = subprocess.run(
        [sys.executable, "-c", RECEIVE],
        cwd=code,
        input=json.dumps([TOKEN, *bodies]),
        capture_output=True,
        text=True,
        env=environment(url, DJANGO_SETTINGS_MODULE="onemg_portal.settings"),
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    said, orders = json.loads(done.stdout.splitlines()[-1])
    return said, orders


def day(step: int) -> list[dict[str, Any]]:
    """Word of three purchases, the later the further on."""
    status = (130, 25, 40)[step]
    return [order_update(f"PO{n}", status, 1_700_000_000 + 100 * step) for n in range(3)]


def test_A19_the_code_before_takes_new_purchases_on_todays_schema(landed: Path, migrated: str) -> None:
    published = [payload(name) for name in ("split-order", "order-stuck", "return-and-refund")]

    said, orders = receive(landed, migrated, *day(0), *published)

    assert set(said) == {"SUCCESS"}
    assert {f"PO{n}": 130 for n in range(3)}.items() <= orders.items()


def test_A19_old_and_new_code_take_turns_on_the_same_orders(landed: Path, migrated: str) -> None:
    turns = [receive(code, migrated, *day(step)) for step, code in enumerate((ROOT, landed, ROOT))]

    assert [set(said) for said, _orders in turns] == [{"SUCCESS"}] * 3
    assert [orders["PO1"] for _said, orders in turns] == [130, 25, 40]


@pytest.mark.parametrize("change", CARELESS)
def test_control_A19_a_careless_change_of_the_schema_is_seen(landed: Path, migrated: str, change: str) -> None:
    script = f"from django.db import connection\nc = connection.cursor()\n{CARELESS[change]}"
    done = manage(migrated, "shell", "-v0", "-c", script)
    assert done.returncode == 0, done.stderr

    said, _orders = receive(landed, migrated, *day(0))

    assert set(said) != {"SUCCESS"}


#: Of every column: its table, its name, and whether whoever writes a row must name it.
COLUMNS = """
SELECT list.name, shape.name, shape."notnull" AND shape.dflt_value IS NULL
FROM sqlite_master AS list JOIN pragma_table_info(list.name) AS shape WHERE list.type = 'table'
"""
COLUMNS_ON_POSTGRESQL = """
SELECT table_name, column_name, is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
FROM information_schema.columns WHERE table_schema = current_schema()
"""


def must_be_named(before: str, after: str) -> set[tuple[str, str]]:
    """The columns of tables of before that came since, and that a row cannot be written without."""
    first, then = columns(before), columns(after)
    tables = {table for table, _name in first}
    return {(table, name) for (table, name), must in then.items() if must and table in tables} - first.keys()


def columns(url: str) -> dict[tuple[str, str], bool]:
    """Table and name of every column of a database -> whether a row must name it."""
    store = Store(url)
    found = store.rows(COLUMNS_ON_POSTGRESQL if store.on_postgresql else COLUMNS)
    return {(table, name): bool(must) for table, name, must in found}


def test_A19_the_code_before_can_leave_out_each_column_that_it_does_not_know(filled_before: str, migrated: str) -> None:
    assert must_be_named(filled_before, migrated) == set()


def test_control_A19_a_column_that_must_be_named_is_seen(filled_before: str, migrated: str) -> None:
    done = manage(migrated, "shell", "-v0", "-c", ADD_A_COLUMN)
    assert done.returncode == 0, done.stderr

    assert must_be_named(filled_before, migrated) == {("orders_ordergroup", "extra")}


# --- what the code before has written ---------------------------------------------------------------------------------


def about(order_id: str, purchase: str | None, minute: int, status: int, city: str = "Pune") -> dict[str, Any]:
    """An update of an order in that purchase (`None`: 1mg names none)."""
    body = order_update(order_id, status, 1_700_000_000 + 60 * minute, merchant_order_id=purchase, group_order_id="G1")
    body["result"]["delivery_address"]["city"] = city
    return body


def history() -> list[dict[str, Any]]:
    """What the code before judged by whatever came second: late news, a move, a word of the purchase that was left."""
    return [
        about("PO1", "M1", 30, 30),
        about("PO1", "M1", 20, 99),
        about("PO1", "M1", 10, 130),
        about("PO2", "M1", 11, 130, "Agra"),
        about("PO2", "M2", 21, 142),
        about("PO2", "M1", 12, 25, "Goa"),
        about("PO2", "M2", 31, 40),
        about("PO3", None, 13, 130),
        about("PO3", None, 23, 95),
        *map(payload, ("split-order", "order-stuck", "return-and-refund")),
    ]


def differences(url: str) -> str:
    """What comparing every purchase with the bytes says."""
    done = manage(url, "rebuild_orders", "--compare")
    return done.stdout.partition(" purchases folded, ")[2].strip() or done.stdout + done.stderr


def fill_newest_of(code: Path, url: str) -> str:
    """How many purchases the worker of that code fills in."""
    script = "from webhooks.tasks import fill_newest; print(fill_newest())"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v0", "-c", script],
        cwd=code,
        env=environment(url),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def filled_before(landed: Path, empty: str) -> str:
    """A database that the code before made and filled."""
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=landed, env=environment(empty), capture_output=True
    )
    assert done.returncode == 0, done.stderr
    receive(landed, empty, *history())
    return empty


def test_A19_migrate_alone_leaves_nothing_to_put_right(filled_before: str) -> None:
    done = manage(filled_before, "migrate", "-v0")

    assert (done.returncode, differences(filled_before)) == (0, "0 differ")


def test_control_A19_without_the_filling_much_would_differ(filled_before: str) -> None:
    manage(filled_before, "migrate", "-v0", "orders", BEFORE_FILLING)
    manage(filled_before, "migrate", "-v0", "--fake", "orders", FILLING)
    manage(filled_before, "migrate", "-v0")

    assert differences(filled_before) in {f"{n} differ" for n in range(4, 9)}


def test_A19_the_worker_puts_right_what_the_code_before_writes_meanwhile(landed: Path, migrated: str) -> None:
    receive(landed, migrated, *history())
    before = differences(migrated)

    manage(migrated, "shell", "-v0", "-c", "from webhooks.tasks import fill_newest; fill_newest()")

    assert before != "0 differ"  # or else there was nothing to put right
    assert differences(migrated) == "0 differ"


def test_A19_the_worker_of_the_code_before_leaves_alone_what_this_code_writes(landed: Path, migrated: str) -> None:
    receive(ROOT, migrated, *history())

    assert fill_newest_of(landed, migrated) == "0"
    assert differences(migrated) == "0 differ"


def test_control_A19_it_would_fill_in_what_stands_for_unfinished(landed: Path, migrated: str) -> None:
    receive(ROOT, migrated, *history())
    Store(migrated).rows("UPDATE orders_orderupdate SET is_worked_out = NULL")

    assert fill_newest_of(landed, migrated) != "0"
    assert differences(migrated) != "0 differ"


# --- what roles that stand are given ----------------------------------------------------------------------------------

HOLDS = """
SELECT role.name, content.app_label, permission.codename FROM auth_group role
JOIN auth_group_permissions held ON held.group_id = role.id
JOIN auth_permission permission ON permission.id = held.permission_id
JOIN django_content_type content ON content.id = permission.content_type_id
"""
TAKE = """
DELETE FROM auth_group_permissions WHERE group_id IN (SELECT id FROM auth_group WHERE name = %s)
AND permission_id IN (SELECT id FROM auth_permission WHERE codename = %s)
"""
NEW = [("Operations", "payments", "cancel_order"), ("Operations", "webhooks", "track_order")]


def holds(url: str) -> set[tuple[Any, ...]]:
    """Which role holds what in a database."""
    return set(Store(url).rows(HOLDS))


def test_A19_roles_that_stand_are_given_what_is_new(filled_before: str, migrated: str) -> None:
    before = holds(filled_before)

    manage(filled_before, "migrate", "-v0")

    assert before.isdisjoint(NEW)
    assert holds(filled_before) == holds(migrated)


def test_A19_what_an_owner_took_from_a_role_stays_away(filled_before: str, migrated: str) -> None:
    Store(filled_before).rows(TAKE, "Operations", "send_partnercall")
    manage(filled_before, "migrate", "-v0")
    Store(filled_before).rows(TAKE, "Operations", "cancel_order")

    manage(filled_before, "migrate", "-v0")

    taken = {("Operations", "payments", "send_partnercall"), ("Operations", "payments", "cancel_order")}
    assert holds(migrated) - holds(filled_before) == taken


def test_control_A19_roles_that_stand_lack_what_is_taken_for_offered(filled_before: str, migrated: str) -> None:
    manage(filled_before, "migrate", "-v0", "payments")  # makes permissions before it is noted which there were
    manage(filled_before, "migrate", "-v0")

    assert NEW[0] in holds(migrated) - holds(filled_before)


# --- what a new migration may do --------------------------------------------------------------------------------------

TAKES_AWAY = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.AlterModelTable,
    migrations.DeleteModel,
    migrations.RenameModel,
)


def breaks_the_code_before(operation: Any) -> bool:
    """Whether it takes away what that code asks for, or wants what that code does not say."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        return any(map(breaks_the_code_before, operation.database_operations))
    if isinstance(operation, migrations.AddField):
        field = operation.field
        return not (field.null or field.many_to_many or field.has_db_default())
    return isinstance(operation, TAKES_AWAY)


def test_A19_no_new_migration_breaks_the_code_before(landed: Path) -> None:
    files = [path.relative_to(ROOT) for app in APPS for path in (ROOT / app / "migrations").glob("0*.py")]
    new = [".".join(path.with_suffix("").parts) for path in files if not (landed / path).exists()]

    operations = [(name, one) for name in new for one in importlib.import_module(name).Migration.operations]

    assert [(name, one.describe()) for name, one in operations if breaks_the_code_before(one)] == []


@pytest.mark.parametrize(
    ("operation", "breaks"),
    [
        (migrations.AddField("order", "x", models.TextField()), True),
        (migrations.AddField("order", "x", models.TextField(default="")), True),
        (migrations.AddField("order", "x", models.TextField(db_default="")), False),
        (migrations.AddField("order", "x", models.TextField(null=True)), False),
        (migrations.RemoveField("order", "x"), True),
        (migrations.RenameField("order", "x", "y"), True),
        (migrations.SeparateDatabaseAndState([migrations.RemoveField("order", "x")]), True),
        (migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveField("order", "x")]), False),
        (migrations.AddIndex("order", models.Index(fields=["x"], name="x")), False),
    ],
)
def test_control_A19_each_kind_is_told_apart(operation: Any, breaks: bool) -> None:
    assert breaks_the_code_before(operation) is breaks


# --- two at once ------------------------------------------------------------------------------------------------------

DJANGOS_OWN = """
import django
django.setup()
from django.core.management.commands.migrate import Command
Command().run_from_argv(["manage.py", "migrate", "-v0"])
"""
BARE = [sys.executable, "-c", DJANGOS_OWN]
OURS = [sys.executable, "manage.py", "migrate", "-v0"]


def at_once(command: list[str], url: str) -> list[int]:
    """Exit codes of the same command, started four times at the same moment."""
    env = environment(url, DJANGO_SETTINGS_MODULE="onemg_portal.settings")
    started = [subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL) for _ in range(4)]
    return [process.wait(300) for process in started]


def test_A22_of_several_migrates_at_once_one_works_and_the_others_wait(empty: str) -> None:
    assert at_once(OURS, empty) == [0, 0, 0, 0]


def test_control_A22_without_our_lock_they_are_in_each_others_way(another: Callable[[], str]) -> None:
    until(lambda: any(at_once(BARE, another())), seconds=300)
