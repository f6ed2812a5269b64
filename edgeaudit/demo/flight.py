"""What a TLS 1.2 server says first, byte by byte, where no library can be made to say it.

Python's `ssl` names no issuers when it asks for a client certificate. Source: RFC 5246, 7.4; for
the key exchange RFC 8422, 5.4.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .pki import Chain
    from .services import Demand

HANDSHAKE_FAILURE, UNKNOWN_CA, PROTOCOL_VERSION = 40, 48, 70
_TLS12 = b"\x03\x03"
_SUITES = (
    b"\xc0\x2b",
    b"\xc0\x2c",
    b"\xcc\xa9",
    b"\xc0\x23",
    b"\xc0\x09",
    b"\xc0\x0a",
)  # ECDHE-ECDSA
_SIGNAL = b"\x00\xff"  # TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746)
_RENEGOTIATION_INFO, _SUPPORTED_VERSIONS = b"\xff\x01", b"\x00\x2b"
_P256, _ECDSA_SHA256 = b"\x00\x17", b"\x04\x03"
_CERTIFICATE = 11


class Refusal(Exception):
    """The client offers nothing that the server can take; `number` is the alert's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Hello(NamedTuple):
    version: bytes
    random: bytes
    suites: frozenset[bytes]
    extensions: dict[bytes, bytes]


def alert(number: int) -> bytes:
    """The record of a fatal alert."""
    return b"\x15" + _TLS12 + _sized(2, bytes((2, number)))


def reply(record: bytes, demand: Demand, key: ec.EllipticCurvePrivateKey) -> bytes:
    """The records from ServerHello to ServerHelloDone, for the ClientHello in `record`.

    Raises Refusal, and ValueError for what is no ClientHello.
    """
    hello = _read(record)
    versions = hello.extensions.get(_SUPPORTED_VERSIONS, hello.version)
    if hello.version < _TLS12 or _TLS12 not in _pairs(versions[len(versions) % 2 :]):
        raise Refusal(PROTOCOL_VERSION)
    suite = next((each for each in _SUITES if each in hello.suites), None)
    if suite is None:
        raise Refusal(HANDSHAKE_FAILURE)
    random = os.urandom(32)
    messages = (
        _message(2, _server_hello(hello, random, suite)),
        _message(_CERTIFICATE, _certificates(demand.chain)),
        _message(12, _key_exchange(hello.random + random, key)),
        _message(13, _request(demand.issuers)),
        _message(14, b""),
    )
    return b"".join(b"\x16" + _TLS12 + _sized(2, each) for each in messages)


def shows_nothing(record: bytes) -> bool:
    """Whether the client's answer begins with an empty list of certificates."""
    return record[5:6] == bytes((_CERTIFICATE,)) and record[9:12] == bytes(3)


def _read(record: bytes) -> _Hello:
    if record[:1] != b"\x16" or record[5:6] != b"\x01":
        raise ValueError("not a ClientHello")
    body = record[9:]
    _, rest = _cut(1, body[34:])
    suites, rest = _cut(2, rest)
    _, rest = _cut(1, rest)
    extensions = dict(_extensions(_cut(2, rest)[0]))
    return _Hello(body[:2], body[2:34], frozenset(_pairs(suites)), extensions)


def _extensions(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    while data:
        kind, (value, data) = data[:2], _cut(2, data[2:])
        yield kind, value


def _pairs(data: bytes) -> list[bytes]:
    return [data[at : at + 2] for at in range(0, len(data), 2)]


def _cut(width: int, data: bytes) -> tuple[bytes, bytes]:
    """What is announced by a length of `width` bytes, and the rest."""
    end = width + int.from_bytes(data[:width], "big")
    return data[width:end], data[end:]


def _sized(width: int, data: bytes) -> bytes:
    return len(data).to_bytes(width, "big") + data


def _message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + _sized(3, body)


def _server_hello(hello: _Hello, random: bytes, suite: bytes) -> bytes:
    is_secure = _RENEGOTIATION_INFO in hello.extensions or _SIGNAL in hello.suites
    extensions = _RENEGOTIATION_INFO + _sized(2, b"\x00") if is_secure else b""
    return _TLS12 + random + b"\x00" + suite + b"\x00" + _sized(2, extensions)


def _certificates(chain: Chain) -> bytes:
    return _sized(3, b"".join(_sized(3, each.public_bytes(Encoding.DER)) for each in chain))


def _key_exchange(randoms: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    point = ec.generate_private_key(ec.SECP256R1()).public_key()
    encoded = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    parameters = b"\x03" + _P256 + _sized(1, encoded)
    signature = key.sign(randoms + parameters, ec.ECDSA(SHA256()))
    return parameters + _ECDSA_SHA256 + _sized(2, signature)


def _request(issuers: Chain) -> bytes:
    kinds = b"\x01\x40"  # rsa_sign, ecdsa_sign
    schemes = _ECDSA_SHA256 + b"\x04\x01"  # and RSA with SHA-256
    names = b"".join(_sized(2, each.subject.public_bytes()) for each in issuers)
    return _sized(1, kinds) + _sized(2, schemes) + _sized(2, names)
