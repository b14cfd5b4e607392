"""Django's sessions in the database, which tell one that is gone from a database that is."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError

from onemg_portal.database_away import is_the_database


class SessionStore(db.SessionStore):
    """Django takes whatever goes wrong in writing for a session that has ended meanwhile, and answers 400."""

    def save(self, must_create: bool = False) -> None:
        """Write it. Raises the database's own error where that did not answer."""
        try:
            super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            if cause is not None and is_the_database(cause):
                raise cause from None
            raise
