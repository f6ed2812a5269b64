"""What is too weak in a certificate: its key, or the hash of its signature."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.x509.certificate import Certificate

# Less than 112 bits of security, which is disallowed (NIST SP 800-131A).
_LEAST_BITS = {"RSA": 2048, "DSA": 2048, "EC": 224, "ECDSA": 224}
# Less than 80 (NIST SP 800-57 part 1, table 2).
_LEAST_OF_80 = {"RSA": 1024, "DSA": 1024, "EC": 160, "ECDSA": 160}
# Collisions can be made (RFC 6151, RFC 9155).
_BROKEN_HASHES = {"md2", "md4", "md5", "sha1"}
# The name of a curve has its size in it: P-192, prime192v1, brainpoolP160r1.
_BITS = re.compile(r"[0-9]{3,}")


def has_weak_key(certificate: Certificate) -> bool:
    """Whether its key is RSA or DSA under 2048 bits, or EC under 224, as far as that is known."""
    return _is_under(certificate, _LEAST_BITS)


def has_key_under_80_bits(certificate: Certificate) -> bool:
    """Whether its key is RSA or DSA under 1024 bits, or EC under 160, as far as that is known."""
    return _is_under(certificate, _LEAST_OF_80)


def has_weak_signature(certificate: Certificate) -> bool:
    """Whether it is signed over MD5 or SHA-1, which matters below a root only."""
    return not certificate.is_self_issued and certificate.signature in _BROKEN_HASHES


def _is_under(certificate: Certificate, least: Mapping[str, int]) -> bool:
    kind, _, size = certificate.key.partition(" ")
    bits = _BITS.search(size)
    return bits is not None and int(bits[0]) < least.get(kind.upper(), 0)
