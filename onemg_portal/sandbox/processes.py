"""The processes behind `make run`: started, watched and stopped together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from django.conf import settings

from onemg_portal import stopping

#: A little longer than the portal gives its own workers.
STOP_SECONDS: Final = 4.5


@dataclass(slots=True)
class Part:
    """One running management command. `name` is what a person calls it, `log` where its words go."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path | None

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log else ""


def start(name: str, *command: str, log: Path | None, environment: Mapping[str, str] | None = None) -> Part:
    """Start `manage.py` with a command, out of reach of the terminal's Ctrl-C: stopping is for `stop`.

    `environment` is added to our own.
    """
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
    with contextlib.ExitStack() as stack:
        out = stack.enter_context(log.open("wb")) if log else None
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and command
            [sys.executable, str(settings.BASE_DIR / "manage.py"), *command],
            cwd=settings.BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT if out else None,
            start_new_session=True,
            preexec_fn=stopping.end_with_parent,
        )
    return Part(name, process, log)


def stop(parts: Iterable[Part]) -> None:
    """Ask each to stop, the last started first, and wait; whatever is left after some seconds is killed."""
    chosen = list(parts)[::-1]
    for part in chosen:
        if part.process.poll() is None:
            part.process.send_signal(signal.SIGTERM)
    end = time.monotonic() + STOP_SECONDS
    for part in chosen:
        with contextlib.suppress(subprocess.TimeoutExpired):
            part.process.wait(max(0.0, end - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):  # each leads a group of its own, which its children are in
            os.killpg(part.process.pid, signal.SIGKILL)
        part.process.wait()
