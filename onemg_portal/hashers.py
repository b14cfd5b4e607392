"""Django's password hash, computed where it is in nobody's way."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuietPBKDF2PasswordHasher(PBKDF2PasswordHasher):
    """The same hash, in threads that give way: half a second of a processor that an update could use.

    It lasts as long as ever on an idle machine, and whoever waits for it knows that a password takes its time.
    """

    def encode(self, *args: Any, **kwargs: Any) -> str:
        """The hash, once its turn has come. Python's own code lets others run meanwhile."""
        return _threads.submit(super().encode, *args, **kwargs).result()


def _give_way() -> None:
    """Linux lets each thread have a priority of its own; elsewhere it stays as it is."""
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


_threads: Final = ThreadPoolExecutor(2, "hashing", initializer=_give_way)
