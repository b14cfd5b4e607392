"""A listener on a real socket, for what the sandbox sends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Answers(BaseHTTPRequestHandler):
    """What a listener answers, in silence."""

    def answer(self, code: int, body: bytes, **headers: str) -> None:
        """Send the whole of an answer."""
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: the test says what came."""


@contextmanager
def listening(answers: type[Answers]) -> Iterator[str]:
    """The address of somebody who answers like that."""
    listener = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.server_port}"
    finally:
        listener.shutdown()
        thread.join()
        listener.server_close()
