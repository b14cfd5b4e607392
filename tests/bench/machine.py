"""What a run costs the machine: CPU seconds by process, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """CPU seconds spent so far: by the web workers, by PostgreSQL, by all of the machine."""

    workers: float
    database: float
    machine: float

    def __sub__(self, other: Cpu) -> Cpu:
        return Cpu(self.workers - other.workers, self.database - other.database, self.machine - other.machine)


def cpu(workers: Iterable[int], postmaster: int | None) -> Cpu:
    """What has been spent until now; without a `postmaster` there is no database to ask about."""
    busy = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = busy[3] + busy[4]
    backends = [postmaster, *_children(postmaster)] if postmaster else []
    return Cpu(sum(map(_of, workers)), sum(map(_of, backends)), (sum(busy) - idle) / _TICK)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _of(pid: int) -> float:
    """User and system time of one process with its threads, and of the children it has outlived."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return sum(int(word) for word in fields[11:15]) / _TICK
