"""Single rows, written and read with statements whose text is made once.

The receiver writes the same few rows for every update. A QuerySet composes its SQL anew each time, which takes several
times as long as the database needs to run it; here the text is made once for each set of columns and kept. Text,
whole numbers, yes or no, times and JSON are all that these rows hold (docs/decisions/0009-rows.md).

    insert(row, unless=columns)     INSERT, if need be ON CONFLICT DO NOTHING; sets what the database fills in
    update(model, values, **key)    UPDATE of some columns
    run(statement, ...)             several writes in one go: saving(row, was), inserting(rows), updating(...)
    select(model, lock=, **key)     the rows that a key names
    columns(model), read(...)       the list of a SELECT, and a row of it as an instance

For receiving updates and for carrying calls to the partners; everything else asks the ORM.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, models, transaction
from django.db.backends.utils import CursorWrapper

M = TypeVar("M", bound=models.Model)
Field = models.Field[Any, Any]
Names = tuple[str, ...]


class Statement(NamedTuple):
    """A statement that is still to be run."""

    sql: str
    values: Sequence[Any]


def insert(row: models.Model, *, unless: Names = (), asking: Statement | None = None) -> tuple[Any, ...] | None:
    """Insert `row`; its id and its database defaults are left to the database and set on it. `None`: nothing happened.

    `unless` names the columns of a unique constraint: where another row has the same values, nothing happens. An
    IntegrityError instead would abort the transaction, and put patients' data into the database server's log.
    `asking` is a SELECT of one value that is answered on the way, from what was there before; the answer is returned.
    """
    model = type(row)
    sql, values = _insert(model, 1, unless), values_of(row)
    if asking:
        sql, values = f"{sql}, ({asking.sql})", [*values, *asking.values]
    found = execute(sql, values).fetchone()
    if found is None:
        return None
    filled = _filled(model)
    for (name, convert), value in zip(filled, found, strict=False):
        setattr(row, name, convert(value))
    row._state.adding = False
    answer: tuple[Any, ...] = found[len(filled) :]
    return answer


def update(model: type[models.Model], values: Mapping[str, Any], **key: Any) -> int:
    """Set columns of the rows that `key` names (`None`: IS NULL); how many they were."""
    return run(updating(model, values, **key))


def updating(model: type[models.Model], values: Mapping[str, Any], **key: Any) -> Statement:
    """Set columns of the rows that `key` names (`None`: IS NULL)."""
    some, keys = tuple(values), tuple(key)
    sql = _update(model, some, keys, tuple(name for name in keys if key[name] is None))
    return Statement(sql, [*_written(_fields(model, some), values), *(v for v in key.values() if v is not None)])


def run(*statements: Statement | None) -> int:
    """Run writes to different tables, all or none; how many rows the last one wrote.

    PostgreSQL gets them as one statement, which spares the ways there and back.
    """
    todo = [statement for statement in statements if statement]
    if len(todo) > 1 and connection.vendor == "postgresql":
        *first, last = (statement.sql for statement in todo)
        beside = ", ".join(f"write_{number} AS ({sql})" for number, sql in enumerate(first))
        todo = [Statement(f"WITH {beside} {last}", [value for statement in todo for value in statement.values])]
    with transaction.atomic() if len(todo) > 1 else nullcontext():
        counts: list[int] = [once(*statement).rowcount for statement in todo]
    return counts[-1] if counts else 0


def select(model: type[M], *, lock: bool = False, **key: Any) -> list[M]:
    """The rows that `key` names, in the order of their primary keys.

    With `lock` nobody changes them until the transaction ends; they may still be referred to.
    """
    return [read(model, values) for values in execute(_select(model, tuple(key), lock), list(key.values())).fetchall()]


@cache
def columns(model: type[models.Model], some: Names = ()) -> str:
    """Columns of a model, all of them unless `some` are named, for the list of a SELECT."""
    return ", ".join(f"{table(model)}.{quoted(model, name)}" for name in some or names(model))


def read(model: type[M], values: Sequence[Any], some: Names = ()) -> M:
    """The instance that the values of `columns(model, some)` stand for."""
    row = list(values)
    for place, convert in _converted(model, some or names(model)):
        row[place] = convert(row[place])
    if some:  # the others are read when somebody asks for them
        found = dict(zip(some, row, strict=True))
        row = [found.get(name, models.DEFERRED) for name in names(model)]
    return model.from_db(DEFAULT_DB_ALIAS, some or names(model), row)


def inserting(model: type[models.Model], many: int, some: Names = ()) -> str:
    """INSERT of so many rows; their values: `values_of` each, of `some` columns if any are named."""
    row = f"({', '.join(['%s'] * len(some or given(model)))})"
    into = ", ".join(quoted(model, name) for name in some or given(model))
    return f"INSERT INTO {table(model)} ({into}) VALUES {', '.join([row] * many)}"  # noqa: S608


@cache
def sets(model: type[models.Model], some: Names) -> str:
    """The assignments of an UPDATE; their values: `values_of(row, some)`."""
    return ", ".join(f"{quoted(model, name)} = %s" for name in some)


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
def _insert(model: type[models.Model], many: int, unless: Names | None) -> str:
    """`unless`: `None` where nothing is to be read back."""
    sql = inserting(model, many)
    if unless:
        sql += f" ON CONFLICT ({', '.join(_quoted(_field(model, name)) for name in unless)}) DO NOTHING"
    if unless is not None:
        sql += f" RETURNING {', '.join(_quoted(_field(model, name)) for name, _convert in _filled(model))}"
    return sql


@cache
def _select(model: type[models.Model], keys: Names, lock: bool) -> str:
    tests = " AND ".join(f"{_quoted(_field(model, name))} = %s" for name in keys)
    held = " FOR NO KEY UPDATE" if lock and connection.features.has_select_for_no_key_update else ""
    order = _quoted(_field(model, "pk"))
    return f"SELECT {columns(model)} FROM {table(model)} WHERE {tests} ORDER BY {order}{held}"  # noqa: S608


@lru_cache(maxsize=1000)
def _update(model: type[models.Model], some: Names, keys: Names, nulls: Names) -> str:
    tests = (f"{_quoted(_field(model, name))} {'IS NULL' if name in nulls else '= %s'}" for name in keys)
    return f"UPDATE {table(model)} SET {sets(model, some)} WHERE {' AND '.join(tests)}"  # noqa: S608


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
def _converted(model: type[models.Model], some: Names) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The places of the columns that do not come out of the database as they are in Python."""
    each = ((place, _converter(_field(model, name))) for place, name in enumerate(some))
    return tuple((place, convert) for place, convert in each if convert)


def _converter(field: Field) -> Callable[[Any], Any] | None:
    column = field.cached_col
    steps = [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert if steps else None


def _unchanged(value: Any) -> Any:
    return value
