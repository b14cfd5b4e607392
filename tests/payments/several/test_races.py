"""One press for several purchases, pressed by many and with processes that die: each is confirmed once at most."""

# ruff: noqa: F401, F811 - the databases and partners are fixtures of the suites that break them
from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from onemg_portal.sandbox.partners.server import Partners
from tests.faults.conftest import _sqlite_template, postgres, store
from tests.faults.kit import Store, crowd, serving
from tests.faults.test_acting import (
    POINTS,
    Do,
    calls,
    click,
    do,
    env,
    let_time_pass,
    only_postgresql,
    page,
    partners,
    ready,
    stands,
    taken,
)
from tests.server import Server
from tests.until import until

MANY = 25
NAMES = [f"M{number}" for number in range(MANY)]
PEOPLE = 8


def address(*names: str) -> str:
    """The page of these purchases."""
    return f"/confirm/?{urlencode({'id': names}, doseq=True)}"


def pressed(server: Server, session: str, read: dict[str, Any]) -> int:
    """The code of a press of a page that was read."""
    return click(server, session, "/confirm/", read).code


def all_done(store: Store) -> bool:
    """Whether nothing is under way."""
    under_way = "SELECT count(*) FROM payments_partnercall WHERE state IN ('intended', 'sending')"
    return store.one(under_way) == 0


def test_O24_O25_however_many_press_for_25_each_is_confirmed_once(
    store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    sessions = ready(do, partners, MANY)

    with serving(store, tmp_path / "server.log", **env) as server:
        read = page(server, sessions[0], address(*NAMES))
        codes = crowd(lambda n: pressed(server, sessions[n % 2], read), range(PEOPLE), threads=PEOPLE)
        until(lambda: all_done(store))

    assert Counter(codes) == {302: PEOPLE}
    assert {taken(partners, name) for name in NAMES} == {(1, 1)}
    assert store.rows("SELECT state, count(*) FROM payments_partnercall GROUP BY state") == [("succeeded", MANY)]
    assert {stands(store, name) for name in NAMES} == {"confirmed"}


@only_postgresql
def test_O24_O25_control_looking_first_without_lock_and_index_asks_for_each_twice(
    store: Store, partners: Partners, do: Do
) -> None:
    ready(do, partners, MANY)
    store.rows("DROP INDEX one_live_confirmation")
    columns = "(group_id, partner, operation, state, said, by, why, overridden, ticks, method, url, request_headers,"
    columns += " request_body, answer_headers, answer_body, findings, attempts, created_at, not_before, settled_by,"
    columns += " settled_reason)"

    all_looked = threading.Barrier(2)

    def naive(_person: int) -> None:
        asked = {name for (name,) in store.rows("SELECT group_id FROM payments_partnercall")}
        all_looked.wait(30)
        for name in set(NAMES) - asked:
            store.rows(
                f"INSERT INTO payments_partnercall {columns} VALUES (%s, '1mg', 'confirm', 'intended', '', 'x', '',"
                " '[]', '[]', '', '', '{}', '', '{}', '', '{}', 0, now(), now(), '', '')",
                name,
            )

    crowd(naive, range(2), threads=2)

    assert store.one("SELECT count(*) FROM payments_partnercall") == 2 * MANY


@pytest.mark.parametrize("point", POINTS)
def test_O29_wherever_the_process_dies_pressing_again_confirms_the_rest_and_none_twice(
    point: str, store: Store, partners: Partners, do: Do, env: dict[str, str], tmp_path: Path
) -> None:
    sessions = ready(do, partners, 3)
    names = NAMES[:3]
    with serving(store, tmp_path / "crashing.log", workers=1, PORTAL_FAILPOINT=point, **env) as server:
        read, before = page(server, sessions[0], address(*names)), server.workers()
        pressed(server, sessions[0], read)
        until(lambda: server.workers() not in (before, []))
    let_time_pass(store)
    do("sweep")

    with serving(store, tmp_path / "server.log", workers=1, **env) as server:
        pressed(server, sessions[1], read)
        until(lambda: all_done(store))

    found = {name: calls(store, name) for name in names}
    assert {len(states) for states in found.values()} == {1}
    assert {state for states in found.values() for state in states} <= {"succeeded", "unknown"}
    assert {taken(partners, name)[1] for name in names} <= {0, 1}
    assert all(taken(partners, name)[1] == 1 for name in names if found[name] == ["succeeded"])
