"""Values of any column go in and out by its field, as the ORM's own do."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.test.utils import isolate_apps

from orders import checks, rows

VALUES: dict[str, Any] = {
    "name": "a",
    "token": uuid.UUID(int=7),
    "lasting": timedelta(minutes=3),
    "opens": clock(9, 30),
    "seen": datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    "price": Decimal("12.50"),
    "whole": 3,
    "sure": True,
    "body": b"\x00\xff",
    "told": {"at": [1, None]},
}


@pytest.fixture
def model(transactional_db: None) -> Iterator[Any]:
    """A model of many kinds of columns, with its table."""
    with isolate_apps("orders"):

        class Sample(models.Model):
            name = models.CharField(max_length=10)
            token = models.UUIDField()
            lasting = models.DurationField()
            opens = models.TimeField()
            seen = models.DateTimeField(null=True)
            price = models.DecimalField(max_digits=8, decimal_places=2)
            whole = models.BigIntegerField()
            sure = models.BooleanField()
            body = models.BinaryField()
            told = models.JSONField(encoder=DjangoJSONEncoder)

            class Meta:
                app_label = "orders"

            def __str__(self) -> str:
                return self.name

    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(Sample)
    yield Sample
    with connection.schema_editor(atomic=False) as editor:
        editor.delete_model(Sample)


def inserted(model: Any, **changed: Any) -> Any:
    """A row that was inserted by hand."""
    row = model(**VALUES | changed)
    rows.execute(rows.inserting(model, 1), rows.values_of(row))
    return model.objects.get()


def test_what_is_inserted_is_what_the_orm_reads(model: Any) -> None:
    found = inserted(model)

    assert {name: getattr(found, name) for name in VALUES} | {"body": bytes(found.body)} == VALUES


def test_what_is_read_is_what_the_orm_wrote(model: Any) -> None:
    model.objects.create(**VALUES)

    values = rows.execute(f"SELECT {rows.columns(model)} FROM {rows.table(model)}", []).fetchone()

    found = rows.read(model, values)
    assert {name: getattr(found, name) for name in VALUES} | {"body": bytes(found.body)} == VALUES


def test_json_is_written_by_the_fields_encoder(model: Any) -> None:
    assert inserted(model, told={"at": VALUES["seen"]}).told == {"at": "2026-11-22T09:30:00Z"}


def test_of_some_columns_the_others_are_read_when_asked_for(model: Any) -> None:
    model.objects.create(**VALUES)
    some = ("whole", "id")

    values = rows.execute(f"SELECT {rows.columns(model, some)} FROM {rows.table(model)}", []).fetchone()

    found = rows.read(model, values, some)
    assert (found.whole, found.get_deferred_fields(), found.name) == (3, set(VALUES) - {"whole"}, "a")


def test_a_column_is_set(model: Any) -> None:
    row = inserted(model)
    row.token = uuid.UUID(int=8)

    rows.execute(f"UPDATE {rows.table(model)} SET {rows.sets(model, ('token',))}", rows.values_of(row, ("token",)))

    assert model.objects.get().token == uuid.UUID(int=8)


@isolate_apps("orders")
def test_a_column_that_cannot_be_written_by_hand_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Odd(models.Model):
        name = models.CharField(max_length=10)
        made = models.DateTimeField(auto_now_add=True)
        paper = models.FileField()

        class Meta:
            app_label = "orders"

        def __str__(self) -> str:
            return self.name

    monkeypatch.setattr(checks, "WRITTEN", (Odd,))

    found = [error.msg for error in checks.columns_written_by_hand()]

    assert found == ["Odd.made cannot be written by hand.", "Odd.paper cannot be written by hand."]


def test_the_columns_that_are_written_by_hand_all_can_be() -> None:
    assert checks.columns_written_by_hand() == []
