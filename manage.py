#!/usr/bin/env python
"""Django's command line, with the settings of the portal."""

import os
import signal
import sys

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
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
