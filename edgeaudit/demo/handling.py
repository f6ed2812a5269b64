"""How each service treats a connection: functions that take it, and may let OSError out."""

from __future__ import annotations

import socket
import ssl
import struct
import warnings
from functools import partial
from typing import TYPE_CHECKING, cast

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from . import flight
from .services import Demand, TlsService

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

    from .installation import Peer
    from .pki import Chain, Key

    Handler = Callable[[socket.socket], None]

_VERSIONS = {
    "TLSv1": ssl.TLSVersion.TLSv1,
    "TLSv1.1": ssl.TLSVersion.TLSv1_1,
    "TLSv1.2": ssl.TLSVersion.TLSv1_2,
    "TLSv1.3": ssl.TLSVersion.TLSv1_3,
}
_PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def handler(peer: Peer, keys: Mapping[int, Key], folder: Path) -> Handler:
    """What `peer` does with a connection; `folder` is for files that are needed for a moment."""
    service = peer.service
    if isinstance(service, Demand):
        key = cast("ec.EllipticCurvePrivateKey", keys[service.chain[0].serial_number])
        return partial(_demand, service, key)
    if isinstance(service, TlsService):
        context = _context(service, peer.where.rpartition(":")[0], keys, folder)
        return partial(_proxied if service.wants_proxy else _greet, context)
    return _TROUBLES[service]


def hang_up(connection: socket.socket) -> None:
    """Close in such a way that what was said arrives: what is not read would cause a reset."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass


def _context(
    service: TlsService, host: str, keys: Mapping[int, Key], folder: Path
) -> ssl.SSLContext:
    made = partial(_plain_context, service, keys=keys, folder=folder)
    named = made(service.chain)
    if service.hosting is None:
        return named
    default = made(service.hosting or service.chain)

    def choose(wanted: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        if name == host:
            wanted.context = named
        elif not service.hosting:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    default.sni_callback = choose
    return default


def _plain_context(
    service: TlsService, chain: Chain, *, keys: Mapping[int, Key], folder: Path
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    is_old = "TLSv1" in service.versions
    context.set_ciphers(service.ciphers or ("ALL:!aNULL:@SECLEVEL=0" if is_old else "DEFAULT"))
    with warnings.catch_warnings():  # of versions that Python does not like
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = _VERSIONS[service.versions[0]]
        context.maximum_version = _VERSIONS[service.versions[-1]]
    file = folder / "chain.pem"
    file.write_bytes(_pem(chain, keys[chain[0].serial_number]))
    context.load_cert_chain(file)
    if service.clients:
        context.load_verify_locations(cadata=b"".join(map(_der, service.clients)))
        context.verify_mode = ssl.CERT_REQUIRED if service.needs_client else ssl.CERT_OPTIONAL
    return context


def _pem(chain: Chain, key: Key) -> bytes:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return b"".join(
        (key.private_bytes(*form), *(each.public_bytes(Encoding.PEM) for each in chain))
    )


def _greet(context: ssl.SSLContext, connection: socket.socket) -> None:
    tls = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
    try:
        tls.do_handshake()
        if tls.recv(65536):
            tls.sendall(_OK)
        tls.unwrap()
    finally:
        with socket.socket(fileno=tls.detach()) as plain:
            hang_up(plain)


def _proxied(context: ssl.SSLContext, connection: socket.socket) -> None:
    """As nginx with `proxy_protocol`: without the header the connection is closed."""
    begin = connection.recv(12, socket.MSG_PEEK)
    if begin == _PROXY_V2:
        head = connection.recv(16, socket.MSG_WAITALL)
        connection.recv(int.from_bytes(head[14:], "big"), socket.MSG_WAITALL)
    elif begin.startswith(b"PROXY "):
        while connection.recv(1) not in (b"\n", b""):
            pass
    else:
        hang_up(connection)
        return
    _greet(context, connection)


def _demand(demand: Demand, key: ec.EllipticCurvePrivateKey, connection: socket.socket) -> None:
    try:
        connection.sendall(flight.reply(_record(connection), demand, key))
        shows_nothing = flight.shows_nothing(_record(connection))
        number = flight.HANDSHAKE_FAILURE if shows_nothing else flight.UNKNOWN_CA
    except flight.Refusal as refusal:
        number = refusal.number
    connection.sendall(flight.alert(number))
    hang_up(connection)


def _record(connection: socket.socket) -> bytes:
    head = connection.recv(5, socket.MSG_WAITALL)
    return head + connection.recv(int.from_bytes(head[3:], "big"), socket.MSG_WAITALL)


def _reset(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _alert(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(flight.alert(flight.HANDSHAKE_FAILURE))
    hang_up(connection)


def _http(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(_BAD_REQUEST)
    hang_up(connection)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


_TROUBLES: dict[str, Handler] = {
    "closes": hang_up,
    "resets": _reset,
    "alerts": _alert,
    "http": _http,
}
