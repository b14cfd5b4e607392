"""Start the production server."""

import fcntl
import hashlib
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from onemg_portal import checks, listening, stopping
from onemg_portal.environment import Environment
from onemg_portal.supervisor import Supervisor


class Command(BaseCommand):
    help = "Check the configuration, then serve the portal on $PORT. Migrations are left to `migrate`."
    requires_system_checks = ["__all__"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        env = Environment(os.environ)
        host = env.parsed("HOST", "0.0.0.0", listening.address)  # noqa: S104 - a server's job
        port = env.number("PORT", 8000, most=65535)
        workers = env.number("WEB_WORKERS", 2, least=1, most=256)
        threads = env.number("WEB_THREADS", 8, least=1, most=1024)
        parser.add_argument("--host", type=listening.address, default=host)
        parser.add_argument("--port", type=int, default=port)
        parser.add_argument("--workers", type=int, default=workers, help="processes")
        parser.add_argument("--threads", type=int, default=threads, help="threads a process")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["workers"], options["threads"]) < 1:
            raise CommandError("WEB_WORKERS and WEB_THREADS must be 1 or more.")
        call_command("check", databases=["default"], fail_level="ERROR")
        for problem in checks.hosts():
            raise CommandError(f"{problem.msg} {problem.hint}")
        if settings.DATABASES["default"]["NAME"] == ":memory:":
            raise CommandError("DATABASE_URL must name a file: in memory each thread would have a database of its own.")
        _collect_static_files()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
        connections.close_all()
        host, port = options["host"], options["port"]
        try:
            listeners = listening.listeners(host, port, options["workers"])
        except (OSError, OverflowError, ValueError) as error:
            raise CommandError(f"Cannot serve on HOST {host}, PORT {port}: {error}.") from error
        self.stdout.write(f"Serving on http://{f'[{host}]' if ':' in host else host}:{port}")
        self.stdout.flush()
        Supervisor(listeners, options["threads"]).run()
        stopping.leave()


def _collect_static_files() -> None:
    """Collect them, one server at a time, and only where one has changed: servers that run already read them."""
    root = Path(settings.STATIC_ROOT or "")
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.seek(0)
        if lock.read() == (state := _state_of_static_files()) and root.is_dir():
            return
        call_command("collectstatic", interactive=False, verbosity=0)
        lock.truncate(0)
        lock.write(state)


def _state_of_static_files() -> str:
    """A digest of which static files there are, how large and how old."""
    found = sorted(
        (name, stat.st_size, stat.st_mtime_ns)
        for finder in get_finders()
        for name, storage in finder.list([])
        if (stat := Path(storage.path(name)).stat())
    )
    return hashlib.sha256(repr((settings.STORAGES, found)).encode()).hexdigest()
