"""What stands in a certificate's extensions that is seldom asked for: read when it is."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from edgeaudit.location import printable
from edgeaudit.x509.certificate import REFUSALS

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate

E = TypeVar("E", bound=x509.ExtensionType)


def issuer_addresses(certificate: Certificate) -> tuple[str, ...]:
    """The URLs at which it says its issuer can be had (RFC 5280, 4.2.2.1, caIssuers).

    None where `cryptography` cannot read it, or where it is known by description only.
    """
    access = _extension(certificate, x509.AuthorityInformationAccess)
    return tuple(
        printable(each.access_location.value)
        for each in access or ()
        if each.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(each.access_location, x509.UniformResourceIdentifier)
    )


def may_sign_certificates(certificate: Certificate) -> bool:
    """Whether its key usage allows that, or does not say, or cannot be read (4.2.1.3)."""
    usage = _extension(certificate, x509.KeyUsage)
    return usage is None or usage.key_cert_sign


def _extension(certificate: Certificate, kind: type[E]) -> E | None:
    try:
        return _extensions(certificate).get_extension_for_class(kind).value
    except (*REFUSALS, x509.ExtensionNotFound):
        return None


@lru_cache(maxsize=1024)
def _extensions(certificate: Certificate) -> x509.Extensions:
    if certificate.der is None:
        return x509.Extensions([])
    return x509.load_der_x509_certificate(certificate.der).extensions
