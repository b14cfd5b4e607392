"""The entry point for a production server, with the two things that every server leaves to the application."""

import gc
import os
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from orders.network import Networks, address_of

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onemg_portal.settings")

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]


class TrustedProxies:
    """Believe X-Forwarded-For and X-Forwarded-Proto only from the proxies we were told of.

    From one of them the client's address is the last one it added, without its port; where that is no address, the
    proxy's own. From anybody else both headers are dropped.
    """

    def __init__(self, app: App, trusted: Networks) -> None:
        self.app, self.trusted = app, trusted

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Clean the environment, then answer."""
        forwarded = environ.pop("HTTP_X_FORWARDED_FOR", "")
        peer = environ["REMOTE_ADDR"] = address_of(environ.get("REMOTE_ADDR", ""))
        if peer in self.trusted:
            environ["REMOTE_ADDR"] = address_of(forwarded.rsplit(",", 1)[-1]) or peer
        else:
            environ.pop("HTTP_X_FORWARDED_PROTO", None)
        return self.app(environ, start_response)


class ChunkedBodies:
    """Give Django the length of a body that came without one.

    Django reads CONTENT_LENGTH bytes and takes its absence for an empty body (ticket 35838), so a chunked webhook
    would be stored empty and acknowledged: lost. Where the server marks the end of its input, the body is read here,
    up to the cap of its path; where it does not, or the coding is another one, the receiver sees no length and refuses
    with 411.
    """

    def __init__(self, app: App, most: Callable[[str], int]) -> None:
        self.app, self.most = app, most

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Read a chunked body whole, then answer."""
        chunked = environ.get("HTTP_TRANSFER_ENCODING", "").strip().lower() == "chunked"
        if chunked and not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            body = _read(environ["wsgi.input"], self.most(environ.get("PATH_INFO", "")) + 1)
            environ["CONTENT_LENGTH"] = str(body.getbuffer().nbytes)
            environ["wsgi.input"] = body
        return self.app(environ, start_response)


def _read(stream: Any, most: int) -> BytesIO:
    """At most that many bytes, in pieces, so that a large body is not held twice."""
    body = BytesIO()
    while (left := most - body.tell()) > 0 and (part := stream.read(min(left, 65536))):
        body.write(part)
    body.seek(0)
    return body


def _application() -> App:
    from django.conf import settings

    django = get_wsgi_application()
    from onemg_portal import bodies  # it names pages, and these are known from here on

    found = TrustedProxies(ChunkedBodies(django, bodies.most), settings.TRUSTED_PROXIES)
    get_resolver().url_patterns  # reads all pages  # noqa: B018
    # What is loaded by now stays: else the garbage collector looks through it again and again, for 50 ms each time.
    gc.collect()
    gc.freeze()
    return found


application = _application()
