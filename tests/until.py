"""Waiting for what must come true, however busy the machine is; a race is run until it was lost, not once."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest


def until(true: Callable[[], object], seconds: float = 60, every: float = 0.02) -> None:
    """Ask every `every` seconds until it is true; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"it did not come true within {seconds} seconds")
        time.sleep(every)
