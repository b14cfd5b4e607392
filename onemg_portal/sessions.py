"""Django's sessions in the database, of which a request writes only what it changed.

Two requests of one browser may be under way at once: the palette asks for hits while Enter is pressed. Django writes a
session whole, so the one that ends last takes back what the other one has kept: a search is "not kept any more", a
purchase whose people were shown is veiled again, or the other way round.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import transaction

from onemg_portal.database_away import is_the_database

_NOTHING: Final = object()


class SessionStore(db.SessionStore):
    """Keeps, key by key, what others have written meanwhile. And tells a session that is gone from a database that is.

    Django takes whatever goes wrong in writing for a session that has ended meanwhile, and answers 400.
    """

    #: The session as this request found it.
    _found: dict[str, Any] | None = None

    def load(self) -> dict[str, Any]:
        """What stands in the database."""
        data = super().load()
        self._found = deepcopy(data)
        return data

    def save(self, must_create: bool = False) -> None:
        """Write it. Raises the database's own error where that did not answer."""
        try:
            with transaction.atomic():
                if self.session_key is not None and not must_create:
                    self._take_in_what_others_wrote()
                super().save(must_create)
        except UpdateError as error:
            cause = error.__context__
            if cause is not None and is_the_database(cause):
                raise cause from None
            raise
        self._found = deepcopy(dict(self.items()))

    def _take_in_what_others_wrote(self) -> None:
        """Lock the session as it stands, and change in it what this request changed."""
        stands = self.model.objects.select_for_update().filter(session_key=self.session_key).first()
        if stands is None or self._found is None:
            return
        ours, found = dict(self.items()), self._found
        data = self.decode(stands.session_data)
        for key in ours.keys() | found.keys():
            if ours.get(key, _NOTHING) == found.get(key, _NOTHING):
                continue
            if key in ours:
                data[key] = ours[key]
            else:
                data.pop(key, None)
        self._session_cache = data
