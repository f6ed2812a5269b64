"""A writer of key stores: what Java and OpenSSL write, and what they would never write."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tests.x509.forging import der, sequence

if TYPE_CHECKING:
    from collections.abc import Sequence

# What Java 17 writes for an AES key under the password "changeit", from the magic of
# ObjectOutputStream on: SealedObjectForKeyProtector, with the names of its algorithms at the end.
SEALED_KEY = (
    bytes.fromhex("aced0005737200")
    + b"\x33com.sun.crypto.provider.SealedObjectForKeyProtector"
    + bytes.fromhex("cd57ca59e730bb53020000787200")
    + b"\x19javax.crypto.SealedObject"
    + bytes.fromhex("3e363da6c3b75470020004")
    + b"[\0\rencodedParamst\0\2[B"
    + b"[\0\x10encryptedContentq\0~\0\2"
    + b"L\0\tparamsAlgt\0\x12Ljava/lang/String;"
    + b"L\0\7sealAlgq\0~\0\3xp"
    + bytes.fromhex("7572 0002 5b42 acf317f8060854e0 020000 7870 00000004 01020304")
    + bytes.fromhex("75 71007e0005 00000008 0102030405060708")
    + b"t\0\x16PBEWithMD5AndTripleDES" * 2
)
DATA, SIGNED, ENCRYPTED = "2a864886f70d010701", "2a864886f70d010702", "2a864886f70d010706"
KEY_BAG, SHROUDED_KEY_BAG, CERTIFICATE_BAG, CRL_BAG, SAFE_BAG = (
    f"2a864886f70d010c0a010{number}" for number in (1, 2, 3, 4, 6)
)
TRUSTED_KEY_USAGE = "6086480186f966adca7b0101"


def key_entry(alias: str, *chain: bytes) -> bytes:
    return b"\0\0\0\1" + _text(alias) + bytes(8) + _sized(b"a key") + _chain(chain)


def trusted_entry(alias: str, certificate: bytes) -> bytes:
    return b"\0\0\0\2" + _text(alias) + bytes(8) + _text("X.509") + _sized(certificate)


def secret_entry(alias: str, sealed: bytes = SEALED_KEY) -> bytes:
    return b"\0\0\0\3" + _text(alias) + bytes(8) + sealed


def java_store(
    *entries: bytes, magic: str = "feedfeed", version: int = 2, password: str = "changeit"
) -> bytes:
    """A JKS store, or with the other magic (cececece) a JCEKS store."""
    head = bytes.fromhex(magic) + version.to_bytes(4, "big") + len(entries).to_bytes(4, "big")
    told = head + b"".join(entries)
    salt = password.encode("utf-16-be") + b"Mighty Aphrodite"
    return told + hashlib.sha1(salt + told).digest()


def certificate_bag(
    certificate: bytes, name: str | None = None, key_id: bytes = b"", trusted: bool = False
) -> bytes:
    value = sequence(oid("2a864886f70d01091601"), der(0xA0, der(4, certificate)))
    return bag(CERTIFICATE_BAG, value, name, key_id, trusted)


def key_bag(name: str | None = None, key_id: bytes = b"") -> bytes:
    return bag(SHROUDED_KEY_BAG, sequence(der(4, b"a key")), name, key_id)


def bag(
    kind: str, value: bytes, name: str | None = None, key_id: bytes = b"", trusted: bool = False
) -> bytes:
    attributes = []
    if name is not None:
        text = der(0x1E, name.encode("utf-16-be"))
        attributes.append(sequence(oid("2a864886f70d010914"), der(0x31, text)))
    if key_id:
        attributes.append(sequence(oid("2a864886f70d010915"), der(0x31, der(4, key_id))))
    if trusted:
        attributes.append(sequence(oid(TRUSTED_KEY_USAGE), der(0x31, oid("551d2500"))))
    return sequence(oid(kind), der(0xA0, value), *([der(0x31, *attributes)] if attributes else []))


def pkcs12(*bags: bytes, mac: bytes = b"") -> bytes:
    """A PKCS#12 store that encrypts nothing."""
    return pfx(info(DATA, der(4, sequence(*bags))), mac=mac)


def pfx(*infos: bytes, mac: bytes = b"") -> bytes:
    return sequence(der(2, b"\3"), info(DATA, der(4, sequence(*infos))), mac)


def info(kind: str, content: bytes) -> bytes:
    """A ContentInfo (RFC 5652, 3)."""
    return sequence(oid(kind), der(0xA0, content))


def pkcs7(*certificates: bytes) -> bytes:
    """Certificates without a message, in the order given."""
    signed = sequence(
        der(2, b"\1"), der(0x31), sequence(oid(DATA)), der(0xA0, *certificates), der(0x31)
    )
    return info(SIGNED, signed)


def oid(content: str) -> bytes:
    return der(6, bytes.fromhex(content))


def indefinite(element: bytes, levels: int = 8) -> bytes:
    """The same in BER: constructed elements without a length, OCTET STRINGs in two pieces."""
    content = element[_header(element) :]
    if element[0] == 4 and len(content) > 1:
        half = len(content) // 2
        return b"\x24\x80" + der(4, content[:half]) + der(4, content[half:]) + b"\0\0"
    if not element[0] & 0x20 or not levels:
        return element
    children: list[bytes] = []
    inside = content
    while inside:
        size = _header(inside) + _length(inside)
        children.append(indefinite(inside[:size], levels - 1))
        inside = inside[size:]
    return element[:1] + b"\x80" + b"".join(children) + b"\0\0"


def _header(element: bytes) -> int:
    return 2 + (element[1] & 0x7F if element[1] >= 0x80 else 0)


def _length(element: bytes) -> int:
    if element[1] < 0x80:
        return element[1]
    return int.from_bytes(element[2 : _header(element)], "big")


def _chain(chain: Sequence[bytes]) -> bytes:
    certificates = [_text("X.509") + _sized(each) for each in chain]
    return len(chain).to_bytes(4, "big") + b"".join(certificates)


def _text(text: str) -> bytes:
    """Modified UTF-8 (DataOutput.writeUTF)."""
    utf16 = text.encode("utf-16-be", "surrogatepass")
    units = [int.from_bytes(utf16[at : at + 2], "big") for at in range(0, len(utf16), 2)]
    encoded = b"".join(
        chr(unit).encode("utf-8", "surrogatepass") if unit else b"\xc0\x80" for unit in units
    )
    return len(encoded).to_bytes(2, "big") + encoded


def _sized(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content
