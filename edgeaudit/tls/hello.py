"""ClientHello, ServerHello and HelloRetryRequest: bytes to values and back.

RFC 8446, 4.1; RFC 5246, 7.4.1; RFC 5246, E.2 and the SSL 2.0 specification for the old form.
What is damaged is read as far as that goes; `damage` then says where it ended, and what could not
be read is empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgeaudit.tls import extensions as ext
from edgeaudit.tls.cursor import Cursor, Damaged, numbers, packed, vector
from edgeaudit.tls.extensions import Extension, is_grease

if TYPE_CHECKING:
    from edgeaudit.tls.extensions import Raw

CLIENT_HELLO, SERVER_HELLO, HELLO_REQUEST = 1, 2, 0
# what marks a ServerHello as a HelloRetryRequest (RFC 8446, 4.1.3)
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
_TLSV1_2, _TLSV1_3 = 0x0303, 0x0304
# drafts of TLS 1.3 stand as 0x7fNN
_DRAFT = 0x7F00


class _Extended:
    """What both hellos have: extensions, found by number."""

    extensions: Raw

    def extension(self, number: int) -> bytes | None:
        """What the first extension of that number holds; None where there is none."""
        return next((data for found, data in self.extensions if found == number), None)

    def _inside(self, number: int, size: int) -> bytes:
        """What the vector in an extension holds; nothing where it is damaged or not there."""
        try:
            return Cursor(self.extension(number) or b"").vector(size, "")
        except Damaged:
            return b""

    @cached_property
    def alpn(self) -> tuple[str, ...]:
        """The protocols above TLS that are offered, or the one that is chosen."""
        inner, found = Cursor(self._inside(Extension.ALPN, 2)), []
        while inner.left:
            try:
                found.append(inner.vector(1, "").decode("latin-1"))
            except Damaged:
                break
        return tuple(found)


@dataclass(frozen=True)
class ClientHello(_Extended):
    """What a client offers. `version` is the legacy version, numbers are those on the wire.

    `is_sslv2` tells that it came in SSLv2's form, where suites may have three bytes.
    """

    version: int = 0
    random: bytes = field(default=b"", repr=False)
    session_id: bytes = field(default=b"", repr=False)
    ciphers: tuple[int, ...] = ()
    compressions: tuple[int, ...] = ()
    extensions: Raw = field(default=(), repr=False)
    is_sslv2: bool = False
    damage: str = ""

    @cached_property
    def sni(self) -> str | None:
        """The host that is asked for (RFC 6066, 3); None where none is."""
        inner = Cursor(self._inside(Extension.SERVER_NAME, 2))
        try:
            while inner.left:
                kind, name = inner.number(1, ""), inner.vector(2, "")
                if kind == 0:
                    return name.decode("utf-8", "backslashreplace")
        except Damaged:
            pass
        return None

    @cached_property
    def versions(self) -> tuple[int, ...]:
        """The versions that are offered, as listed; without a list, only the highest is known."""
        if self.extension(Extension.SUPPORTED_VERSIONS) is None:
            return (min(self.version, _TLSV1_2),)
        listed = numbers(self._inside(Extension.SUPPORTED_VERSIONS, 1), 2)
        return tuple(each for each in listed if not is_grease(each) and each & 0xFF00 != _DRAFT)

    @property
    def lists_versions(self) -> bool:
        """Whether it names each version, and not the highest alone."""
        return self.extension(Extension.SUPPORTED_VERSIONS) is not None

    @cached_property
    def suites(self) -> tuple[int, ...]:
        """The suites that are offered, as listed, without GREASE."""
        return tuple(each for each in self.ciphers if not is_grease(each))

    @cached_property
    def groups(self) -> tuple[int, ...]:
        """The groups that are offered, as listed, without GREASE."""
        listed = numbers(self._inside(Extension.SUPPORTED_GROUPS, 2), 2)
        return tuple(each for each in listed if not is_grease(each))

    @cached_property
    def signature_algorithms(self) -> tuple[int, ...]:
        """The signature schemes that are understood, as listed, without GREASE."""
        listed = numbers(self._inside(Extension.SIGNATURE_ALGORITHMS, 2), 2)
        return tuple(each for each in listed if not is_grease(each))

    @property
    def session_ticket(self) -> bytes:
        """The ticket with which a session is to be resumed (RFC 5077); empty without one."""
        return self.extension(Extension.SESSION_TICKET) or b""

    @property
    def has_psk(self) -> bool:
        """Whether it would resume a session, or use a key known beforehand (RFC 8446, 4.2.11)."""
        return self.extension(Extension.PRE_SHARED_KEY) is not None

    @cached_property
    def certificate_authorities(self) -> tuple[bytes, ...]:
        """The names, in DER, of the issuers that the client trusts (RFC 8446, 4.2.4)."""
        try:
            data = self.extension(Extension.CERTIFICATE_AUTHORITIES) or b"\0\0"
            return Cursor(data).vectors(2, 2, "")
        except Damaged:
            return ()

    def build(self) -> bytes:
        """The message, without its header; in SSLv2's form where it came so."""
        if self.is_sslv2:
            return _build_sslv2(self)
        body = self.version.to_bytes(2, "big") + self.random + vector(self.session_id, 1)
        body += vector(packed(self.ciphers, 2), 2) + vector(packed(self.compressions, 1), 1)
        return body + (ext.build_all(self.extensions) if self.extensions else b"")


