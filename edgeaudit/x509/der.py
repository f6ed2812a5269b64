"""Just enough DER to find one's way inside a certificate (X.690)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tag, where the content starts, where it ends (and the next element starts).
Element = tuple[int, int, int]


def tlv(data: bytes, at: int) -> Element:
    """The element at `at`. Raises ValueError if it is cut off or of indefinite length."""
    try:
        tag, length = data[at], data[at + 1]
    except IndexError:
        raise ValueError("no DER element here") from None
    start = at + 2
    if length >= 0x80:
        if length == 0x80:
            raise ValueError("no DER element here")
        start += length - 0x80
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise ValueError("a DER element is cut off")
    return tag, start, start + length


def children(data: bytes, at: int, end: int) -> Iterator[Element]:
    """The elements from `at` to `end`, one after the other. Raises ValueError as `tlv` does."""
    while at < end:
        element = tlv(data, at)
        at = element[2]
        if at > end:
            raise ValueError("a DER element is longer than what holds it")
        yield element


def spans(data: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where each element from `at` to `end` begins and ends. Raises ValueError as `tlv` does."""
    for _, _, after in children(data, at, end):
        yield at, after
        at = after


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate in DER. Raises ValueError as `tlv` does."""
    _, inside, _ = tlv(certificate, 0)
    _, start, end = tlv(certificate, inside)
    fields = list(spans(certificate, start, end))
    # [version], serial number, signature, issuer, validity, subject; then the key
    begin, after = fields[6 if certificate[start] == 0xA0 else 5]
    return certificate[begin:after]


@lru_cache(maxsize=256)
def oid(content: bytes) -> str:
    """The dotted form of an OBJECT IDENTIFIER's content octets (X.690, 8.19)."""
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2) if arcs else 0
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]])) if arcs else ""
