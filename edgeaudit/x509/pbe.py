"""Encryption and digests with a password, as PKCS#12 stores have them (RFC 7292, 8018, 9579)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES

from edgeaudit.errors import InputError
from edgeaudit.x509 import rc2
from edgeaudit.x509.der import INTEGER, OCTET_STRING, OID, SEQUENCE, contents, fields, oid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

T = TypeVar("T")

# What Java takes for a single one (PKCS12KeyStore.MAX_ITERATION_COUNT), here for a whole file.
_MOST_ROUNDS = 5_000_000
_LARGEST = 2 * 1024 * 1024  # RC2 takes seconds for that
_FOR_KEY, _FOR_IV, _FOR_MAC = 1, 2, 3
_LONGEST_OID = 32
_PBES2, _PBKDF2, _PBMAC1 = (f"1.2.840.113549.1.5.{number}" for number in (13, 12, 14))
_HASHES = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_HMACS = {
    f"1.2.840.113549.2.{number}": name
    for number, name in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), 7)
}


def _decrypt(algorithm: Callable[[bytes], Any], key: bytes, iv: bytes, data: bytes) -> bytes:
    try:
        decryptor = Cipher(algorithm(key), modes.CBC(iv)).decryptor()
    except UnsupportedAlgorithm as error:
        raise InputError("it is encrypted in a way that this machine's OpenSSL forbids") from error
    return decryptor.update(data) + decryptor.finalize()


def _triple_des(key: bytes) -> TripleDES:
    return TripleDES((key * 2)[:24])  # of two keys, the first one is used again


# How to decrypt with key, IV and data, and the octets of the key.
_Method: TypeAlias = "tuple[Callable[[bytes, bytes, bytes], bytes], int]"
_PBE_METHODS: dict[str, _Method] = {
    "1.2.840.113549.1.12.1.3": (partial(_decrypt, _triple_des), 24),
    "1.2.840.113549.1.12.1.4": (partial(_decrypt, _triple_des), 16),
    "1.2.840.113549.1.12.1.5": (rc2.decrypt_cbc, 16),
    "1.2.840.113549.1.12.1.6": (rc2.decrypt_cbc, 5),
}
_PBES2_METHODS: dict[str, _Method] = {
    "1.2.840.113549.3.7": (partial(_decrypt, _triple_des), 24),
    "2.16.840.1.101.3.4.1.2": (partial(_decrypt, AES), 16),
    "2.16.840.1.101.3.4.1.22": (partial(_decrypt, AES), 24),
    "2.16.840.1.101.3.4.1.42": (partial(_decrypt, AES), 32),
}


class Derivation(NamedTuple):
    """How octets come from a password: by PBKDF2, or in PKCS#12's own way."""

    hash: str
    salt: bytes
    rounds: int
    is_pbkdf2: bool

    def derive(self, password: str | None, use: int, size: int) -> bytes:
        """`size` octets; `use` matters to PKCS#12's own way only, as does a password of None."""
        if self.is_pbkdf2:
            told = (password or "").encode("utf-8", "surrogateescape")
            return hashlib.pbkdf2_hmac(self.hash, told, self.salt, self.rounds, size)
        # RFC 7292, B.1: with the NUL at its end, an empty password differs from none.
        told = b"" if password is None else (password + "\0").encode("utf-16-be", "surrogatepass")
        return _derived(self, told, use, size)


@dataclass(frozen=True)
class Encrypted:
    """What a password opens."""

    data: bytes
    method: _Method
    derivation: Derivation
    iv: bytes | None  # None where it is derived as the key is

    def open(self, password: str | None) -> bytes:
        """The plain data. Raises ValueError, most of the time, if the password is wrong."""
        decrypt, size = self.method
        key = self.derivation.derive(password, _FOR_KEY, size)
        iv = self.derivation.derive(password, _FOR_IV, 8) if self.iv is None else self.iv
        return _unpadded(decrypt(key, iv, self.data))


class Mac(NamedTuple):
    """A digest with a password over data."""

    expected: bytes
    hash: str
    derivation: Derivation
    key_size: int

    def is_right(self, data: bytes, password: str | None) -> bool:
        """Whether it is the digest of `data` with `password`."""
        key = self.derivation.derive(password, _FOR_MAC, self.key_size)
        return hmac.compare_digest(hmac.digest(key, data, self.hash), self.expected)


