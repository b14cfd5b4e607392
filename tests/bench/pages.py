"""The pages and the update that `tests.bench.scale` measures. Needs Django to be set up."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from orders import paging
from orders.models import GroupedOrder, OrderGroup
from tests import server
from tests.bench import bodies
from tests.bench.fill import HISTORY, NEWEST, RARE_CITY, RARE_NAME, RARE_STATUS, fill

UPDATED = 200


@dataclass
class Row:
    """One page or update at both sizes: milliseconds of each turn by number of orders."""

    name: str
    total: dict[int, list[float]] = field(default_factory=dict)
    database: dict[int, list[float]] = field(default_factory=dict)
    shown: dict[int, int] = field(default_factory=dict)
    statements: int = 0
    remarks: set[str] = field(default_factory=set)

    def figures(self, small: int, large: int) -> dict[str, Any]:
        """Medians, and what a hundred times as many orders cost."""
        at = {size: statistics.median(self.total[size]) for size in (small, large)}
        db = {size: statistics.median(self.database[size]) for size in (small, large)}
        return {
            "small_ms": round(at[small], 2),
            "large_ms": round(at[large], 2),
            "ratio": round(at[large] / at[small], 2),
            "small_database_ms": round(db[small], 2),
            "large_database_ms": round(db[large], 2),
            "small_shown": self.shown[small],
            "large_shown": self.shown[large],
            "statements": self.statements,
            "remarks": sorted(self.remarks),
        }


def build(size: int) -> None:
    """Make and fill the database of one size, with somebody to look at it."""
    use(0)
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as admin:  # type: ignore[arg-type]
        admin.execute(f"CREATE DATABASE {_name(size)}")
    use(size)
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("operations", password=None)
    user.groups.add(Group.objects.get(name="Operations"))
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as raw:  # type: ignore[arg-type]
        fill(raw, size)


def use(size: int) -> None:
    """Go on with the database of that size; 0 for the server's own."""
    connection.close()
    connection.settings_dict["NAME"] = _name(size) if size else "postgres"


def measure(sizes: tuple[int, int], rounds: int) -> list[Row]:
    """Each page and an update at both sizes in turn; the first turn warms up and is not counted."""
    works = {}
    for size in sizes:
        use(size)
        works[size] = {**_pages(size), "taking in an update": _update(size)}
    rows = [Row(name) for name in works[sizes[0]]]
    for turn in range(rounds + 1):
        for size in sizes:
            use(size)
            for row in rows:
                _take(row, works[size][row.name], size, counted=turn > 0)
    return rows


def _take(row: Row, work: Callable[[], int], size: int, *, counted: bool) -> None:
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        row.shown[size] = work()
        took = time.perf_counter() - started
    asked = [query for query in queries.captured_queries if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    row.statements = max(row.statements, len(asked))
    row.remarks |= _remarks([query["sql"] for query in asked])
    if counted:
        row.total.setdefault(size, []).append(took * 1000)
        row.database.setdefault(size, []).append(sum(float(query["time"]) for query in asked) * 1000)


def _pages(size: int) -> dict[str, Callable[[], int]]:
    """Name -> what fetches that page."""
    browser = Client()
    browser.force_login(User.objects.get(username="operations"))
    late = OrderGroup.objects.filter(first_seen_at__lte=NEWEST - HISTORY * 0.7).order_by("-first_seen_at", "-pk")[0]
    week = (NEWEST - timedelta(days=150)).date()
    asked = {
        "first page": {},
        "page at 90 % of the history": {"older": paging.cursor_of(late)},
        "anything newer?": {"from": paging.cursor_of(OrderGroup.objects.order_by("-first_seen_at", "-pk")[0])},
        "stage on the way": {"stage": "ship"},
        "stage on the way, late page": {"stage": "ship", "older": paging.cursor_of(late)},
        "status delivered": {"status": 40},
        "status allocation failed": {"status": RARE_STATUS},
        "status of nobody": {"status": 131},
        "city Bengaluru": {"city": "Bengaluru"},
        "city Itanagar": {"city": RARE_CITY},
        "cash on delivery": {"mode": "COD"},
        "a week": {"since": week - timedelta(days=7), "until": week},
        "a week, on the way, Pune": {"since": week - timedelta(days=7), "until": week, "stage": "ship", "city": "Pune"},
        "on the way, Kochi, COD": {"stage": "ship", "city": "Kochi", "mode": "COD"},
        "name, 1 in 40": {"q": "Chatnath"},
        "name, the beginning of many": {"q": "ch"},
        "two names": {"q": "Chatnath Devesh"},
        "name of few": {"q": RARE_NAME},
        "id, beginning": {"q": f"M{size // 2:08d}"[:-2]},
        "id, exact": {"q": f"PO{size // 2:08d}"},
        "nothing found": {"q": "xyzzy"},
    }
    return {name: _getting(browser, query) for name, query in asked.items()}


def _getting(browser: Client, query: dict[str, object]) -> Callable[[], int]:
    path = "/orders/?" + urlencode(query)

    def get() -> int:
        with override_settings(STORAGES=_PLAIN):
            response = browser.get(path)
        assert response.status_code in (200, 302), response.status_code
        return response.content.count(b"<tbody>")

    return get


#: Static files without a collected manifest.
_PLAIN = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def _update(size: int) -> Callable[[], int]:
    """What posts the next update about one of some orders from all over the history."""
    every = size // UPDATED
    keys = GroupedOrder.objects.filter(pk__in=[f"PO{n * every * 8 // 10:08d}" for n in range(UPDATED)])
    known = bodies.about(keys.values_list("pk", "group_id"))
    browser, stream = Client(), _endless(known)

    def post() -> int:
        response = browser.post(
            "/update-status/",
            next(stream),
            content_type="application/json",
            headers={"Authorization": f"Token {server.TOKEN}"},
        )
        assert response.json()["status"] == "SUCCESS", response.content
        return 1

    return post


def _endless(known: list[bodies.Purchase]) -> Iterator[bytes]:
    while True:
        yield from bodies.updates(known, len(known))


def _name(size: int) -> str:
    return f"orders_{size}"


def _remarks(sql: list[str]) -> set[str]:
    """What a page must not ask."""
    found = set()
    for statement in sql:
        if re.search(r"\bOFFSET\b", statement):
            found.add("OFFSET")
        if re.search(r"\bCOUNT\(", statement):
            found.add("COUNT")
    return found
