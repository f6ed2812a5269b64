"""CAs from which Java accepts nothing, though they are in its truststore."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeaudit.errors import InputError
from edgeaudit.x509.java_view import Unparseable, view

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release


def anchor_refusal(certificate: Certificate, java: Release) -> str | None:
    """Why `java` refuses whatever the CA issued; None where it may accept it, or is not known.

    Only of CAs: whether something else is trusted turns on its being shown itself. So it is with a
    CA's certificate that a server shows as its own, which Java accepts whatever its key.
    """
    if certificate.der is None or not certificate.is_ca:
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
