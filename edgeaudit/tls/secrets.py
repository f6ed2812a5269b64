"""The secrets of a key log, and opening TLS 1.3's encrypted records with them.

The file: draft-ietf-tls-keylogfile (SSLKEYLOGFILE). Keys, nonces and records: RFC 8446, 5.2, 5.3,
7.1 and 7.3.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from edgeaudit.tls.block_keys import block_opener
from edgeaudit.tls.ciphers import on_the_wire
from edgeaudit.tls.cursor import vector

if TYPE_CHECKING:
    from edgeaudit.tls.block_keys import BlockOpener
    from edgeaudit.tls.handshake import Side
    from edgeaudit.tls.hello import ClientHello, ServerHello

    Aead = AESGCM | AESCCM | ChaCha20Poly1305

_LINE = re.compile(rb"^([A-Z0-9_]+) ([0-9A-Fa-f]{64}) ([0-9A-Fa-f]{64,96})\s*$", re.MULTILINE)
_MOST_SECRETS = 500_000
_APPLICATION_DATA = 23


class Opened(NamedTuple):
    """What was in an encrypted record: its real type, and its content."""

    kind: int
    body: bytes


def has_secrets(text: bytes) -> bool:
    """Whether a key log has any line that is one."""
    return _LINE.search(text) is not None


class KeyLog:
    """The secrets of a key log, by the client's random and their label."""

    def __init__(self) -> None:
        self._secrets: dict[bytes, dict[bytes, bytes]] = defaultdict(dict)
        self._count = 0

    def add(self, text: bytes) -> None:
        """The lines of a key log; those that are none are passed over."""
        for label, client_random, secret in _LINE.findall(text):
            if self._count < _MOST_SECRETS:
                self._count += 1
                found = bytes.fromhex(client_random.decode())
                self._secrets[found][label] = bytes.fromhex(secret.decode())

    def lines(self, client_random: bytes) -> bytes:
        """The lines of one connection, as they stand in a key log."""
        return b"".join(
            b"%s %s %s\n" % (label, client_random.hex().encode(), secret.hex().encode())
            for label, secret in self._of(client_random).items()
        )

    def _of(self, client_random: bytes) -> dict[bytes, bytes]:
        return self._secrets.get(client_random, {})

    def opener(self, side: Side, client_random: bytes, cipher: int) -> Opener | None:
        """What opens the records of a side; None without its secret, or for an unknown suite."""
        who, secrets = side.upper().encode(), self._of(client_random)
        first = secrets.get(who + b"_HANDSHAKE_TRAFFIC_SECRET")
        later = secrets.get(who + b"_TRAFFIC_SECRET_0")
        return Opener(first, later, cipher) if first and cipher in _SUITES else None

    def block_opener(
        self, side: Side, hello: ClientHello, answer: ServerHello
    ) -> BlockOpener | None:
        """What opens the records of a side in TLS 1.0 to 1.2; None as `opener`."""
        master = self._of(hello.random).get(b"CLIENT_RANDOM")
        suite = on_the_wire(answer.cipher)
        return block_opener(side, master, hello, answer, suite) if master and suite else None


class Opener:
    """Opens the records of one side, in their order."""

    def __init__(self, first: bytes, later: bytes | None, cipher: int) -> None:
        self._cipher = cipher
        self._later = later
        self._use(first)

    def finished(self) -> None:
        """The side has sent its Finished: from now on other keys hold."""
        if self._later:
            self._use(self._later)
            self._later = None

    def open(self, body: bytes) -> Opened | None:
        """What is in a record; None where it cannot be opened."""
        number = self._number.to_bytes(len(self._iv), "big")
        nonce = bytes(one ^ other for one, other in zip(self._iv, number, strict=True))
        head = bytes([_APPLICATION_DATA, 3, 3]) + len(body).to_bytes(2, "big")
        try:
            plain = self._aead.decrypt(nonce, body, head).rstrip(b"\0")
        except (InvalidTag, ValueError):
            return None
        self._number += 1
        return Opened(plain[-1], plain[:-1]) if plain else None

    def _use(self, secret: bytes) -> None:
        kind, size, digest = _SUITES[self._cipher]
        self._aead = _aead(kind, _expanded(secret, b"key", size, digest))
        self._iv = _expanded(secret, b"iv", 12, digest)
        self._number = 0


_SHA256, _SHA384 = hashes.SHA256(), hashes.SHA384()
_SUITES: dict[int, tuple[str, int, hashes.HashAlgorithm]] = {
    0x1301: ("gcm", 16, _SHA256),
    0x1302: ("gcm", 32, _SHA384),
    0x1303: ("chacha", 32, _SHA256),
    0x1304: ("ccm", 16, _SHA256),
    0x1305: ("ccm8", 16, _SHA256),
}


def _aead(kind: str, key: bytes) -> Aead:
    if kind == "gcm":
        return AESGCM(key)
    if kind == "chacha":
        return ChaCha20Poly1305(key)
    return AESCCM(key, tag_length=16 if kind == "ccm" else 8)


def _expanded(secret: bytes, label: bytes, size: int, digest: hashes.HashAlgorithm) -> bytes:
    """HKDF-Expand-Label with an empty context (RFC 8446, 7.1)."""
    info = size.to_bytes(2, "big") + vector(b"tls13 " + label, 1) + vector(b"", 1)
    return HKDFExpand(digest, size, info).derive(secret)
