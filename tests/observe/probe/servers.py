"""Servers on loopback that do what a test says, and the bytes that they say."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from edgeaudit.tls.extensions import Extension
from edgeaudit.tls.hello import SERVER_HELLO, ServerHello, read_client_hello
from edgeaudit.tls.messages import CertificateMessage, CertificateRequest, Type
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import Kind, as_message, as_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from edgeaudit.tls.hello import ClientHello
    from tests.factories import Made

RSA_AES = 0x002F  # needs no ServerKeyExchange


@contextmanager
def served(answer: Callable[[socket.socket], object], host: str = "127.0.0.1") -> Iterator[int]:
    """The port at which each connection is given to `answer`, and closed after that."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family, backlog=64) as listener:
        threading.Thread(target=_accept, args=(listener, answer), daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(
                target=_serve, args=(listener.accept()[0], answer), daemon=True
            ).start()


def _serve(connection: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    with suppress(OSError), connection:
        connection.settimeout(10)
        answer(connection)


def heard_hello(connection: socket.socket) -> ClientHello:
    """The ClientHello that comes in one record."""
    data = b""
    while len(data) < 5 or len(data) < 5 + int.from_bytes(data[3:5], "big"):
        if not (more := connection.recv(65_536)):
            raise OSError
        data += more
    return read_client_hello(data[9:])


def server_hello(cipher: int = RSA_AES, version: int = Version.TLSV1_2) -> bytes:
    """A ServerHello with its header."""
    new = version == Version.TLSV1_3
    extensions = ((int(Extension.SUPPORTED_VERSIONS), version.to_bytes(2, "big")),) if new else ()
    hello = ServerHello(min(version, Version.TLSV1_2), bytes(32), b"", cipher, 0, extensions)
    return as_message(SERVER_HELLO, hello.build())


def flight(
    *ders: bytes, names: Sequence[bytes] | None = None, version: int = Version.TLSV1_2
) -> bytes:
    """What a server says before the client must go on; it asks for a certificate by `names`."""
    said = server_hello(version=version)
    said += as_message(Type.CERTIFICATE, CertificateMessage(ders).build(version))
    if names is not None:
        request = CertificateRequest((1, 64), (0x0403, 0x0401), tuple(names))
        said += as_message(Type.CERTIFICATE_REQUEST, request.build(version))
    return handshake(said + as_message(Type.SERVER_HELLO_DONE, b""))


def handshake(messages: bytes) -> bytes:
    """Messages in records."""
    return as_records(Kind.HANDSHAKE, messages, 0x0303)


def alert(number: int, level: int = 2) -> bytes:
    """An alert in its record."""
    return as_records(Kind.ALERT, bytes([level, number]), 0x0303)


def says(data: bytes, *, to_hello: bool = True) -> Callable[[socket.socket], None]:
    """A server that says this, and no more."""

    def answer(connection: socket.socket) -> None:
        if to_hello:
            connection.recv(65_536)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    return answer


def context(made: Made, folder: Path, *above: Made) -> ssl.SSLContext:
    """What Python's own server needs to show a certificate and those above it."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (folder / "chain.pem").write_text("".join(each.pem for each in (made, *above)))
    (folder / "key.pem").write_text(made.key_pem)
    found.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return found


def speaks(
    tls: ssl.SSLContext, reply: bytes = b"HTTP/1.1 200 OK\r\n\r\n"
) -> Callable[[socket.socket], None]:
    """A server that makes the handshake and answers what is asked after it."""

    def answer(connection: socket.socket) -> None:
        with tls.wrap_socket(connection, server_side=True) as made:
            if made.recv(4096):
                made.sendall(reply)

    return answer
