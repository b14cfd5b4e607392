"""The hash of a password: Django's own, in threads that give way."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from onemg_portal import hashers


def test_the_hash_is_djangos_own() -> None:
    quiet, usual = hashers.QuietPBKDF2PasswordHasher(), PBKDF2PasswordHasher()

    assert quiet.encode("a long pass phrase", "salt", 3) == usual.encode("a long pass phrase", "salt", 3)
    assert usual.verify("a long pass phrase", quiet.encode("a long pass phrase", "salt", 3))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gives a thread a priority of its own")
def test_its_threads_give_way_and_ours_do_not() -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert hashers._threads.submit(niceness).result() == max(niceness(), 10)
    assert hashers._threads.submit(threading.get_native_id).result() != threading.get_native_id()
