"""Start the production server."""

import fcntl
import os
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
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
        with _listening(options["host"], options["port"]) as listener:
            self.stdout.write(f"Serving on http://{options['host']}:{options['port']}")
            self.stdout.flush()
            Supervisor(listener, options["workers"], options["threads"]).run()
        stopping.leave()


def _listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections there. Unlike granian's own it does not share its port with another server."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=host == "::")
    except (OSError, OverflowError) as error:
        raise CommandError(f"Cannot serve on {host}, port {port}: {error}.") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # its connections inherit it
    return listener


def _collect_static_files() -> None:
    """Collect them, one server at a time: two that start together would take files from under each other."""
    root = Path(settings.STATIC_ROOT or "")
    root.parent.mkdir(parents=True, exist_ok=True)
    with root.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        call_command("collectstatic", interactive=False, verbosity=0)
