"""What the cases share: both partners over real sockets, and purchases that could be confirmed."""

from __future__ import annotations

from tests.payments.conftest import asha, buy, key_pair, partners

__all__ = ["asha", "buy", "key_pair", "partners"]
