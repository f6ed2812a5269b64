"""The messages between the hellos and Finished: certificates, and the request for them.

RFC 5246, 7.4 and RFC 8446, 4.3 and 4.4; RFC 8422, 5.4; RFC 6066, 8. Bytes to values and back. What
is damaged is read as far as that goes, and `damage` says where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from edgeaudit.tls.cursor import Cursor, Damaged, packed, vector, vectors
from edgeaudit.tls.extensions import Extension, build_all, read_all
from edgeaudit.tls.protocols import Version

_NAMED_CURVE = 3


class Type(IntEnum):
    """The types of handshake messages (IANA, "TLS HandshakeType")."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    NEW_SESSION_TICKET = 4
    ENCRYPTED_EXTENSIONS = 8
    CERTIFICATE = 11
    SERVER_KEY_EXCHANGE = 12
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    CERTIFICATE_VERIFY = 15
    CLIENT_KEY_EXCHANGE = 16
    FINISHED = 20
    CERTIFICATE_STATUS = 22
    KEY_UPDATE = 24


@dataclass(frozen=True)
class CertificateMessage:
    """The certificates that a side shows, each in DER, as sent; none where it has none to show.

    `context` is TLS 1.3's.
    """

    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    context: bytes = b""
    damage: str = ""

    def build(self, version: int) -> bytes:
        """The message, without its header; TLS 1.3's has no extensions."""
        if version < Version.TLSV1_3:
            return vectors(self.certificates, 3, 3)
        entries = b"".join(vector(each, 3) + vector(b"", 2) for each in self.certificates)
        return vector(self.context, 1) + vector(entries, 3)


_BEFORE_1_2 = ("RSA", "EC", "DSA")
_KEYS_BY_TYPE = {1: ("RSA",), 2: ("DSA",), 64: ("EC", "Ed25519", "Ed448")}
_KEYS_BY_SIGNATURE = {1: "RSA", 2: "DSA", 3: "EC"}
_NEW_SCHEMES, _PSS = 0x08, (0x04, 0x05, 0x06, 0x09, 0x0A, 0x0B)
_EDWARDS = {0x0807: "Ed25519", 0x0808: "Ed448"}


def _key_of_scheme(scheme: int) -> str | None:
    if scheme in _EDWARDS:
        return _EDWARDS[scheme]
    high, low = divmod(scheme, 256)
    if high == _NEW_SCHEMES:
        return "RSA" if low in _PSS else None
    return _KEYS_BY_SIGNATURE.get(low) if high < _NEW_SCHEMES else None


@dataclass(frozen=True)
class CertificateRequest:
    """What a server asks of the client's certificate; `authorities` are names in DER."""

    types: tuple[int, ...] = ()
    signature_algorithms: tuple[int, ...] = ()
    authorities: tuple[bytes, ...] = field(default=(), repr=False)
    context: bytes = b""
    damage: str = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The kinds of key that it takes, of RSA, EC, Ed25519, Ed448 and DSA; what it names first.

        By its signature algorithms (RFC 8446, 4.2.3), and before TLS 1.2 by its types (RFC 5246,
        7.4.4), which TLS 1.2 has besides: there EdDSA goes by EC's (RFC 8422, 5.5).
        """
        of_types = {kind for each in self.types for kind in _KEYS_BY_TYPE.get(each, ())}
        if not self.signature_algorithms:
            return tuple(kind for kind in _BEFORE_1_2 if kind in of_types)
        named = dict.fromkeys(map(_key_of_scheme, self.signature_algorithms))
        return tuple(each for each in named if each and (not self.types or each in of_types))

    def build(self, version: int) -> bytes:
        """The message, without its header."""
        if version < Version.TLSV1_3:
            schemes = vector(packed(self.signature_algorithms, 2), 2)
            types = vector(packed(self.types, 1), 1)
            middle = schemes if version >= Version.TLSV1_2 else b""
            return types + middle + vectors(self.authorities, 2, 2)
        schemes = vector(packed(self.signature_algorithms, 2), 2)
        listed = [(int(Extension.SIGNATURE_ALGORITHMS), schemes)]
        if self.authorities:
            names = vectors(self.authorities, 2, 2)
            listed.append((int(Extension.CERTIFICATE_AUTHORITIES), names))
        return vector(self.context, 1) + build_all(tuple(listed))


def read_certificate(body: bytes, version: int) -> CertificateMessage:
    """A Certificate message without its header, as far as it can be read."""
    is_new = version >= Version.TLSV1_3
    context, found, damage = b"", [], ""
    cursor = Cursor(body)
    try:
        context = cursor.vector(1, "its context") if is_new else b""
        size = cursor.number(3, "its length")
        damage = "" if size <= cursor.left else "it ends within its certificates"
        inner = Cursor(cursor.take(min(size, cursor.left), "its certificates"))
        while inner.left:
            found.append(inner.vector(3, "a certificate"))
            if is_new:
                inner.vector(2, "a certificate's extensions")
    except Damaged as damaged:
        damage = str(damaged)
    return CertificateMessage(tuple(found), context, damage)


def read_certificate_request(body: bytes, version: int) -> CertificateRequest:
    """A CertificateRequest without its header, as far as it can be read."""
    found: dict[str, Any] = {}
    try:
        cursor = Cursor(body)
        if version >= Version.TLSV1_3:
            found["context"] = cursor.vector(1, "its context")
            found |= _from_extensions(cursor)
        else:
            found["types"] = cursor.numbers(1, 1, "its types")
            if version >= Version.TLSV1_2:
                found["signature_algorithms"] = cursor.numbers(2, 2, "its signature algorithms")
            found["authorities"] = cursor.vectors(2, 2, "its issuers")
    except Damaged as damaged:
        found["damage"] = str(damaged)
    return CertificateRequest(**found)


def _from_extensions(cursor: Cursor) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, data in read_all(cursor.rest())[0]:
        if number == Extension.SIGNATURE_ALGORITHMS:
            found["signature_algorithms"] = Cursor(data).numbers(2, 2, "its signature algorithms")
        elif number == Extension.CERTIFICATE_AUTHORITIES:
            found["authorities"] = Cursor(data).vectors(2, 2, "its issuers")
    return found


def read_named_curve(body: bytes) -> int | None:
    """The curve of an ECDHE ServerKeyExchange (RFC 8422, 5.4); None where it names none."""
    return int.from_bytes(body[1:3], "big") if body[:1] == bytes([_NAMED_CURVE]) else None


def read_certificate_status(body: bytes) -> bytes:
    """The OCSP response, in DER, of a CertificateStatus (RFC 6066, 8); empty without one."""
    try:
        cursor = Cursor(body)
        return cursor.vector(3, "the response") if cursor.number(1, "its type") == 1 else b""
    except Damaged:
        return b""
