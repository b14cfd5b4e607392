"""Keep web workers running until somebody asks us to stop, then let them finish what they have begun.

A stop is certain, whenever it is asked for:

- Workers hear no signal at all. Each holds the reading end of one pipe, its lifeline, whose writing end is ours alone:
  closing it asks all of them to stop, and the kernel closes it for us where we are killed. No worker outlives us.
- A worker that has not ended by then is ended by an alarm clock of the kernel's, one that is frozen by us.

The listening sockets are ours and are passed on, so a caller waits for the next worker where one has died.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from django.conf import settings

from onemg_portal import stopping
from onemg_portal.worker import STOP_SECONDS

log = logging.getLogger(__name__)

#: How often we look for workers that have died, and whether we are asked to stop.
LOOK_SECONDS: Final = 0.1
#: The least time between two replacements, so that an application that cannot start does not take the whole machine.
PAUSE_SECONDS: Final = 1.0
#: How much longer than its own alarm clock a worker is given.
GRACE_SECONDS: Final = 0.3

Worker = subprocess.Popen[bytes]


@dataclass
class Supervisor:
    """A worker for each of `listeners`, with so many `threads`."""

    listeners: Sequence[socket.socket]
    threads: int
    _lifeline: int = field(default=-1, init=False)
    _last_replaced: float = field(default=0.0, init=False)

    def run(self) -> None:
        """Serve until asked to stop; returns when no worker is left."""
        asked_to_stop = stopping.Request()
        self._lifeline, held = os.pipe()
        workers = [self._start(listener) for listener in self.listeners]
        while not asked_to_stop:
            time.sleep(LOOK_SECONDS)
            workers = [self._replaced(*pair) for pair in zip(workers, self.listeners, strict=True)]
        os.close(held)
        for listener in self.listeners:
            listener.close()
        _wait_for_all(workers)

    def _start(self, listener: socket.socket) -> Worker:
        """Start a worker that is deaf to the signals: it inherits our mask, from before its first instruction on."""
        passed = (listener.fileno(), self._lifeline)
        command = [sys.executable, "-m", "onemg_portal.worker", *map(str, passed), str(self.threads)]
        signal.pthread_sigmask(signal.SIG_BLOCK, stopping.SIGNALS)
        try:
            return subprocess.Popen(command, cwd=settings.BASE_DIR, pass_fds=passed)  # noqa: S603 - our own module
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, stopping.SIGNALS)

    def _replaced(self, worker: Worker, listener: socket.socket) -> Worker:
        """This worker, or another in its place where it has ended."""
        if worker.poll() is None or time.monotonic() - self._last_replaced < PAUSE_SECONDS:
            return worker
        self._last_replaced = time.monotonic()
        log.error("web worker %s has ended with code %s; starting another", worker.pid, worker.returncode)
        return self._start(listener)


def _wait_for_all(workers: list[Worker]) -> None:
    """Wait until they have ended; kill what does not."""
    end = time.monotonic() + STOP_SECONDS + GRACE_SECONDS
    for worker in workers:
        try:
            worker.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("web worker %s did not end in time and is killed", worker.pid)
            worker.kill()
            worker.wait()
