"""What is answered where no view answers."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.test import RequestFactory

from onemg_portal import errors

PATHS = ("/api/orders/", "/orders/")


def failed(path: str, error: Exception) -> HttpResponse:
    """The answer to a request that ended with this error."""
    try:
        raise error
    except type(error):
        return errors.failed(RequestFactory().get(path))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("error", [OperationalError("away: secret"), InterfaceError("closed: secret")])
def test_a_database_that_does_not_answer_is_503_with_a_time(path: str, error: Exception) -> None:
    response = failed(path, error)

    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "secret" not in response.text


@pytest.mark.parametrize("path", PATHS)
def test_a_fault_of_ours_is_500_without_its_cause(path: str) -> None:
    response = failed(path, ValueError("secret"))

    assert (response.status_code, "secret" in response.text, "Retry-After" in response) == (500, False, False)


def test_a_table_that_sqlite_has_not_is_a_fault_of_ours() -> None:
    error = OperationalError("no such table")
    error.__cause__ = sqlite3.OperationalError("no such table")
    error.__cause__.sqlite_errorname = "SQLITE_ERROR"

    assert failed("/api/orders/", error).status_code == 500


@pytest.mark.parametrize(("path", "kind"), [("/api/nothing/", "application/json"), ("/nothing/", "text/html")])
def test_what_is_not_there_is_404_in_the_askers_language(client: Any, path: str, kind: str) -> None:
    response = client.get(path)

    assert (response.status_code, response["Content-Type"].partition(";")[0]) == (404, kind)
