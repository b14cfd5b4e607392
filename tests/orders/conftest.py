"""1mg's clock in tests of waiting: set when a test begins, since its file may have been read an hour before."""

from __future__ import annotations

import time

import pytest


@pytest.fixture(autouse=True)
def _set_the_clock_of_1mg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """`T0` of a file that has `HOURS_AGO`: the second in which 1mg speaks, so many hours before the test."""
    if hours := getattr(request.module, "HOURS_AGO", None):
        monkeypatch.setattr(request.module, "T0", int(time.time()) - hours * 3600)
