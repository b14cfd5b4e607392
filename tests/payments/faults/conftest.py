"""Nobody waits long for a partner that says nothing."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits fifteen seconds for a partner that says nothing."""
    monkeypatch.setattr("payments.sending.SECONDS", 1.5)
