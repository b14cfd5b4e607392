"""Single rows, written and read with statements whose text is made once.

The receiver writes the same few rows for every update. A QuerySet composes its SQL anew each time, which takes several
times as long as the database needs to run it; here the text is made once for each set of columns and kept. Text,
whole numbers, yes or no, times and JSON are all that these rows hold (docs/decisions/0009-rows.md).

    columns(model, names), read(...)                    the list of a SELECT, and a row of it as an instance
    inserting(model, many), sets(...), values_of(row)   the texts of an INSERT and of an UPDATE, and their values
    execute(sql, values), once(sql, values)             run a statement that is one of few texts, or of many
    unfit(model)                                        the columns that cannot be written so

Only `orders.store`, `orders.desk.need_rows` and `webhooks.store` use it; everything else asks the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, Final, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.backends.utils import CursorWrapper

M = TypeVar("M", bound=models.Model)
Field = models.Field[Any, Any]
Names = tuple[str, ...]


@cache
def columns(model: type[models.Model], some: Names = ()) -> str:
    """Columns of a model, all of them unless `some` are named, for the list of a SELECT."""
    return ", ".join(f"{table(model)}.{quoted(model, name)}" for name in some or names(model))


def read(model: type[M], values: Sequence[Any], some: Names = ()) -> M:
    """The instance that the values of `columns(model, some)` stand for."""
    row = converted(model, values, some or names(model))
    if some:  # the others are read when somebody asks for them
        found = dict(zip(some, row, strict=True))
        row = [found.get(name, models.DEFERRED) for name in names(model)]
    return model.from_db(DEFAULT_DB_ALIAS, some or names(model), row)


def converted(model: type[models.Model], values: Sequence[Any], some: Names) -> list[Any]:
    """Values of `columns(model, some)` as Python has them."""
    row = list(values)
    for place, convert in _converters(model, some):
        row[place] = convert(row[place])
    return row


def inserting(model: type[models.Model], many: int, some: Names = ()) -> str:
    """INSERT of so many rows; their values: `values_of` each, of `some` columns if any are named."""
    row = f"({', '.join(['%s'] * len(some or given(model)))})"
    into = ", ".join(quoted(model, name) for name in some or given(model))
    return f"INSERT INTO {table(model)} ({into}) VALUES {', '.join([row] * many)}"  # noqa: S608


@cache
def sets(model: type[models.Model], some: Names) -> str:
    """The assignments of an UPDATE; their values: `values_of(row, some)`."""
    return ", ".join(f"{quoted(model, name)} = %s" for name in some)


def prepared(model: type[models.Model], values: Mapping[str, Any]) -> list[Any]:
    """Values of some columns, by their attributes, as the drivers take them."""
    return _written(_fields(model, tuple(values)), values)


def values_of(row: models.Model, some: Names = ()) -> list[Any]:
    """The values of a row as the drivers take them; without `some`, those that an INSERT gives."""
    model = type(row)
    return _written(_fields(model, some or given(model)), row.__dict__)


def execute(sql: str, values: Sequence[Any]) -> CursorWrapper:
    """Run one statement, which PostgreSQL keeps prepared: so it must be one of few texts."""
    prepared = getattr(connection, "prepared_cursor", None)
    cursor: CursorWrapper = prepared(sql) if prepared else connection.cursor()
    cursor.execute(sql, values)
    return cursor


def once(sql: str, values: Sequence[Any]) -> CursorWrapper:
    """Run a statement of one of many texts."""
    cursor = connection.cursor()
    cursor.execute(sql, values)
    return cursor


# --- the texts --------------------------------------------------------------------------------------------------------


@cache
def table(model: type[models.Model]) -> str:
    """The model's table, quoted."""
    return connection.ops.quote_name(model._meta.db_table)


@cache
def quoted(model: type[models.Model], name: str) -> str:
    """A column of the model, quoted; `pk` is its primary key."""
    return _quoted(_field(model, name))


def _quoted(field: Field) -> str:
    return connection.ops.quote_name(str(field.column))


def _field(model: type[models.Model], name: str) -> Field:
    found: Field = model._meta.pk if name == "pk" else model._meta.get_field(name)  # type: ignore[assignment]
    return found


# --- the values -------------------------------------------------------------------------------------------------------

#: Attribute, and what makes the driver's value of it; `None`: it is one.
Written = tuple[tuple[str, Callable[[Any], Any] | None], ...]
#: Values of these fields are taken by both drivers as they are.
_PLAIN: Final = (models.CharField, models.TextField, models.IntegerField, models.BooleanField, models.BinaryField)


@cache
def names(model: type[models.Model]) -> Names:
    """The attributes of all columns of a model."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@lru_cache(maxsize=1000)
def _fields(model: type[models.Model], some: Names) -> Written:
    return tuple((name, _writer(_field(model, name))) for name in some)


def _writer(field: Field) -> Callable[[Any], Any] | None:
    """What makes a field's value what the driver takes."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        encoder = field.encoder
        return lambda value: None if value is None else json.dumps(value, cls=encoder)
    if isinstance(field, _PLAIN) or (isinstance(field, models.DateTimeField) and connection.vendor == "postgresql"):
        return None
    return lambda value: field.get_db_prep_save(value, connection)


def unfit(model: type[models.Model]) -> list[str]:
    """The columns whose value is made elsewhere than in `get_db_prep_save`, and would be missing or wrong here."""
    return [field.attname for field in model._meta.concrete_fields if _is_made_elsewhere(field)]


def _is_made_elsewhere(field: Field) -> bool:
    """By the ORM while it saves, by the database for each write, or by an expression around the value."""
    by_saving = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
    return by_saving or field.generated or isinstance(field, models.FileField) or hasattr(field, "get_placeholder")


@cache
def given(model: type[models.Model]) -> Names:
    """What an INSERT names: all but what the database fills in."""
    filled = {name for name, _convert in _filled(model)}
    return tuple(name for name in names(model) if name not in filled)


@cache
def _filled(model: type[models.Model]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    """What the database fills in, with what turns it into Python: what has a default there and none here."""
    filled = [f for f in model._meta.concrete_fields if f.has_db_default() and not f.has_default()]
    fields = [*(f for f in model._meta.concrete_fields if isinstance(f, models.AutoField)), *filled]
    return tuple((field.attname, _converter(field) or _unchanged) for field in fields)


def _written(fields: Written, values: Mapping[str, Any]) -> list[Any]:
    return [write(values[name]) if write else values[name] for name, write in fields]


@cache
def _converters(model: type[models.Model], some: Names) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The places of the columns that do not come out of the database as they are in Python."""
    each = ((place, _converter(_field(model, name))) for place, name in enumerate(some))
    return tuple((place, convert) for place, convert in each if convert)


def _converter(field: Field) -> Callable[[Any], Any] | None:
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]
    if len(steps) == 1:
        return lambda value: steps[0](value, column, connection)

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert if steps else None


def _unchanged(value: Any) -> Any:
    return value
