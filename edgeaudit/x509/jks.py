"""JKS and JCEKS, Java's own key stores: the certificates in them, which stand there in the clear.

Read as sun.security.provider.JavaKeyStore and com.sun.crypto.provider.JceKeyStore do
(`engineLoad`). Keys are skipped.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError
from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

JKS, JCEKS = b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"
_KEY, _TRUSTED, _SECRET = 1, 2, 3
_DIGEST_SIZE = 20
_SALT = b"Mighty Aphrodite"  # JavaKeyStore.getPreKeyedHash
# The start of a SealedObject as ObjectOutputStream writes it (Java Object Serialization
# Specification, 6): a class of the provider without fields, its superclass SealedObject, and
# the values of the superclass's four fields, which `_VALUE` matches.
_SEALED_OBJECT = re.compile(
    rb"""
    \xac\xed\0\x05 sr ..[\w.$]{1,200} .{8} \x02\0\0
    x r \0\x19javax\.crypto\.SealedObject .{8} \x02\0\x04
        \[ \0\x0dencodedParams    t\0\x02\[B
        \[ \0\x10encryptedContent q\0~\0\x02
        L  \0\x09paramsAlg        t\0\x12Ljava/lang/String;
        L  \0\x07sealAlg          q\0~\0\x03
    x p
    """,
    re.DOTALL | re.VERBOSE,
)
_VALUE = re.compile(
    rb"""
      p | q\0~\0.                                                         # null, one seen before
    | t (?P<string>..)
    | u (?: q\0~\0. | r \0\x02\[B .{8} \x02\0\0 x p ) (?P<octets>....)        # byte[]
    """,
    re.DOTALL | re.VERBOSE,
)


class RawEntry(NamedTuple):
    """What stands under one alias: certificates in DER, that of the key first."""

    alias: str
    chain: tuple[bytes, ...]
    has_key: bool


def entries(data: bytes) -> Iterator[RawEntry]:
    """The entries of a JKS or JCEKS store that hold certificates, in their order.

    The digest at the end is that of the store with its password, which `is_whole` checks. Raises
    ValueError if the store is damaged, InputError if it holds something unknown.
    """
    reader = _Reader(data)
    kinds = (_KEY, _TRUSTED, _SECRET) if reader.take(4) == JCEKS else (_KEY, _TRUSTED)
    version = reader.number(4)
    if version not in {1, 2}:
        raise InputError(f"it is a Java key store of the unknown version {version}")
    for _ in range(reader.number(4)):
        kind, alias, _ = reader.number(4), reader.text(), reader.take(8)
        if kind not in kinds:
            raise ValueError("an entry is of no known kind")
        chain = _chain(reader, kind, alias, version)
        if chain:
            yield RawEntry(alias, chain, kind == _KEY)
    reader.take(_DIGEST_SIZE)
    if reader.at < len(data):
        raise ValueError("something stands after its end")


def is_whole(data: bytes, password: str) -> bool:
    """Whether the digest at the end of a JKS or JCEKS store is that of its data and password.

    Where it is not, Java refuses the store: `engineLoad` checks it if a password is given.
    """
    salt = password.encode("utf-16-be", "surrogatepass") + _SALT
    told = hashlib.sha1(salt + data[:-_DIGEST_SIZE], usedforsecurity=False)
    return told.digest() == data[-_DIGEST_SIZE:]


def _chain(reader: _Reader, kind: int, alias: str, version: int) -> tuple[bytes, ...]:
    if kind == _SECRET:
        _skip_sealed_object(reader, alias)
        return ()
    if kind == _KEY:
        reader.take(reader.number(4))
    count = reader.number(4) if kind == _KEY else 1
    return tuple(_certificate(reader, version) for _ in range(count))


def _certificate(reader: _Reader, version: int) -> bytes:
    if version == 2 and (kind := reader.text()) not in {"X.509", "X509"}:
        raise InputError(f"it holds a certificate of the unknown type {kind}")
    return reader.take(reader.number(4))


def _skip_sealed_object(reader: _Reader, alias: str) -> None:
    """Skip a secret key, whose length is written nowhere."""
    if not reader.skip(_SEALED_OBJECT):
        raise InputError(
            f'it holds a secret key, "{alias}", in an unknown form',
            "copy its certificates with `keytool -exportcert`, or without that entry",
        )
    for _ in range(4):
        value = reader.skip(_VALUE)
        if not value:
            raise ValueError("a secret key is damaged")
        reader.take(int.from_bytes(value["string"] or value["octets"] or b"", "big"))


class _Reader:
    """Java's DataInputStream. All raise ValueError at the end of the data."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        found = self.data[self.at : self.at + size]
        if len(found) < size:
            raise ValueError("it is cut off")
        self.at += size
        return found

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        """`readUTF`: NUL in two octets, and characters beyond U+FFFF as two surrogates of three."""
        told = self.take(self.number(2)).replace(b"\xc0\x80", b"\0")
        pairs = told.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass")
        return printable(pairs.decode("utf-16", "replace"))

    def skip(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        match = pattern.match(self.data, self.at)
        self.at = match.end() if match else self.at
        return match
