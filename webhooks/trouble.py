"""Why an update could not be applied: does it wait for something, or does it fail for its own sake?

    Trouble.of(error)    what an exception means for the delivery

A lock, a time limit, a deadlock, a full disk, a lost connection, a table that a migration is still to make: such a
*wait* ends by itself, however long it lasts. Any other error comes again each time: somebody must mend the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, ProgrammingError

#: PostgreSQL: what is not there, or not ours, until a migration or a fail-over is done: a table, a column, a function,
#: a type, a schema, a right, and a server that only reads.
_NOT_YET: Final = frozenset({"42P01", "42703", "42883", "42704", "3F000", "42501", "25006"})
#: PostgreSQL's class of statements that are beyond what it can do, such as a row too long for its index.
_BEYOND_LIMITS: Final = "54"
#: PostgreSQL: of two transactions in each other's way this one had to go; begun anew, it finds the way free.
_IN_THE_WAY: Final = frozenset({"40P01", "40001"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stood in the way. `kind` is the error's own name, without its text, which may quote a patient's data.

    `lost`: another transaction was in the way, as in a deadlock; the same may be tried again at once.
    """

    kind: str
    waits: bool
    lost: bool = False

    @classmethod
    def of(cls, error: Exception) -> Trouble:
        """What an exception means; that of the database's driver names it best."""
        cause = error.__cause__ if isinstance(error, DatabaseError | InterfaceError) and error.__cause__ else error
        sqlstate = getattr(cause, "sqlstate", None) or ""
        return cls(type(cause).__name__, _waits(error, sqlstate), sqlstate in _IN_THE_WAY)

    def __str__(self) -> str:
        return f"{'Waits' if self.waits else 'Fails'}: {self.kind}"


def _waits(error: Exception, sqlstate: str) -> bool:
    if isinstance(error, InterfaceError):
        return True
    if isinstance(error, OperationalError):
        return not sqlstate.startswith(_BEYOND_LIMITS) and not _is_no_statement(error)
    return isinstance(error, ProgrammingError | InternalError) and sqlstate in _NOT_YET


def _is_no_statement(error: OperationalError) -> bool:
    """SQLite's catch-all code, which stands for a statement it cannot run; a table or column may still come."""
    if getattr(error.__cause__, "sqlite_errorname", "") != "SQLITE_ERROR":
        return False
    return not any(words in str(error) for words in ("no such table", "no such column", "has no column"))
