"""A proxy that ends TLS: takes one request a connection, adds the headers it was told to, passes all on, and back."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@contextlib.contextmanager
def tls_front(portal: int, certificate: Path, *headers: str) -> Iterator[int]:
    """The port that the proxy listens on. `portal`: the one it passes on to; `certificate`: made by `make`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, portal, headers), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, context: ssl.SSLContext, portal: int, headers: tuple[str, ...]) -> None:
    with contextlib.suppress(OSError):
        while True:
            near = listener.accept()[0]
            threading.Thread(target=_carry, args=(near, context, portal, headers), daemon=True).start()


def _carry(near: socket.socket, context: ssl.SSLContext, portal: int, headers: tuple[str, ...]) -> None:
    with contextlib.suppress(OSError), context.wrap_socket(near, server_side=True) as browser:
        line, rest = _request(browser).split(b"\r\n", 1)
        added = "".join(f"{header}\r\n" for header in ("Connection: close", *headers)).encode()
        with socket.create_connection(("127.0.0.1", portal)) as far:
            far.sendall(line + b"\r\n" + added + rest)
            while data := far.recv(65536):
                browser.sendall(data)


def _request(source: socket.socket) -> bytes:
    """One request, whole: a TLS socket cannot be read and written at the same time."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += source.recv(65536)
    head = data.partition(b"\r\n\r\n")[0]
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    while len(data) < len(head) + 4 + int(length[1] if length else 0):
        data += source.recv(65536)
    return data.replace(b"Connection: keep-alive\r\n", b"")


def make(path: Path) -> Path:
    """A certificate of 127.0.0.1 that has signed itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    place = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    valid = built.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=24))
    signed = valid.add_extension(place, critical=False).sign(key, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path
