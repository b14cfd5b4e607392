"""CONTRIBUTING's "Add a field that 1mg sends", done in a copy of the project: as short as it says, and it works."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import document, order_update
from tests.faults import conftest
from tests.faults.kit import Store
from tests.server import ROOT, TOKEN, environment

_sqlite_template, postgres, store = conftest._sqlite_template, conftest.postgres, conftest.store

#: In the app's one module that has a line like the first, the second is written below it.
STEPS = (
    ("orders", '    delivery_contact_name: str = ""', '    rider_name: str = ""'),
    (
        "webhooks",
        '        delivery_contact_name=said.text("delivery_contact_name", 200),',
        '        rider_name=said.text("rider_name", 200),',
    ),
    (
        "orders",
        "    delivery_contact_name = models.CharField(max_length=200, blank=True)",
        '    rider_name = models.CharField(max_length=200, blank=True, db_default="")',
    ),
    ("webhooks", '        "tracking_number",', '        "rider_name",'),
)
#: Receives a body and prints the new column, where there is one, and which keys were not known.
RECEIVE = """
import json, sys, django
django.setup()
from django.test import Client
from orders.models import GroupedOrder
from webhooks.models import Delivery
token, body = json.load(sys.stdin)
client = Client(SERVER_NAME="127.0.0.1", headers={"Authorization": f"Token {token}"})
assert client.post("/update-status/", body, content_type="application/json").json()["status"] == "SUCCESS"
order, delivery = GroupedOrder.objects.latest("pk"), Delivery.objects.latest("pk")
print(json.dumps([getattr(order, "rider_name", None), delivery.unknown_keys]))
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without its tests."""
    folder = tmp_path / "copy"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "var", "tests", "docs"))
    return folder


def told(order_id: str, rider: str) -> object:
    """An update whose shipment names who brings it."""
    body = order_update(order_id)
    document(body)["grouped_orders"][0]["shipment_detail"]["rider_name"] = rider
    return body


def run(code: Path, store: Store, *arguments: str, said: object = None) -> str:
    """Run Python in that copy of the code, over the test's database; what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=code,
        env=environment(store.url, DJANGO_SETTINGS_MODULE="onemg_portal.settings"),
        input=json.dumps(said),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def follow(code: Path) -> None:
    """Write each line into the one module that has its neighbour."""
    for app, neighbour, line in STEPS:
        [module] = [path for path in (code / app).rglob("*.py") if f"{neighbour}\n" in path.read_text()]
        module.write_text(module.read_text().replace(f"{neighbour}\n", f"{neighbour}\n{line}\n", 1))


def test_a_field_is_added_by_four_lines_and_its_past_is_filled_in(copy: Path, store: Store) -> None:
    before = json.loads(run(ROOT, store, "-c", RECEIVE, said=[TOKEN, told("PO1", "Rider One")]))

    follow(copy)
    run(copy, store, "manage.py", "makemigrations", "-v0")
    run(copy, store, "manage.py", "migrate", "-v0")
    after = json.loads(run(copy, store, "-c", RECEIVE, said=[TOKEN, told("PO2", "Rider Two")]))
    run(copy, store, "manage.py", "rebuild_orders")

    assert (before, after) == ([None, ["grouped_orders.shipment_detail.rider_name"]], ["Rider Two", []])
    rows = store.rows("SELECT order_id, rider_name FROM orders_groupedorder ORDER BY order_id")
    assert rows == [("PO1", "Rider One"), ("PO2", "Rider Two")]
