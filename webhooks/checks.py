"""What must be right before the receiver may take in updates."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004
from django.db import DatabaseError, connection


@register(Tags.security)
def tokens(**kwargs: Any) -> list[CheckMessage]:
    """W001, W003: a door without a token refuses everybody, which is safe and surely not meant."""
    found: list[CheckMessage] = []
    if not settings.ONEMG_WEBHOOK_TOKEN_DIGESTS:
        found.append(
            Warning(
                "No token for 1mg's updates: the receiver refuses all of them.",
                hint="Set ONEMG_WEBHOOK_TOKENS to a long random token, for 1mg.",
                id="webhooks.W001",
            )
        )
    if not settings.ONEMG_PAYMENT_TOKEN_DIGESTS:
        found.append(
            Warning(
                "No token for what 1mg asks about payments and refunds: it is refused, and so is each confirmation.",
                hint="Set ONEMG_PAYMENT_TOKENS to a long random token, for 1mg.",
                id="webhooks.W003",
            )
        )
    return found


@register(Tags.database)
def durability(**kwargs: Any) -> list[CheckMessage]:
    """E001: an answer 200 promises that the bytes survive a crash; the database must promise it too.

    A database that does not answer right now is no reason not to start: the receiver says 503 until it does.
    """
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('synchronous_commit'), current_setting('fsync')")
            commit, fsync = cursor.fetchone()
    except DatabaseError:
        return [Warning("The database does not answer.", id="webhooks.W002")]
    if commit in ("on", "remote_apply", "remote_write", "local") and fsync == "on":
        return []
    return [
        Error(
            f"PostgreSQL may lose what it has committed (synchronous_commit={commit}, fsync={fsync}).",
            hint="Set both to on.",
            id="webhooks.E001",
        )
    ]
