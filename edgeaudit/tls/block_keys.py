"""Opening the encrypted records of TLS 1.0 to 1.2 with the master secret of a key log.

Keys: RFC 5246, 5 and 6.3; RFC 2246, 5. Records: RFC 5246, 6.2.3 (MAC, padding, own IV), RFC 2246,
6.2.3.2 (the IV is the last block), RFC 5288 (GCM), RFC 6655 (CCM), RFC 7905 (ChaCha20), RFC 7366
(encrypt-then-MAC, of blocks alone). Suites with Camellia, ARIA, DES and the like stay closed.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM, AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from edgeaudit.tls.extensions import Extension
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherContext

    from edgeaudit.tls.ciphers import Suite
    from edgeaudit.tls.handshake import Side
    from edgeaudit.tls.hello import ClientHello, ServerHello
    from edgeaudit.tls.records import Record

    Aead = AESGCM | AESCCM | ChaCha20Poly1305

_EXPLICIT = 8  # of a nonce, in the record
_MACS = {"MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48}
_RC4 = "RC4-128"
# ciphers of blocks, with the sizes of their keys and blocks
_BLOCKS: dict[str, tuple[type[AES | TripleDES], int, int]] = {
    "AES128-CBC": (AES, 16, 16),
    "AES256-CBC": (AES, 32, 16),
    "3DES-CBC": (TripleDES, 24, 8),
}
_AEADS = {f"AES{size * 8}-{mode}": size for size in (16, 32) for mode in ("GCM", "CCM", "CCM8")}


class _Keys(NamedTuple):
    """What one side encrypts with."""

    mac: bytes
    key: bytes
    iv: bytes


class BlockOpener:
    """Opens the records of one side after its ChangeCipherSpec, in their order."""

    def __init__(self, keys: _Keys, suite: Suite, version: int, *, macs_last: bool) -> None:
        self._keys = keys
        self._suite = suite
        self._has_own_iv = version > Version.TLSV1
        self._macs_last = macs_last
        self._last = keys.iv
        self._number = 0
        self._stream = _stream(keys.key) if suite.enc == _RC4 else None

    def open(self, record: Record) -> bytes | None:
        """What is in the next record; None where it cannot be opened."""
        try:
            if self._stream:
                body = record.body or bytes(record.size)
                return self._checked(record, self._stream.update(body))
            return self._aead(record) if self._suite.mac == "AEAD" else self._cbc(record)
        except (InvalidTag, ValueError, IndexError):
            return None
        finally:
            self._count(record)

    def skip(self, record: Record) -> None:
        """Pass over a record whose content does not matter."""
        if self._stream:
            self._stream.update(bytes(record.size))
        self._count(record)

    def _count(self, record: Record) -> None:
        self._number += 1
        mac = _MACS.get(self._suite.mac, 0) if self._macs_last else 0
        self._last = record.body[: len(record.body) - mac]

    def _aead(self, record: Record) -> bytes:
        cipher, tag = _cipher(self._suite.enc, self._keys.key)
        body = record.body
        if isinstance(cipher, ChaCha20Poly1305):
            number = self._number.to_bytes(len(self._keys.iv), "big")
            nonce = bytes(a ^ b for a, b in zip(self._keys.iv, number, strict=True))
        else:
            nonce, body = self._keys.iv + body[:_EXPLICIT], body[_EXPLICIT:]
        if len(body) < tag:
            raise InvalidTag
        return cipher.decrypt(nonce, body, self._head(record, len(body) - tag))

    def _cbc(self, record: Record) -> bytes:
        cipher, _, block = _BLOCKS[self._suite.enc]
        body = self._checked(record, record.body) if self._macs_last else record.body
        iv = self._last[-block:]
        if self._has_own_iv:
            iv, body = body[:block], body[block:]
        decryptor = Cipher(cipher(self._keys.key), CBC(iv)).decryptor()
        plain = decryptor.update(body) + decryptor.finalize()
        plain = plain[: -1 - plain[-1]]
        return plain if self._macs_last else self._checked(record, plain)

    def _checked(self, record: Record, data: bytes) -> bytes:
        """The data before the MAC at its end; raises InvalidTag where that is another's."""
        size = _MACS[self._suite.mac]
        data, mac = data[:-size], data[-size:]
        made = hmac.digest(self._keys.mac, self._head(record, len(data)) + data, self._suite.mac)
        if not hmac.compare_digest(made, mac):
            raise InvalidTag
        return data

    def _head(self, record: Record, size: int) -> bytes:
        """What is authenticated beside the content."""
        kind = bytes([record.kind]) + record.version.to_bytes(2, "big")
        return self._number.to_bytes(8, "big") + kind + size.to_bytes(2, "big")


def block_opener(
    side: Side, master: bytes, hello: ClientHello, answer: ServerHello, suite: Suite
) -> BlockOpener | None:
    """What opens the records of a side; None for a suite or a version that is not known here."""
    sizes = _sizes(suite, answer.version)
    if sizes is None:
        return None
    seed = b"key expansion" + answer.random + hello.random
    block = _prf(master, seed, 2 * sum(sizes), suite, answer.version)
    parts, at = [], 0
    for size in sizes:
        start = at + (size if side == "server" else 0)
        parts.append(block[start : start + size])
        at += 2 * size
    macs_last = answer.extension(Extension.ENCRYPT_THEN_MAC) is not None
    return BlockOpener(_Keys(*parts), suite, answer.version, macs_last=macs_last)


def _sizes(suite: Suite, version: int) -> tuple[int, int, int] | None:
    """The sizes of the MAC's key, the key and the IV that come out of the key block."""
    mac = _MACS.get(suite.mac)
    if not Version.TLSV1 <= version <= Version.TLSV1_2:
        return None
    if suite.enc == "CHACHA20-POLY1305":
        return 0, 32, 12
    if suite.enc in _AEADS:
        return 0, _AEADS[suite.enc], 4
    if suite.enc == _RC4 and mac:
        return mac, 16, 0
    if suite.enc not in _BLOCKS or not mac:
        return None
    _, key, block = _BLOCKS[suite.enc]
    return mac, key, block if version == Version.TLSV1 else 0


def _stream(key: bytes) -> CipherContext:
    return Cipher(ARC4(key), None).decryptor()


def _cipher(name: str, key: bytes) -> tuple[Aead, int]:
    """The cipher, and the size of its tag."""
    if name == "CHACHA20-POLY1305":
        return ChaCha20Poly1305(key), 16
    if name.endswith("GCM"):
        return AESGCM(key), 16
    tag = 8 if name.endswith("CCM8") else 16
    return AESCCM(key, tag_length=tag), tag


def _prf(secret: bytes, seed: bytes, size: int, suite: Suite, version: int) -> bytes:
    if version == Version.TLSV1_2:
        digest = "sha384" if suite.name.endswith("SHA384") else "sha256"
        return _stretched(secret, seed, size, digest)
    half = (len(secret) + 1) // 2
    one = _stretched(secret[:half], seed, size, "md5")
    other = _stretched(secret[-half:], seed, size, "sha1")
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _stretched(secret: bytes, seed: bytes, size: int, digest: str) -> bytes:
    """P_hash (RFC 5246, 5)."""
    found, turn = b"", seed
    while len(found) < size:
        turn = hmac.digest(secret, turn, digest)
        found += hmac.digest(secret, turn + seed, digest)
    return found[:size]
