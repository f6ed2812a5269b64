"""CAs from which Java accepts nothing, though they are in its truststore."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from edgeaudit.errors import InputError
from edgeaudit.x509.java_view import Unparseable, view

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release

# keys that every release takes, and the one keyUsage of a certificate in DER (RFC 5280, 4.2.1.3)
_USUAL_KEYS = frozenset({"RSA 2048", "RSA 3072", "RSA 4096", "EC P-256", "EC P-384", "EC P-521"})
_KEY_USAGE = re.compile(rb"\x06\x03\x55\x1d\x0f(?:\x01\x01\xff)?\x04\x04\x03\x02.(.)", re.DOTALL)
_KEY_USAGE_OID = b"\x06\x03\x55\x1d\x0f"
_KEY_CERT_SIGN = 0x04


def anchor_refusal(certificate: Certificate, java: Release) -> str | None:
    """Why `java` refuses whatever the CA issued; None where it may accept it, or is not known.

    Only of CAs: whether something else is trusted turns on its being shown itself. So it is with a
    CA's certificate that a server shows as its own, which Java accepts whatever its key.
    """
    if (
        certificate.der is None
        or not certificate.is_ca
        or (_is_usual(certificate.key, certificate.der) and java.has_defaults)
    ):
        return None
    try:
        seen = view(certificate)
    except (InputError, Unparseable):
        return None
    if java.forbids_anchor(seen.key, ""):
        return f"its key ({certificate.key}) is disabled"
    if not java.can_verify(seen.key):
        return f"signatures of its key ({certificate.key}) cannot be verified"
    if not seen.may("key_cert_sign"):
        return "its key usage does not allow it to sign certificates"
    return None


def _is_usual(key: str, der: bytes) -> bool:
    """Whether a glance tells that no Java refuses it: to read it as Java does takes 0.1 ms."""
    said, usages = der.count(_KEY_USAGE_OID), _KEY_USAGE.findall(der)
    may_sign = said == 0 or (said == len(usages) == 1 and bool(usages[0][0] & _KEY_CERT_SIGN))
    return key in _USUAL_KEYS and may_sign
