"""What is checked before the receiver may take anything in."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest
from django.core import checks
from django.db import connection

from tests.server import manage
from webhooks.checks import durability


def ids(found: list[checks.CheckMessage]) -> list[str | None]:
    """The ids of what was found."""
    return [message.id for message in found if (message.id or "").startswith("webhooks.")]


def test_with_a_token_there_is_nothing_to_say() -> None:
    assert ids(checks.run_checks(tags=[checks.Tags.security])) == []


def test_S6_without_a_token_the_check_says_so_and_does_not_stop_the_start(tmp_path: Path) -> None:
    done = manage(f"sqlite:///{tmp_path}/x.sqlite3", "check", ONEMG_WEBHOOK_TOKENS="")

    assert (done.returncode, "webhooks.W001" in done.stderr) == (0, True)
    assert "ONEMG_WEBHOOK_TOKENS" in done.stderr


def test_without_a_token_for_payments_the_check_says_so(tmp_path: Path) -> None:
    done = manage(f"sqlite:///{tmp_path}/x.sqlite3", "check", ONEMG_PAYMENT_TOKENS="")

    assert (done.returncode, "webhooks.W003" in done.stderr) == (0, True)
    assert "ONEMG_PAYMENT_TOKENS" in done.stderr


@pytest.mark.django_db
def test_F3_a_database_that_keeps_its_promises_passes() -> None:
    assert durability() == []


@pytest.mark.django_db
@pytest.mark.skipif(connection.vendor != "postgresql", reason="a setting of PostgreSQL's")
def test_F3_synchronous_commit_off_is_an_error() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")

    assert ids(checks.run_checks(databases=["default"])) == ["webhooks.E001"]


def test_F1_a_database_that_does_not_answer_is_a_warning(tmp_path: Path) -> None:
    url = f"postgres://nobody@/nothing?host={tmp_path}"

    done = manage(url, "check", "--database", "default", "--fail-level", "ERROR")

    assert (done.returncode, "webhooks.W002" in done.stderr) == (0, True)


def test_S7_the_production_checks_have_nothing_to_say(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "SECURE_SSL_REDIRECT": "true",
        "ALLOWED_HOSTS": "portal.example",
    }

    done = manage(f"sqlite:///{tmp_path}/x.sqlite3", "check", "--deploy", "--fail-level", "WARNING", **more)

    assert (done.returncode, done.stderr) == (0, "")
