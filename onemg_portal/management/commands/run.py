"""Everything on one machine, for a developer."""

import contextlib
import os
import socket
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import requests
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from onemg_portal import first_env, stopping
from onemg_portal.environment import Environment
from onemg_portal.management.commands.sandbox import add_play_arguments, play_arguments
from onemg_portal.sandbox import keys, processes, staff
from onemg_portal.sandbox.processes import Part

START_SECONDS = 60
#: How often we look whether we are asked to stop and whether everything still runs.
LOOK_SECONDS = 0.2


class Command(BaseCommand):
    help = (
        "Bring up the whole portal on 127.0.0.1: the database, demo staff, the web server, the background worker, and "
        "a sandbox that plays 1mg and Nimbbl. Ctrl-C stops everything."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        port = Environment(os.environ).number("PORT", 8000, most=65535)
        parser.add_argument("--port", type=int, default=port, help="$PORT, or 8000")
        add_play_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "sandbox":
            raise CommandError("`run` makes demo staff and plays 1mg: it needs PORTAL_ENVIRONMENT=sandbox.")
        _refuse_busy(options["port"])
        call_command("migrate", interactive=False, verbosity=0)
        self._say(staff.notice(staff.make_missing()))
        self.asked_to_stop = stopping.Request()  # only now: until here a signal may simply end us
        self.parts: list[Part] = []
        self.partners_port = free_port(options["port"] + 1)
        self.environment = first_env.partners_for(self.partners_port, os.environ)
        if keys.PRIVATE_KEY_FILE in (self.environment | os.environ).values():
            keys.make_missing(settings.BASE_DIR / keys.PRIVATE_KEY_FILE)
        try:
            self._run(options)
        finally:
            processes.stop(self.parts)
        self._say("Stopped.")
        stopping.leave()

    def _run(self, options: dict[str, Any]) -> None:
        """Start the three parts and watch them until somebody asks to stop or one of them dies."""
        port, address = options["port"], f"http://127.0.0.1:{options['port']}"
        self._start("the portal", port, "serve", "--host=127.0.0.1", f"--port={port}")
        self._start("the background worker", port, "work")
        if not self._answers(address):
            return
        self._say(f"\nThe portal is up:  {address}\nIts logs:          {_logs()}\nCtrl-C stops everything.\n")
        shown = options["verbosity"] > 1
        play = [f"--portal={address}", f"--partners-port={self.partners_port}", *play_arguments(options)]
        self.environment["SANDBOX_API_KEY"] = staff.issue_shop_key()
        player = self._start("the sandbox", port, "sandbox", *play, shown=shown)
        played = self.environment["ONEMG_BASE_URL"]
        self._say(f"1mg and Nimbbl are played at {played}; how to make them misbehave: {played}/_sandbox/\n")
        if player.log:
            self._say(f"The sandbox plays 1mg; what it posts:  tail -f {player.log}")
        while not self.asked_to_stop:
            time.sleep(LOOK_SECONDS)
            self._check()
            if player in self.parts and player.process.poll() == 0:
                self.parts.remove(player)
                self._say("The sandbox has played its day; the portal stays up.")
        self._say("Stopping.")

    def _start(self, name: str, port: int, *command: str, shown: bool = False) -> Part:
        log = None if shown else _logs() / f"{name.split()[-1]}-{port}.log"
        part = processes.start(name, *command, log=log, environment=self.environment)
        self.parts.append(part)
        return part

    def _answers(self, address: str) -> bool:
        """Wait until the portal answers; `False` when asked to stop before that."""
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(START_SECONDS * 5):
                time.sleep(LOOK_SECONDS)
                if self.asked_to_stop:
                    return False
                self._check()
                try:
                    if session.get(f"{address}/healthz", timeout=2, allow_redirects=False).ok:
                        return True
                except requests.RequestException:
                    continue
        raise CommandError(f"The portal does not answer after {START_SECONDS} seconds.\n{self.parts[0].last_words()}")

    def _check(self) -> None:
        """Raise when a part has ended that should be running; the sandbox may end when its day is over."""
        for part in self.parts:
            code = part.process.poll()
            if code is not None and not (code == 0 and part.name == "the sandbox"):
                raise CommandError(
                    f"{part.name.capitalize()} has stopped by itself (exit code {code}); stopping the rest.\n"
                    f"{part.last_words()}"
                )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _refuse_busy(port: int) -> None:
    """Say so before anything is started: two servers can share a port without either noticing."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(f"Port {port} is in use. Choose another: make run PORT={port + 1}") from error


def free_port(wanted: int) -> int:
    """This port, or another one that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError, OverflowError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # also right after another one has ended there
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise CommandError("No port is free for the partners.")


def _logs() -> Path:
    directory: Path = settings.BASE_DIR / "var" / "log"
    directory.mkdir(parents=True, exist_ok=True)
    return directory
