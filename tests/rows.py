"""Every row of the database as plain values, to say that something changed nothing, or exactly what it changed."""

from __future__ import annotations

from typing import Any

from django.apps import apps

Rows = dict[str, dict[Any, dict[str, Any]]]


def everything() -> Rows:
    """Table -> primary key -> column -> value, of every model there is."""
    return {
        model._meta.label: {
            row.pop("pk"): row for row in map(_plain, model._default_manager.values("pk", *_columns(model)))
        }
        for model in apps.get_models()
    }


def changed(before: Rows, after: Rows) -> set[str]:
    """What differs, as `label.column`; a row that came or went is `label`."""
    found = set()
    for label, rows in after.items():
        old = before[label]
        if rows.keys() != old.keys():
            found.add(label)
        for key in rows.keys() & old.keys():
            found |= {f"{label}.{column}" for column, value in rows[key].items() if value != old[key][column]}
    return found


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: bytes(value) if isinstance(value, memoryview) else value for key, value in row.items()}
