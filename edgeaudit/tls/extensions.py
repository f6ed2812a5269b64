"""What stands in the extensions of hellos (RFC 8446, 4.2; RFC 6066, 3; RFC 7301; RFC 5077)."""

from __future__ import annotations

from enum import IntEnum
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING

from edgeaudit.tls.cursor import Damaged, packed, vector, vectors

if TYPE_CHECKING:
    from collections.abc import Sequence

    Raw = tuple[tuple[int, bytes], ...]

_HEAD = Struct(">HH")


class Extension(IntEnum):
    """The numbers of the extensions that are read here (IANA, "TLS ExtensionType Values")."""

    SERVER_NAME = 0
    STATUS_REQUEST = 5
    SUPPORTED_GROUPS = 10
    EC_POINT_FORMATS = 11
    SIGNATURE_ALGORITHMS = 13
    ALPN = 16
    ENCRYPT_THEN_MAC = 22
    EXTENDED_MASTER_SECRET = 23
    SESSION_TICKET = 35
    PRE_SHARED_KEY = 41
    SUPPORTED_VERSIONS = 43
    PSK_KEY_EXCHANGE_MODES = 45
    CERTIFICATE_AUTHORITIES = 47
    SIGNATURE_ALGORITHMS_CERT = 50
    KEY_SHARE = 51
    RENEGOTIATION_INFO = 65281


# the elliptic curves and fields that are told by name (IANA, "TLS Supported Groups")
GROUPS = {
    19: "secp192r1",
    21: "secp224r1",
    22: "secp256k1",
    23: "secp256r1",
    24: "secp384r1",
    25: "secp521r1",
    29: "x25519",
    30: "x448",
    256: "ffdhe2048",
    257: "ffdhe3072",
    258: "ffdhe4096",
    259: "ffdhe6144",
    260: "ffdhe8192",
    4588: "X25519MLKEM768",
}


def is_grease(number: int) -> bool:
    """Whether a suite, version, group or extension means nothing (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def group_name(number: int) -> str:
    """`secp256r1` for 23; `0x0013` where it is not told by name."""
    return GROUPS.get(number, f"0x{number:04x}")


@lru_cache(maxsize=256)  # a client says the same again and again
def read_all(data: bytes) -> tuple[Raw, bool]:
    """The extensions in their vector, up to where they are damaged, and whether they are not.

    Raises Damaged only where not even their length can be read.
    """
    if len(data) < 2:
        raise Damaged("it ends within its extensions")
    found, at, end = [], 2, 2 + int.from_bytes(data[:2], "big")
    last = min(end, len(data))
    while at + 4 <= last:
        number, size = _HEAD.unpack_from(data, at)
        start, at = at + 4, at + 4 + size
        if at > last:
            break
        found.append((number, data[start:at]))
    return tuple(found), at == end == len(data)


def build_all(extensions: Raw) -> bytes:
    """Extensions as they stand in a hello."""
    return vector(
        b"".join(number.to_bytes(2, "big") + vector(data, 2) for number, data in extensions), 2
    )


def server_name(host: str) -> tuple[int, bytes]:
    """The extension that names the host (RFC 6066, 3)."""
    entry = b"\0" + vector(host.encode("ascii"), 2)
    return Extension.SERVER_NAME, vector(entry, 2)


def supported_versions(versions: Sequence[int]) -> tuple[int, bytes]:
    """The extension that lists a client's versions (RFC 8446, 4.2.1)."""
    return Extension.SUPPORTED_VERSIONS, vector(packed(tuple(versions), 2), 1)


def supported_groups(groups: Sequence[int]) -> tuple[int, bytes]:
    """The extension that lists a client's groups (RFC 8446, 4.2.7)."""
    return Extension.SUPPORTED_GROUPS, vector(packed(tuple(groups), 2), 2)


def signature_algorithms(schemes: Sequence[int]) -> tuple[int, bytes]:
    """The extension that lists the signatures that are understood (RFC 8446, 4.2.3)."""
    return Extension.SIGNATURE_ALGORITHMS, vector(packed(tuple(schemes), 2), 2)


def alpn(protocols: Sequence[str]) -> tuple[int, bytes]:
    """The extension that lists the protocols above (RFC 7301, 3.1)."""
    return Extension.ALPN, vectors(tuple(each.encode("ascii") for each in protocols), 2, 1)


def certificate_authorities(names: Sequence[bytes]) -> tuple[int, bytes]:
    """The extension that lists the issuers that are trusted, in DER (RFC 8446, 4.2.4)."""
    return Extension.CERTIFICATE_AUTHORITIES, vectors(tuple(names), 2, 2)


def key_share(shares: Sequence[tuple[int, bytes]]) -> tuple[int, bytes]:
    """The extension with a client's public keys, by group (RFC 8446, 4.2.8)."""
    entries = b"".join(group.to_bytes(2, "big") + vector(key, 2) for group, key in shares)
    return Extension.KEY_SHARE, vector(entries, 2)
