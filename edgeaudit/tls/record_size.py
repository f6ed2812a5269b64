"""How much is in an encrypted record, told by its size.

RFC 5246, 6.2.3; RFC 5288 (GCM), RFC 6655 (CCM), RFC 7905 (ChaCha20); RFC 8446, 5.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.tls.ciphers import Suite

_MACS = {"MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48}
_OF_SMALL_BLOCKS = ("3DES", "DES", "DES40", "IDEA", "RC2")
_TAGS = {"GCM": 16, "CCM": 16, "CCM8": 8, "POLY1305": 16}
_NONCE = 8  # what of it is sent


def content(suite: Suite, version: int, size: int) -> range:
    """The sizes that the content of an encrypted record of `size` bytes may have.

    One where the suite tells it exactly, a block's worth where it pads, as little as it must; none
    for a suite that is not known here.
    """
    name, _, mode = suite.enc.rpartition("-")
    if tag := _TAGS.get(mode):
        has_nonce = mode != "POLY1305"
        more = 1 if version == Version.TLSV1_3 else _NONCE * has_nonce  # 1: what kind it is of
        return _up_to(size - tag - more, 1)
    if (mac := _MACS.get(suite.mac)) is None:
        return range(0)
    if mode != "CBC":
        return _up_to(size - mac, 1)
    block = 8 if name.startswith(_OF_SMALL_BLOCKS) else 16
    iv = block if version > Version.TLSV1 else 0
    return _up_to(size - iv - mac - 1, block)


def _up_to(most: int, count: int) -> range:
    return range(max(0, most - count + 1), max(0, most) + 1)