@dataclass(frozen=True)
class ServerHello(_Extended):
    """What a server chooses. `legacy_version` is what TLS 1.3 leaves at TLS 1.2."""

    legacy_version: int = 0
    random: bytes = field(default=b"", repr=False)
    session_id: bytes = field(default=b"", repr=False)
    cipher: int = 0
    compression: int = 0
    extensions: Raw = field(default=(), repr=False)
    damage: str = ""

    @cached_property
    def version(self) -> int:
        """The version that was chosen."""
        chosen = self.extension(Extension.SUPPORTED_VERSIONS) or b""
        if len(chosen) != 2:
            return self.legacy_version
        number = int.from_bytes(chosen, "big")
        return _TLSV1_3 if number & 0xFF00 == _DRAFT else number

    @property
    def is_retry(self) -> bool:
        """Whether it is a HelloRetryRequest, which asks for another ClientHello."""
        return self.random == RETRY

    @property
    def has_psk(self) -> bool:
        """Whether the server took one of the keys known beforehand."""
        return self.extension(Extension.PRE_SHARED_KEY) is not None

    @property
    def group(self) -> int | None:
        """The group of TLS 1.3's key exchange, as far as it is told."""
        share = self.extension(Extension.KEY_SHARE) or b""
        return int.from_bytes(share[:2], "big") if len(share) >= 2 else None

    def build(self) -> bytes:
        """The message, without its header."""
        body = self.legacy_version.to_bytes(2, "big") + self.random + vector(self.session_id, 1)
        body += self.cipher.to_bytes(2, "big") + self.compression.to_bytes(1, "big")
        return body + (ext.build_all(self.extensions) if self.extensions else b"")


def read_client_hello(body: bytes) -> ClientHello:
    """A ClientHello without its header, as far as it can be read."""
    found: dict[str, Any] = {}
    cursor = Cursor(body)
    try:
        found["version"] = cursor.number(2, "its version")
        found["random"] = cursor.take(32, "its random")
        found["session_id"] = cursor.vector(1, "its session")
        found["ciphers"] = cursor.numbers(2, 2, "its suites")
        found["compressions"] = cursor.numbers(1, 1, "its compressions")
        found |= _extensions(cursor)
    except Damaged as damaged:
        found["damage"] = str(damaged)
    return ClientHello(**found)


def read_server_hello(body: bytes) -> ServerHello:
    """A ServerHello or HelloRetryRequest without its header, as far as it can be read."""
    found: dict[str, Any] = {}
    cursor = Cursor(body)
    try:
        found["legacy_version"] = cursor.number(2, "its version")
        found["random"] = cursor.take(32, "its random")
        found["session_id"] = cursor.vector(1, "its session")
        found["cipher"] = cursor.number(2, "its suite")
        found["compression"] = cursor.number(1, "its compression")
        found |= _extensions(cursor)
    except Damaged as damaged:
        found["damage"] = str(damaged)
    return ServerHello(**found)


def read_sslv2_hello(body: bytes) -> ClientHello:
    """A ClientHello in SSLv2's form, from its message type on, as far as it can be read."""
    found: dict[str, Any] = {"is_sslv2": True}
    cursor = Cursor(body)
    try:
        cursor.take(1, "its type")
        found["version"] = cursor.number(2, "its version")
        sizes = [cursor.number(2, "its lengths") for _ in range(3)]
        found["ciphers"] = numbers(cursor.take(sizes[0], "its suites"), 3)
        found["session_id"] = cursor.take(sizes[1], "its session")
        found["random"] = cursor.take(sizes[2], "its challenge")
    except Damaged as damaged:
        found["damage"] = str(damaged)
    return ClientHello(**found)


def _extensions(cursor: Cursor) -> dict[str, Any]:
    if not cursor.left:
        return {}  # SSLv3 and early TLS 1.0 have none
    found, is_whole = ext.read_all(cursor.rest())
    return {"extensions": found, "damage": "" if is_whole else "its extensions are damaged"}


def _build_sslv2(hello: ClientHello) -> bytes:
    suites = packed(hello.ciphers, 3)
    lengths = packed((len(suites), len(hello.session_id), len(hello.random)), 2)
    head = b"\x01" + hello.version.to_bytes(2, "big")
    return head + lengths + suites + hello.session_id + hello.random
