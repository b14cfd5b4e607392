"""One web worker: granian's HTTP server in this process, on a socket that is open already.

    python -m onemg_portal.worker LISTENER LIFELINE THREADS

The first two are file descriptors that `onemg_portal.supervisor` passes on. LIFELINE's end of file means: stop.

granian's command line would bring a supervisor of its own, in a process of its own, whose stop can hang (decision 6).
Of granian we take what serves requests: the options by their public names, and the four private ones in `_server`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import Any, Final

from onemg_portal import stopping

#: How long requests under way, and calls to the partners, may take when a stop is asked for.
STOP_SECONDS: Final = 3.5
#: Connections that may wait to be taken.
BACKLOG: Final = 1024


def main() -> None:
    """Serve until the lifeline ends."""
    listener, lifeline, threads = map(int, sys.argv[1:])
    serving: list[Any] = []
    threading.Thread(target=_watch, args=(lifeline, serving), daemon=True).start()
    serving.append(_server(listener, threads))
    serving[0].inner.run()
    _finish_calls()
    stopping.leave()


def _watch(lifeline: int, serving: list[Any]) -> None:
    """Wait for the end of the lifeline, then stop: at once where nothing is served yet, else within `STOP_SECONDS`."""
    os.read(lifeline, 1)
    if not serving:
        os._exit(0)
    signal.setitimer(signal.ITIMER_REAL, STOP_SECONDS)  # unhandled: the kernel ends us then, whatever Python is doing
    serving[0].terminate()


def _finish_calls() -> None:
    """Give the calls to the partners that are under way their chance to hear the answer."""
    from django.apps import apps

    if apps.is_installed("payments"):
        from payments import outbox

        outbox.drain(STOP_SECONDS)


def _server(listener: int, threads: int) -> Any:
    """granian's server around our application, ready to run in the thread that calls it.

    Its class of threads is the one that leaves signals and processes alone.
    """
    from granian.constants import HTTPModes, Interfaces, RuntimeModes
    from granian.http import HTTP1Settings
    from granian.log import LogLevels
    from granian.net import SocketHolder  # type: ignore[attr-defined]
    from granian.server.mt import MTServer

    from onemg_portal.wsgi import application

    server: Any = MTServer(
        "onemg_portal.wsgi:application",
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        websockets=False,
        runtime_mode=RuntimeModes.mt,
        blocking_threads=threads,
        log_level=LogLevels.warning,
        # Connections a process holds, idle and slow ones too; fewer than the 1,024 files it may usually open.
        backpressure=900,
        # Milliseconds for the headers, and their bytes; more is answered 431.
        http1_settings=HTTP1Settings(header_read_timeout=20_000, max_buffer_size=16_384),
    )
    backlog = (BACKLOG,) if sys.platform == "linux" else ()  # elsewhere it stays as the supervisor has set it
    server._shd = SocketHolder(listener, False, *backlog)  # type: ignore[call-arg]  # granian's stub lacks them
    return server._spawn_worker(0, server._spawn_wsgi_worker, application)


if __name__ == "__main__":
    main()
