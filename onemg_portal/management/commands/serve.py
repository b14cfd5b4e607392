"""Start the production server."""

import fcntl
import os
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Check the configuration, then serve the portal on $PORT. Migrations are left to `migrate`."
    requires_system_checks = ["__all__"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "0.0.0.0"))  # noqa: S104 - a server's job
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
        parser.add_argument("--workers", default=os.environ.get("WEB_WORKERS", "2"), help="processes")
        parser.add_argument("--threads", default=os.environ.get("WEB_THREADS", "8"), help="threads a process")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("check", databases=["default"], fail_level="ERROR")
        _collect_static_files()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
        os.environ.pop("STATEMENT_TIMEOUT_MS", None)  # what `manage.py` allows a job is too long for a web request
        granian = os.path.join(os.path.dirname(sys.executable), "granian")
        self.stdout.write(f"Serving on http://{options['host']}:{options['port']}")
        self.stdout.flush()
        os.execv(granian, [  # noqa: S606 - our own interpreter's neighbour, and no shell
            "granian", "onemg_portal.wsgi:application", "--interface", "wsgi", "--no-ws", "--http", "1",
            "--host", options["host"], "--port", options["port"],
            "--workers", options["workers"], "--blocking-threads", options["threads"],
            # Connections a process holds, idle and slow ones too; fewer than the 1,024 files it may usually open.
            "--backpressure", "900", "--http1-buffer-size", "16384",  # bytes of headers; more is answered 431
            "--http1-header-read-timeout", "20000",
            "--respawn-failed-workers", "--respawn-interval", "0.2",
            "--workers-kill-timeout", "30s", "--log-level", "warning",
        ])  # fmt: skip


def _collect_static_files() -> None:
    """Collect them, one server at a time: two that start together would take files from under each other."""
    root = Path(settings.STATIC_ROOT or "")
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("collectstatic", interactive=False, verbosity=0)
