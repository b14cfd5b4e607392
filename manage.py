#!/usr/bin/env python
"""Django's command line, with the settings of the portal."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
    # A web request may hold the database for 5 seconds, a job for a minute, a migration for as long as it takes.
    job = "0" if sys.argv[1:2] == ["migrate"] else "60000"
    os.environ.setdefault("STATEMENT_TIMEOUT_MS", job)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
