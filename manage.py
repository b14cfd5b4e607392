#!/usr/bin/env python
"""Django's command line, with the settings of the portal."""

import os
import signal
import sys


def main() -> None:
    """Run a command. What is wrong with the environment, or that the database is away, is one sentence."""
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import InterfaceError, OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    except (OperationalError, InterfaceError) as error:
        from onemg_portal.database_away import is_the_database

        if not is_the_database(error):
            raise
        sys.exit(f"The database does not answer, or is busy: {' '.join(str(error).split())}")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
    # A web request may hold the database for 4 seconds, a job for a minute, a migration for as long as it takes.
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in ("serve", "run"):
        # Until they handle it, it simply ends them. As an exception it can fall into a destructor, which swallows it;
        # and a shell that starts us in the background has it ignored.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    else:
        os.environ.setdefault("STATEMENT_TIMEOUT_MS", "0" if command == "migrate" else "60000")
    main()
