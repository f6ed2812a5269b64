"""A server on loopback that says what a script tells it to, however wrong; and its certificates."""

from __future__ import annotations

import datetime
import gzip
import ipaddress
import socket
import ssl
import struct
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

TODAY = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Request:
    """What a client sent: header names in lower case, and on which connection, from 0."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class HangUp(Exception):
    """Raised by a script: close the connection."""


class Reset(Exception):
    """Raised by a script: reset the connection."""


class Server:
    """Listens on a free port; each request gets the bytes that `script` yields for it."""

    def __init__(
        self, script: Callable[[Request], Iterable[bytes]], context: ssl.SSLContext | None = None
    ) -> None:
        self.script = script
        self.requests: list[Request] = []
        self.stopped = threading.Event()
        self._context = context
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.endpoint = f"127.0.0.1:{self.port}"
        self.url = f"{'https' if context else 'http'}://{self.endpoint}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def targets(self) -> list[str]:
        """The targets that were asked for, in order."""
        return [request.target for request in self.requests]

    def close(self) -> None:
        """Stops listening, and lets waiting scripts end."""
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                number, self.connections = self.connections, self.connections + 1
                threading.Thread(target=self._serve, args=(line, number), daemon=True).start()

    def _serve(self, line: socket.socket, number: int) -> None:
        with suppress(OSError, HangUp), line:
            if self._context is None:
                self._talk(line, number)
            else:
                with self._context.wrap_socket(line, server_side=True) as secured:
                    self._talk(secured, number)

    def _talk(self, line: socket.socket, number: int) -> None:
        with line.makefile("rb") as stream:
            while request := _read(stream, number):
                self.requests.append(request)
                try:
                    for piece in self.script(request):
                        line.sendall(piece)
                except Reset:
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return


def _read(stream: Any, connection: int) -> Request | None:
    if stream.peek(1)[:1] == b"\x16":  # a TLS handshake, where plain HTTP is spoken
        return Request("", stream.read1().hex(), {}, b"", connection)
    start = stream.readline().decode("latin-1").split(" ")
    if len(start) != 3:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(start[0], start[1], headers, body, connection)


@contextmanager
def serving(
    script: Callable[[Request], Iterable[bytes]] | list[bytes],
    context: ssl.SSLContext | None = None,
) -> Iterator[Server]:
    """A running Server; a list of answers is a script that gives them in turn, then the last."""
    if isinstance(script, list):
        script = in_turn(*script)
    server = Server(script, context)
    try:
        yield server
    finally:
        server.close()


def in_turn(*answers: bytes) -> Callable[[Request], list[bytes]]:
    """A script that gives one answer after the other, and the last for ever."""
    left = list(answers)
    lock = threading.Lock()

    def script(_: Request) -> list[bytes]:
        with lock:
            return [left.pop(0) if len(left) > 1 else left[0]]

    return script


def reply(status: int = 200, body: bytes = b"{}", *headers: str) -> bytes:
    """A well-formed answer, with its length."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def zipped(body: bytes) -> bytes:
    """An answer with `body` compressed by gzip."""
    return reply(200, gzip.compress(body, mtime=0), "Content-Encoding: gzip")


def deflated(body: bytes, window: int) -> bytes:
    """An answer with `body` as `deflate`: with zlib's wrapper (window 15) or raw (-15)."""
    packer = zlib.compressobj(wbits=window)
    packed = packer.compress(body) + packer.flush()
    return reply(200, packed, "Content-Encoding: deflate")


@dataclass(frozen=True)
class Authority:
    """A CA made for the occasion."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @classmethod
    def made(cls) -> Authority:
        """A new one, signed by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Private CA")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(name, name, key, TODAY + DAY)
        certificate = builder.add_extension(constraints, critical=True).sign(key, hashes.SHA256())
        return cls(key, certificate)

    def file(self, folder: Path) -> Path:
        """Its certificate, as a PEM file in `folder`."""
        path = folder / "ca.pem"
        path.write_bytes(_pem(self.certificate))
        return path

    def context(
        self, folder: Path, *, until: datetime.datetime = TODAY + DAY, address: str = "127.0.0.1"
    ) -> ssl.SSLContext:
        """A server's context, with a certificate for `address` that ends at `until`."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name("server"), self.certificate.subject, key, until)
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = builder.add_extension(names, critical=False).sign(self.key, hashes.SHA256())
        path = folder / "server.pem"
        path.write_bytes(_pem(certificate) + _key_pem(key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, until: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(TODAY - 9 * DAY)
        .not_valid_after(until)
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
