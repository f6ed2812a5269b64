"""Just enough DER to find one's way inside a certificate (X.690)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Tag, where the content starts, where it ends (and the next element starts).
Element = tuple[int, int, int]

INTEGER, OCTET_STRING, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
CONTEXT_0 = 0xA0  # [0], constructed
_OCTETS_IN_PIECES = 0x24
_DEEPEST = 32


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


def contents(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content octets of the elements that `data` is made of. Raises ValueError as above."""
    return [(tag, data[start:end]) for tag, start, end in children(data, 0, len(data))]


def fields(data: bytes, *tags: int) -> list[bytes]:
    """The content octets of the first elements of `data`, which must have these `tags`.

    What follows them does not matter. Raises ValueError if they are others, or cut off.
    """
    found, at = [], 0
    for expected in tags:
        tag, start, at = tlv(data, at)
        if tag != expected:
            raise ValueError("another DER element should stand here")
        found.append(data[start:at])
    return found


def definite(data: bytes) -> bytes:
    """The element at the start of `data`, its indefinite lengths made definite (X.690, 8.1.3.6).

    OCTET STRINGs in pieces are joined. NSS and Bouncy Castle write stores so, `openssl smime`
    messages. An element that starts with a definite length is left as it is, with all in it.
    Raises ValueError if it is cut off, or nested deeper than 32 elements.
    """
    if data[1:2] != b"\x80":
        return data
    opened: list[tuple[int, list[bytes]]] = [(0, [])]
    at = 0
    while not opened[0][1]:
        if data[at : at + 2] == b"\0\0" and len(opened) > 1:
            tag, parts = opened.pop()
            opened[-1][1].append(_closed(tag, parts))
            at += 2
        elif data[at + 1 : at + 2] == b"\x80" and len(opened) <= _DEEPEST:
            opened.append((data[at], []))
            at += 2
        else:
            start, at = at, tlv(data, at)[2]
            opened[-1][1].append(data[start:at])
    return opened[0][1][0]


def _closed(tag: int, parts: list[bytes]) -> bytes:
    if tag == _OCTETS_IN_PIECES:
        tag, parts = OCTET_STRING, [fields(part, OCTET_STRING)[0] for part in parts]
    content = b"".join(parts)
    return b"%c\x84%b%b" % (tag, len(content).to_bytes(4, "big"), content)


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate in DER. Raises ValueError as `tlv` does."""
    _, inside, _ = tlv(certificate, 0)
    _, start, end = tlv(certificate, inside)
    elements = list(spans(certificate, start, end))
    # [version], serial number, signature, issuer, validity, subject; then the key
    begin, after = elements[6 if certificate[start] == 0xA0 else 5]
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
