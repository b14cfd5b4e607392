"""Being asked to stop, for commands that start other processes and look after them."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_PR_SET_PDEATHSIG: Final = 1  # Linux's <sys/prctl.h>


class Request:
    """True from the moment on that somebody has asked us to stop; to be looked at every now and then.

    The handler sets one attribute and takes no lock. One that set a `threading.Event` could find that event's lock held
    by the very wait it interrupts, or by its own first call, and hang for ever.
    """

    def __init__(self) -> None:
        self._signalled = False
        for number in SIGNALS:
            signal.signal(number, self._handle)

    def __bool__(self) -> bool:
        return self._signalled or _make_was_interrupted()

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._signalled = True


def _make_was_interrupted() -> bool:
    """Whether we run below a `make` that was sent SIGINT alone.

    It passes SIGTERM on, and Ctrl-C reaches us beside it. A lone SIGINT it keeps to itself and, with the signal
    blocked, waits for us to end. Only Linux shows that; elsewhere the answer is no.
    """
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text()
    except OSError:
        return False
    blocked = re.search(r"^SigBlk:\s*(\w+)$", status, re.MULTILINE)
    return status.startswith("Name:\tmake\n") and bool(blocked and int(blocked[1], 16) & 1 << signal.SIGINT - 1)


def leave() -> NoReturn:
    """End this process at once, when all is done. Python would take itself apart first: seconds on a busy machine."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def end_with_parent(number: int = signal.SIGTERM) -> None:
    """Called in a process that was just forked: it gets this signal when its parent dies, however. Only Linux can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
