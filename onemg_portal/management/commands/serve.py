"""Start the production server."""

import fcntl
import hashlib
import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from onemg_portal import stopping
from onemg_portal.supervisor import Supervisor
from onemg_portal.worker import BACKLOG


class Command(BaseCommand):
    help = "Check the configuration, then serve the portal on $PORT. Migrations are left to `migrate`."
    requires_system_checks = ["__all__"]

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "0.0.0.0"))  # noqa: S104 - a server's job
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"))
        parser.add_argument("--workers", type=int, default=os.environ.get("WEB_WORKERS", "2"), help="processes")
        parser.add_argument("--threads", type=int, default=os.environ.get("WEB_THREADS", "8"), help="threads a process")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["workers"], options["threads"]) < 1:
            raise CommandError("WEB_WORKERS and WEB_THREADS must be 1 or more.")
        call_command("check", databases=["default"], fail_level="ERROR")
        _collect_static_files()
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")
        connections.close_all()
        listeners = _listeners(options["host"], options["port"], options["workers"])
        self.stdout.write(f"Serving on http://{options['host']}:{options['port']}")
        self.stdout.flush()
        Supervisor(listeners, options["threads"]).run()
        stopping.leave()


def _listeners(host: str, port: int, many: int) -> list[socket.socket]:
    """As many sockets that take connections there; Linux spreads the callers among them evenly.

    Of one socket for all, whichever worker wakes first takes a whole burst of callers.
    """
    try:
        first = _listener(host, port)  # fails where another server listens, as one that is to be shared would not
        if sys.platform != "linux":
            return [first] * many
        with first:
            port = first.getsockname()[1]
        return [_listener(host, port, shared=True) for _ in range(many)]
    except (OSError, OverflowError) as error:
        raise CommandError(f"Cannot serve on {host}, port {port}: {error}.") from error


def _listener(host: str, port: int, *, shared: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server(
        (host, port), family=family, backlog=BACKLOG, reuse_port=shared, dualstack_ipv6=host == "::"
    )
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # its connections inherit it
    return listener


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
