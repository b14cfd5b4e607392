"""Partners that misbehave: small servers on loopback that send exactly the bytes a test wants, when it wants.

with listening(answering(200, b"{}")) as partner:
    send(Request("PUT", f"{partner.url}/x", {}), hosts={partner.host})
assert partner.requests == [...]
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

#: What a server does with one connection, after the request was read whole. It is closed afterwards.
Behaviour = Callable[[socket.socket], None]


@dataclass
class Partner:
    """A running server and what reached it."""

    port: int
    scheme: str = "http"
    #: Connections taken, also those that sent nothing.
    connections: int = 0
    #: Each request, head and body, as it came.
    requests: list[bytes] = field(default_factory=list)
    #: Set when the server is to end: a behaviour that waits looks at it.
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def host(self) -> str:
        """As an entry of `hosts`."""
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        """The base of its addresses."""
        return f"{self.scheme}://{self.host}"


@contextlib.contextmanager
def listening(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Partner]:
    """A server on a free port that reads each request and behaves so."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        partner = Partner(server.getsockname()[1], "https" if tls else "http")

        def serve(connection: socket.socket) -> None:
            partner.connections += 1
            with contextlib.suppress(OSError), connection:
                connection.settimeout(10)
                with tls.wrap_socket(connection, server_side=True) if tls else connection as stream:
                    if request := read_request(stream):
                        partner.requests.append(request)
                        behave(stream)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield partner
        finally:
            server.shutdown(socket.SHUT_RDWR)
            partner.ended.set()
            thread.join(5)


def read_request(stream: socket.socket) -> bytes:
    """One request, as long as it says that it is; empty where none came."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(v) for k, v in _lines(head) if k == b"content-length"), 0)
    while len(body) < length:
        body += stream.recv(65536)
    return head + b"\r\n\r\n" + body


def _lines(head: bytes) -> Iterable[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.strip().lower(), value.strip()


def header(request: bytes, name: str) -> str | None:
    """The value of a header of a request that was read, or `None`."""
    wanted = name.lower().encode()
    return next((v.decode() for k, v in _lines(request.partition(b"\r\n\r\n")[0]) if k == wanted), None)


# --- behaviours -------------------------------------------------------------------------------------------------------


def head(code: int = 200, *headers: str) -> bytes:
    """The head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {code} Whatever", *headers, "", ""]).encode("latin-1")


def answering(code: int = 200, body: bytes = b"{}", *headers: str) -> Behaviour:
    """A good answer."""
    return sending(head(code, f"Content-Length: {len(body)}", "Content-Type: application/json", *headers) + body)


def sending(data: bytes) -> Behaviour:
    """These bytes, then the end of the connection."""
    return lambda stream: stream.sendall(data)


def resetting(data: bytes = b"") -> Behaviour:
    """These bytes, then a reset."""

    def behave(stream: socket.socket) -> None:
        stream.sendall(data)
        time.sleep(0.05)  # or the reset overtakes them
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def dripping(data: bytes, drop: bytes, every: float, times: int) -> Behaviour:
    """These bytes at once, then so many drops, one in so many seconds."""

    def behave(stream: socket.socket) -> None:
        stream.sendall(data)
        for _ in range(times):
            time.sleep(every)
            stream.sendall(drop)

    return behave


def silent(seconds: float) -> Behaviour:
    """Nothing, for so long."""
    return lambda stream: time.sleep(seconds)


# --- certificates -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Authority:
    """An authority of certificates in a directory of its own; `file` is what `verify` takes."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> str:
        """The path of its certificate."""
        return str(self.directory / "authority.pem")

    def server(
        self,
        name: str = "127.0.0.1",
        *,
        days: int = 30,
        self_signed: bool = False,
        newest: ssl.TLSVersion | None = None,
    ) -> ssl.SSLContext:
        """What a server needs to be called `name`; `days` from now it expires, which may be in the past."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, signer = (_name(name), key) if self_signed else (self.certificate.subject, self.key)
        try:
            called: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            called = x509.DNSName(name)
        builder = _certificate(_name(name), issuer, key.public_key(), days)
        builder = builder.add_extension(x509.SubjectAlternativeName([called]), critical=False)
        file = self.directory / f"server-{name}-{days}-{self_signed}.pem"
        file.write_bytes(_pem(key) + builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        if newest:
            context.set_ciphers("ALL:@SECLEVEL=0")
            context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
        return context


def authority(directory: Path) -> Authority:
    """A new one."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _certificate(_name("Authority"), _name("Authority"), key.public_key(), 30)
    certificate = builder.add_extension(x509.BasicConstraints(True, None), critical=True).sign(key, hashes.SHA256())
    (directory / "authority.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(directory, key, certificate)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
    )