def read_encrypted(algorithm: bytes, data: bytes) -> Encrypted:
    """`data`, encrypted as the content of the AlgorithmIdentifier `algorithm` says.

    Raises ValueError if that is damaged, InputError if it is an unknown one.
    """
    if len(data) > _LARGEST:
        raise InputError("an encrypted part of it is larger than 2 MiB")
    kind, parameters = fields(algorithm, OID, SEQUENCE)
    if short_oid(kind) == _PBES2:
        derivation, scheme = fields(parameters, SEQUENCE, SEQUENCE)
        cipher, iv = fields(scheme, OID, OCTET_STRING)
        method = known(_PBES2_METHODS, cipher)
        return Encrypted(data, method, _read_pbkdf2(derivation)[0], iv)
    method = known(_PBE_METHODS, kind)
    salt, rounds = fields(parameters, OCTET_STRING, INTEGER)
    return Encrypted(data, method, Derivation("sha1", salt, _number(rounds), False), None)


def read_mac(content: bytes) -> Mac:
    """The MacData (RFC 7292, 4) with this content. Raises as `read_encrypted` does."""
    info, salt = fields(content, SEQUENCE, OCTET_STRING)
    algorithm, expected = fields(info, SEQUENCE, OCTET_STRING)
    (kind,) = fields(algorithm, OID)
    if short_oid(kind) == _PBMAC1:
        _, parameters = fields(algorithm, OID, SEQUENCE)
        wrapped, scheme = fields(parameters, SEQUENCE, SEQUENCE)
        derivation, size = _read_pbkdf2(wrapped)
        return Mac(expected, known(_HMACS, fields(scheme, OID)[0]), derivation, size)
    name = known(_HASHES, kind)
    rounds = dict(contents(content)[2:]).get(INTEGER, b"\1")
    derivation = Derivation(name, salt, _number(rounds), False)
    return Mac(expected, name, derivation, hashlib.new(name).digest_size)


def check_rounds(derivations: Iterable[Derivation]) -> None:
    """Raises InputError where they would take minutes, ValueError where one has no round."""
    rounds = [each.rounds for each in derivations]
    if sum(rounds) > _MOST_ROUNDS:
        raise InputError(f"it asks for more than {_MOST_ROUNDS} rounds of key derivation")
    if 0 in rounds:
        raise ValueError("it asks for no round of key derivation")


def known(table: Mapping[str, T], kind: bytes) -> T:
    """What `table` has for the OID `kind`. Raises InputError where it has nothing."""
    if short_oid(kind) not in table:
        raise InputError(
            f"it is written in a way ({short_oid(kind)}) that edgeaudit does not know",
            "write it anew with `keytool -importkeystore`, or its certificates as PEM",
        )
    return table[short_oid(kind)]


def short_oid(content: bytes) -> str:
    """The dotted form of an OID's content octets, cut off where no known one is so long."""
    return oid(content[:_LONGEST_OID])


def _read_pbkdf2(content: bytes) -> tuple[Derivation, int]:
    """A key derivation, and the octets of the key if they are written, else 0 (RFC 8018, A.2)."""
    kind, parameters = fields(content, OID, SEQUENCE)
    known({_PBKDF2: None}, kind)
    salt, rounds = fields(parameters, OCTET_STRING, INTEGER)
    rest = dict(contents(parameters)[2:])
    name = known(_HMACS, fields(rest[SEQUENCE], OID)[0]) if SEQUENCE in rest else "sha1"
    size = min(_number(rest.get(INTEGER, b"")), 64)
    return Derivation(name, salt, _number(rounds), True), size


def _number(content: bytes) -> int:
    return int.from_bytes(content[:8], "big")


def _unpadded(data: bytes) -> bytes:
    size = data[-1] if data else 0
    if data[-size:] != bytes([size]) * size:
        raise ValueError("the padding is wrong")
    return data[:-size]


def _derived(how: Derivation, password: bytes, use: int, size: int) -> bytes:
    """RFC 7292, B.2."""
    block = hashlib.new(how.hash).block_size
    new = getattr(hashlib, how.hash)
    material = _filled(how.salt, block) + _filled(password, block)
    found = b""
    while len(found) < size:
        digest = bytes([use]) * block + material
        for _ in range(how.rounds):
            digest = new(digest).digest()
        found += digest
        addend = int.from_bytes(_filled(digest, block), "big") + 1
        material = b"".join(
            ((int.from_bytes(material[at : at + block], "big") + addend) % (1 << 8 * block))
            .to_bytes(block, "big")
            for at in range(0, len(material), block)
        )  # fmt: skip
    return found[:size]


def _filled(text: bytes, block: int) -> bytes:
    """`text` over and over, up to the end of a block."""
    size = -(-len(text) // block) * block
    return (text * (size // max(len(text), 1) + 1))[:size]
