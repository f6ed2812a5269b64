"""How much is in an encrypted record of TLS 1.0 to 1.2, told by its size.

RFC 5246, 6.2.3; RFC 5288 (GCM), RFC 6655 (CCM), RFC 7905 (ChaCha20).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.tls.ciphers import Suite

_MACS = {"MD5": 16, "SHA1": 20, "SHA256": 32, "SHA384": 48}
_OF_SMALL_BLOCKS = ("3DES", "DES", "DES40", "IDEA", "RC2")
_TAGS = {"GCM": 24, "CCM": 24, "CCM8": 16, "POLY1305": 16}  # with what of the nonce is sent


def content(suite: Suite, version: int, size: int) -> range:
    """The sizes that the content of an encrypted record of `size` bytes may have.

    One where the suite tells it exactly, a block's worth where it pads, as little as it must; none
    for a suite that is not known here.
    """
    name, _, mode = suite.enc.rpartition("-")
    if tag := _TAGS.get(mode):
        return _up_to(size - tag, 1)
    if (mac := _MACS.get(suite.mac)) is None:
        return range(0)
    if mode != "CBC":
        return _up_to(size - mac, 1)
    block = 8 if name.startswith(_OF_SMALL_BLOCKS) else 16
    iv = block if version > Version.TLSV1 else 0
    return _up_to(size - iv - mac - 1, block)


def _up_to(most: int, count: int) -> range:
    return range(max(0, most - count + 1), max(0, most) + 1)
