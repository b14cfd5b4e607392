"""Empties the run's database after a test that commits: only rows go, what `migrate` filled in is put back.

Django's own way empties every table by TRUNCATE and then makes all content types, permissions and groups anew: a tenth
of a second and more, after each of two thousand tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import OperationalError, connection, transaction

Rows = list[tuple[Any, ...]]


class Cleaner:
    """Knows what stands in a freshly migrated database, and brings it back to that."""

    def __init__(self) -> None:
        names = connection.introspection.django_table_names(only_existing=True, include_views=False)
        found = {name: _rows(name) for name in sorted({*names, "django_migrations"})}
        self._filled = {name: rows for name, rows in found.items() if rows}
        self._empty = [name for name, rows in found.items() if not rows]

    def __call__(self) -> None:
        """Delete what was added, and put back what was changed.

        Once more where a request was in the way that a browser had sent before it was closed: a deadlock ends one of
        the two.
        """
        try:
            self._clean()
        except OperationalError:
            self._clean()

    def _clean(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            changed = [name for name, rows in self._filled.items() if _rows(name) != rows]
            for name in [*self._empty, *changed]:
                cursor.execute(f"DELETE FROM {name}")
            for name in changed:
                _insert(cursor, name, self._filled[name])


def _rows(table: str) -> Rows:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        return cursor.fetchall()


def _insert(cursor: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    for row in rows:
        cursor.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
