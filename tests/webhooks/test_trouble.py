"""Whether what stood in the way of an update ends by itself."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import DataError, IntegrityError, InterfaceError, InternalError, OperationalError, ProgrammingError

from webhooks.trouble import Trouble


def raised(error: Exception, cause: Exception) -> Exception:
    """An error of Django's, as it wraps one of the driver's."""
    error.__cause__ = cause
    return error


def sqlite(name: str, text: str) -> Exception:
    """SQLite's catch-all error with its name."""
    cause = sqlite3.OperationalError(text)
    cause.sqlite_errorname = name
    return raised(OperationalError(text), cause)


WAITS = {
    "a lock": raised(OperationalError("x"), psycopg.errors.LockNotAvailable()),
    "a time limit": raised(OperationalError("x"), psycopg.errors.QueryCanceled()),
    "a full disk": raised(OperationalError("x"), psycopg.errors.DiskFull()),
    "a lost connection": InterfaceError("closed"),
    "a table to come": raised(ProgrammingError("x"), psycopg.errors.UndefinedTable()),
    "a server that only reads": raised(InternalError("x"), psycopg.errors.ReadOnlySqlTransaction()),
    "SQLite, busy": sqlite("SQLITE_BUSY", "database is locked"),
    "SQLite, a table to come": sqlite("SQLITE_ERROR", "no such table: x"),
}
FAILS = {
    "a fault of ours": ValueError("x"),
    "a value out of range": raised(DataError("x"), psycopg.errors.NumericValueOutOfRange()),
    "a constraint": raised(IntegrityError("x"), psycopg.errors.UniqueViolation()),
    "a statement that is wrong": raised(ProgrammingError("x"), psycopg.errors.SyntaxError()),
    "a row too long for its index": raised(OperationalError("x"), psycopg.errors.ProgramLimitExceeded()),
    "SQLite, a statement that is wrong": sqlite("SQLITE_ERROR", "too many SQL variables"),
}


@pytest.mark.parametrize("what", WAITS)
def test_it_waits_for(what: str) -> None:
    assert Trouble.of(WAITS[what]).waits


@pytest.mark.parametrize("what", FAILS)
def test_it_fails_for(what: str) -> None:
    assert not Trouble.of(FAILS[what]).waits


def test_a_deadlock_is_told_apart() -> None:
    trouble = Trouble.of(raised(OperationalError("x"), psycopg.errors.DeadlockDetected()))

    assert (trouble.waits, trouble.lost) == (True, True)


def test_it_says_the_errors_name_and_none_of_its_words() -> None:
    said = str(Trouble.of(raised(DataError("Mr USER1"), psycopg.errors.StringDataRightTruncation("Mr USER1"))))

    assert said == "Fails: StringDataRightTruncation"
