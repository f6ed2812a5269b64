"""Whether two certificates are for one key, as a cross-signed or renewed CA's are."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from edgeaudit.x509.der import public_key_info

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate


def shares_key(one: Certificate, other: Certificate) -> bool | None:
    """Whether both are for the same public key, encoded alike (RFC 5280, 4.1.2.7).

    None where that cannot be known: one is known by description only, or is no strict DER.
    """
    if one.der is None or other.der is None:
        return None
    try:
        return public_key_info(one.der) == public_key_info(other.der)
    except (ValueError, IndexError):
        return None


def fingerprint(certificate: Certificate) -> str | None:
    """SHA-256 of its SubjectPublicKeyInfo in lower-case hex, as pins have it (RFC 7469, 2.4).

    None where `shares_key` knows nothing.
    """
    try:
        return hashlib.sha256(public_key_info(certificate.der or b"")).hexdigest()
    except (ValueError, IndexError):
        return None
