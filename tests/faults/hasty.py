"""A receiver that says SUCCESS before it has kept anything: the control of the tests that kill processes.

The portal's own receiver does the work, in a thread, a moment after the answer.
"""

import queue
import threading
import time
from io import BytesIO
from typing import Any

from onemg_portal.wsgi import application as portal

_waiting: queue.Queue[dict[str, Any]] = queue.Queue()


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer at once; keep later."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    _waiting.put({**environ, "wsgi.input": BytesIO(body)})
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "21")])
    return [b'{"status": "SUCCESS"}']


def _work() -> None:
    while True:
        environ = _waiting.get()
        time.sleep(0.02)
        list(portal(environ, lambda *_: None))


threading.Thread(target=_work, daemon=True).start()
