"""Being asked to stop, in processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from onemg_portal import stopping
from tests.server import ROOT
from tests.until import until

ASKED = """
import time
from onemg_portal import stopping
asked = stopping.Request()
print(bool(asked), flush=True)
while not asked:
    time.sleep(0.02)
print("asked")
stopping.leave()
"""
ORPHAN = """
import os, time
from onemg_portal import stopping
if os.fork():
    time.sleep(60)
stopping.end_with_parent(9)
print(os.getpid(), flush=True)
time.sleep(60)
"""


@contextmanager
def running(script: str) -> Iterator[subprocess.Popen[str]]:
    """A process that runs it; killed afterwards."""
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process:
        yield process
        process.kill()


@pytest.mark.parametrize("number", stopping.SIGNALS)
def test_each_of_the_signals_asks(number: signal.Signals) -> None:
    with running(ASKED) as process:
        assert process.stdout
        assert process.stdout.readline() == "False\n"
        process.send_signal(number)

        assert (process.stdout.read(), process.wait(20)) == ("asked\n", 0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
def test_a_child_ends_with_its_parent() -> None:
    with running(ORPHAN) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        process.kill()

        until(lambda: not is_running(child))


def is_running(pid: int) -> bool:
    """Whether it is there and not merely waiting to be buried."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
