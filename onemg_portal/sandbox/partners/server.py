"""1mg and Nimbbl as the portal calls them, played on this machine by one small HTTP server.

    with Partners(Agreed(public_key=pem)) as partners:
        partners.tell(merchant_order_id="M1", onemg_order_id="PO1", nimbbl_order_id="o_1")
        partners.misbehave("PO1", "times-out-after-acting", seconds=2)
        ...                                    # whoever is tested calls partners.base_url
        partners.effects("PO1")["confirms_taken"]

| path | what |
|---|---|
| PUT /api/v4/merchants/<merchant_id>/orders/<order_id>/confirm | 1mg: confirm order; asks the merchant if it is paid |
| POST /api/v4/<merchant_id>/order/cancel | 1mg: cancel order |
| GET /api/v4/merchants/<merchant_id>/orders/<merchant_order_id>/track, or as agreed | 1mg: track order |
| POST /api/v3/generate-token | Nimbbl: token; to misbehave there, choose for the id "token" |
| PATCH /api/v3/update-order, or as agreed | Nimbbl: update order |
| POST /api/v3/transaction-enquiry | Nimbbl: transaction enquiry |
| POST /api/v3/refund | Nimbbl: refund; chosen for its order |
| GET /_sandbox/ | the kinds of misbehaviour, as text |
| POST /_sandbox/orders | tell the partners of an order: the fields of `books.Order` |
| POST /_sandbox/misbehaviour | {"order_id", "kind", "on", "times", "options"} |
| GET /_sandbox/effects | what really happened |
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self

from onemg_portal.sandbox.partners import misbehaviour, nimbbl_telling
from onemg_portal.sandbox.partners.agreed import Agreed
from onemg_portal.sandbox.partners.books import Books, Order
from onemg_portal.sandbox.partners.endpoints import Asked, asked
from onemg_portal.sandbox.partners.kinds import KINDS
from onemg_portal.sandbox.partners.misbehaviour import Rule, Rules
from onemg_portal.sandbox.partners.turn import Turn
from onemg_portal.sandbox.partners.wire import Answer, Request, Wire, json_answer

_COUNTED: Final = {
    "confirm": "confirms_received",
    "cancel": "cancels_received",
    "track": "tracks_received",
    "update": "updates_received",
    "enquiry": "enquiries",
    "refund": "refunds_received",
}
MAX_BODY_BYTES: Final = 1_000_000
#: A connection that nothing is asked on is given up after so many seconds.
IDLE_SECONDS: Final = 60
REQUESTS_KEPT: Final = 5000


class Partners:
    """Both partners, listening on 127.0.0.1 from the moment they are made. `port` 0 takes a free one.

    Who is told of what happens there says so with `books.listen`.
    `requests` are the latest that came in, oldest first, secrets included: they are never printed.
    """

    def __init__(self, agreed: Agreed | None = None, *, port: int = 0) -> None:
        self.agreed = agreed or Agreed()
        self.books = Books()
        self.rules = Rules()
        self.requests: deque[Request] = deque(maxlen=REQUESTS_KEPT)
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.end()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token_calls(self) -> int:
        """How often a token was asked for."""
        return self.books.token_calls

    def tell(self, **fields: Any) -> Order:
        """Tell both partners of an order: the fields of `books.Order`."""
        return self.books.tell(Order(**fields))

    def cancel(self, order_id: str) -> Order:
        """The order is cancelled before it is confirmed."""
        return self.books.change(order_id, cancelled=True)

    def expire_tokens(self) -> None:
        """Every token of Nimbbl's dies now."""
        self.books.expire_tokens()

    def misbehave(
        self,
        order_id: str,
        kind: str,
        *,
        on: str | None = None,
        times: int | None = None,
        during: Callable[[], object] | None = None,
        **options: Any,
    ) -> None:
        """Choose a kind of misbehaviour for an order, by the id that the portal will name, or for "token".

        `on`: only at "confirm", "cancel", "track", "token", "update", "enquiry" or "refund". `times`: for so many
        requests, then fine again. `during` is called while the portal waits. `options` are the kind's own.
        """
        self.rules.add(order_id, Rule(kind, on, times, during, options))

    def behave(self, order_id: str) -> None:
        """Forget what was chosen for this id."""
        self.rules.clear(order_id)

    def effects(self, order_id: str) -> dict[str, Any]:
        """What really happened to an order, as `books.Effects`."""
        return self.books.effects(order_id)

    # --- a request ----------------------------------------------------------------------------------------------------

    def answer(self, request: Request, wire: Wire) -> Answer | None:
        """Answer a request; `None` where that has been done, or undone, on the wire."""
        self.requests.append(request)
        if request.path.startswith("/_sandbox/"):
            return self._control(request)
        found = asked(request, self.agreed, self.books)
        if isinstance(found, Answer):
            return found
        order = self._count(found, request)
        rule = self.rules.take((found.order_id, *(order.ids if order else ())), found.endpoint) or Rule("fine")
        if rule.during:
            rule.during()
        turn = Turn(request, wire, found.endpoint, self.base_url, rule.met, self.books, found.outcome)
        return KINDS[rule.kind](turn, **rule.options)

    def _count(self, found: Asked, request: Request) -> Order | None:
        """Count the request; the order, where it is known. One whose id asks for a misbehaviour is known now."""
        endpoint, order_id = found.endpoint, found.order_id
        if endpoint == "token":
            self.books.count_token_call()
            return None
        if misbehaviour.kind_of_id(order_id) and not self.books.find(order_id):
            merchant_order_id = str(request.json().get("merchant_order_id") or order_id)
            self.tell(merchant_order_id=merchant_order_id, onemg_order_id=order_id, nimbbl_order_id=order_id)
        self.books.received(order_id, _COUNTED[endpoint])
        return self.books.find(order_id)

    def _control(self, request: Request) -> Answer:
        """The sandbox's own paths."""
        body = request.json()
        try:
            match (request.method, request.path):
                case ("GET", "/_sandbox/"):
                    listed = f"{misbehaviour.listed()}\nNimbbl's events:\n\n{nimbbl_telling.listed()}"
                    return Answer(200, listed.encode(), {"Content-Type": "text/plain; charset=utf-8"})
                case ("GET", "/_sandbox/effects"):
                    return json_answer(200, {"orders": self.books.all_effects(), "token_calls": self.token_calls})
                case ("POST", "/_sandbox/orders"):
                    self.tell(**body)
                case ("POST", "/_sandbox/misbehaviour"):
                    rule = Rule(body["kind"], body.get("on"), body.get("times"), None, body.get("options", {}))
                    self.rules.add(body["order_id"], rule)
                case _:
                    return json_answer(404, {"error": "The sandbox has no such path."})
        except (KeyError, TypeError) as error:
            return json_answer(400, {"error": f"This is not understood: {error}"})
        return json_answer(201, {"status": "SUCCESS"})


# --- the server -------------------------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    """A thread for each connection; the end does not wait for those that hang."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], partners: Partners) -> None:
        self.partners = partners
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def serve(self) -> None:
        """Take connections until the end. Without the library's polling, which costs time at idle and at the end."""
        while not self.stopping.is_set():
            self.handle_request()
        self.server_close()

    def end(self) -> None:
        """Stop listening, wake every pause and close every connection."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), timeout=1).close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        """Without asking the resolver for this machine's name, which can take seconds."""
        # Also right after another one has ended there.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it is open."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked went away, or the kind cut the wire: both are as meant."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, writes the answer, keeps the connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.send_error(413)
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, headers, self.rfile.read(int(length)))
        wire = Wire(self.connection, self.server.stopping)
        answer = self.server.partners.answer(request, wire)
        if answer is None:
            self.close_connection = True
            return
        wire.send(answer.head + answer.body)
        self.close_connection = self.close_connection or answer.headers.get("Connection") == "close"

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the library's names

    def log_message(self, *args: Any) -> None:
        """Nothing: requests carry keys and addresses."""
