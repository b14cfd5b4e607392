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
from django.db import connection, reset_queries
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from orders import paging
from orders.desk.causes import Cause
from orders.models import GroupedOrder, Need, OrderGroup
from tests import server
from tests.bench import bodies
from tests.bench.fill import HISTORY, NEWEST, RARE_CITY, RARE_NAME, RARE_STATUS, fill, keep_needs

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
        """Medians, the 95th of a hundred at the large size, and what a hundred times as many orders cost."""
        at = {size: statistics.median(self.total[size]) for size in (small, large)}
        p95 = statistics.quantiles(self.total[large], n=20, method="inclusive")[-1]
        db = {size: statistics.median(self.database[size]) for size in (small, large)}
        return {
            "small_ms": round(at[small], 2),
            "large_ms": round(at[large], 2),
            "large_p95_ms": round(p95, 2),
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
        keep_needs()
        raw.execute("VACUUM ANALYZE orders_need")


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
    reset_queries()  # the log keeps its last few thousand alone
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
    opened = {name: _opening(browser, path) for name, path in _desk(size).items()}
    listed = {f"list: {name}": _listing(browser, query) for name, query in _lists(size).items()}
    found = {f"find: {name}": _finding(browser, typed) for name, typed in _searches(size).items()}
    return opened | listed | found | {"find: what was found": _found(browser)}


def _desk(size: int) -> dict[str, str]:
    """Name -> address of the pages that need no filter."""
    tabs = {f"Now: {cause.label}": f"/?cause={cause.slug}" for cause in Cause}
    middle = f"/orders/M{size // 2:08d}/"
    waiting = Need.objects.order_by("since").values_list("group", flat=True)[0]
    return {
        "Now": "/",
        **tabs,
        "what moves on every page": "/pulse/",
        "prescriptions": "/prescriptions/",
        "refunds": "/refunds/",
        "money, 7 days": _money(7),
        "money, 30 days": _money(30),
        "money, 90 days": _money(90),
        "a purchase": middle,
        "a purchase that waits": f"/orders/{waiting}/",
    }


def _money(days: int) -> str:
    return f"/money/?since={(NEWEST - timedelta(days=days - 1)).date()}&until={NEWEST.date()}"


def _lists(size: int) -> dict[str, dict[str, object]]:
    """Name -> query of the list."""
    late = OrderGroup.objects.filter(first_seen_at__lte=NEWEST - HISTORY * 0.7).order_by("-first_seen_at", "-pk")[0]
    week = (NEWEST - timedelta(days=150)).date()
    return {
        "first page": {},
        "page at 70 % of the history": {"older": paging.cursor_of(late)},
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
        "needs: late": {"cause": "late"},
        "needs: to confirm, Pune": {"cause": "to_confirm", "city": "Pune"},
        "of nobody": {"owner": "nobody"},
        "id, beginning": {"q": f"M{size // 2:08d}"[:-2]},
    }


def _searches(size: int) -> dict[str, str]:
    """Name -> what is typed into the search box."""
    number = size // 2 + 7
    return {
        "name, 1 in 40": "Chatnath",
        "name, the beginning of many": "ch",
        "two names": "Devesh Chatnath",
        "name of few": RARE_NAME,
        "purchase's id": f"M{number:08d}",
        "1mg's order id": f"PO{number:08d}",
        "id, its beginning": f"M{number:08d}"[:-2],
        "id, its middle": f"{number:08d}"[2:-1],
        "id, its end": f"{number:08d}"[-5:],
        "Nimbbl's order id": f"o_{number:016x}",
        "invoice without zeros": str(number),
        "waybill": f"W{number}0",
        "phone": f"+91 98{number:08d}"[:9] + " " + f"98{number:08d}"[5:],
        "last four digits": f"{number + 4_321:08d}"[-4:],
        "four digits that ids begin with": f"{number:08d}"[-4:],
        "medicine": "dolo 650",
        "PIN": "560076",
        "ref": f"ref {number}",
        "twenty ids, one unknown": "\n".join([f"M{number + n:08d}" for n in range(19)] + ["M-nobodys"]),
        "nothing found": "xyzzy",
    }


def _opening(browser: Client, path: str) -> Callable[[], int]:
    def open_it() -> int:
        with override_settings(STORAGES=_PLAIN):
            response = browser.get(path)
        assert response.status_code == 200, (path, response.status_code)
        return int(response.content.count(b"<tbody>"))

    return open_it


def _listing(browser: Client, query: dict[str, object]) -> Callable[[], int]:
    return _opening(browser, "/orders/?" + urlencode(query))


def _finding(browser: Client, typed: str) -> Callable[[], int]:
    """Posts the question, as the search box does; the answer says where to look."""

    def find() -> int:
        response = browser.post("/find/", {"q": typed})
        assert response.status_code == 303, (typed, response.status_code)
        return int(response["Location"].startswith("/orders/"))

    return find


def _found(browser: Client) -> Callable[[], int]:
    """Opens the page of as many hits as one page has."""
    return _opening(browser, browser.post("/find/", {"q": "Chatnath"})["Location"])


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
        if re.search(r"\bCOUNT\(", statement) and "orders_need" not in statement:  # what is due is little, and counted
            found.add("COUNT")
    return found
