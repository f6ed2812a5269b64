"""Certificates that no library makes: the parts of a good one, changed, and signed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.factories import Made

if TYPE_CHECKING:
    from collections.abc import Callable

ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
# Fields of a TBSCertificate (RFC 5280, 4.1) of version 3.
VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)


def der(tag: int, *parts: bytes) -> bytes:
    """One DER element."""
    content = b"".join(parts)
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    size = (len(content).bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + len(content).to_bytes(size, "big") + content


def sequence(*parts: bytes) -> bytes:
    return der(0x30, *parts)


def rdn(*attributes: tuple[str, int, bytes]) -> bytes:
    """A RelativeDistinguishedName of attributes: OID in hex, string tag, value; in that order."""
    return der(
        0x31,
        *(sequence(der(6, bytes.fromhex(oid)), der(tag, value)) for oid, tag, value in attributes),
    )


def forge(
    issuer: Made,
    made: Made,
    change: Callable[[list[bytes]], None],
    algorithm: bytes = ECDSA_SHA256,
) -> Made:
    """`made` with the fields of its TBSCertificate changed in place, signed by `issuer` again."""
    fields = parts(made.parsed.tbs_certificate_bytes)
    change(fields)
    tbs = sequence(*fields)
    assert isinstance(issuer.private_key, ec.EllipticCurvePrivateKey)
    signature = issuer.private_key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    return Made(sequence(tbs, algorithm, der(3, b"\0", signature)), made.private_key)


def parts(element: bytes) -> list[bytes]:
    """The elements inside of `element`."""
    content, found = _content(element), []
    while content:
        length = len(content) - len(_rest(content))
        found.append(content[:length])
        content = content[length:]
    return found


def _header(data: bytes) -> tuple[int, int]:
    if data[1] < 0x80:
        return 2, data[1]
    size = data[1] & 0x7F
    return 2 + size, int.from_bytes(data[2 : 2 + size], "big")


def _content(data: bytes) -> bytes:
    start, length = _header(data)
    return data[start : start + length]


def _rest(data: bytes) -> bytes:
    start, length = _header(data)
    return data[start + length :]
