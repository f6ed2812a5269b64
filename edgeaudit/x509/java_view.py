"""A certificate as Java sees it: what of it a path is judged by, or why Java cannot read it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, TypeVar

from cryptography import x509

from edgeaudit.errors import InputError
from edgeaudit.x509.certificate import REFUSALS, Certificate
from edgeaudit.x509.der import public_key_info
from edgeaudit.x509.java_algorithms import NAMES, Key
from edgeaudit.x509.java_names import JavaName, java_name

if TYPE_CHECKING:
    from datetime import datetime

E = TypeVar("E", bound=x509.ExtensionType)

UNLIMITED = sys.maxsize
_NETSCAPE_TYPE = x509.ObjectIdentifier("2.16.840.1.113730.1.1")
# Critical extensions that some checker of Java's PKIX takes care of.
_KNOWN = {
    "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.32", "2.5.29.33", "2.5.29.36",
    "2.5.29.37", "2.5.29.54",
}  # fmt: skip
_EMPTY_SUBJECT = "X.509 Certificate is incomplete: "
_USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
    "key_agreement", "key_cert_sign", "crl_sign",
)  # fmt: skip


class Unparseable(Exception):
    """Java's CertificateFactory throws a certificate back, with these words."""


@dataclass(frozen=True, eq=False)
class View:
    """A certificate with what Java reads in it; equal to another only if it is the same object."""

    certificate: Certificate
    parsed: x509.Certificate
    subject: JavaName
    issuer: JavaName

    def refuse_empty_names(self) -> None:
        """Raise Unparseable as X509CertInfo does, which wants a subject or a critical name."""
        if not self.issuer:
            raise Unparseable("Empty issuer DN not allowed in X509Certificates")
        if self.subject:
            return
        if not list(self.parsed.extensions):
            raise Unparseable(f"{_EMPTY_SUBJECT}subject field is empty, and certificate has no"
                              " extensions")  # fmt: skip
        if self.get(x509.SubjectAlternativeName) is None:
            raise Unparseable(f"{_EMPTY_SUBJECT}subject field is empty, and SubjectAlternativeName"
                              " extension is absent")  # fmt: skip
        if x509.SubjectAlternativeName.oid.dotted_string not in self.critical:
            raise Unparseable(f"{_EMPTY_SUBJECT}SubjectAlternativeName extension MUST be marked"
                              " critical when subject field is empty")  # fmt: skip

    def get(self, kind: type[E]) -> E | None:
        """Its extension of that kind, if it has one."""
        try:
            return self.parsed.extensions.get_extension_for_class(kind).value
        except x509.ExtensionNotFound:
            return None

    @property
    def is_self_issued(self) -> bool:
        return self.subject == self.issuer

    @property
    def is_version_3(self) -> bool:
        return self.parsed.version is x509.Version.v3

    @cached_property
    def critical(self) -> frozenset[str]:
        """The OIDs of its critical extensions."""
        return frozenset(each.oid.dotted_string for each in self.parsed.extensions if each.critical)

    @property
    def has_unknown_critical(self) -> bool:
        return bool(self.critical - _KNOWN)

    @cached_property
    def path_length(self) -> int:
        """How many CAs may follow below it, or UNLIMITED; -1 if it is no CA."""
        constraints = self.get(x509.BasicConstraints)
        if constraints is None or not constraints.ca:
            return -1
        return UNLIMITED if constraints.path_length is None else constraints.path_length

    @cached_property
    def usages(self) -> frozenset[str] | None:
        """Its key usages, None where it does not say."""
        usage = self.get(x509.KeyUsage)
        return frozenset(each for each in _USAGES if getattr(usage, each)) if usage else None

    def may(self, usage: str) -> bool:
        """Whether its key may be used so; it may where it does not say."""
        return self.usages is None or usage in self.usages

    @cached_property
    def netscape_type(self) -> int | None:
        """The octet of Netscape's certificate type, None where it has none."""
        for each in self.parsed.extensions:
            if each.oid == _NETSCAPE_TYPE:
                _, _, *bits = each.value.public_bytes()  # tag and length, unused bits, bits
                return bits[1] if len(bits) > 1 else 0
        return None

    @cached_property
    def key_info(self) -> bytes:
        """Its SubjectPublicKeyInfo in DER."""
        return public_key_info(self.certificate.der or b"")

    @cached_property
    def key(self) -> Key:
        return Key.of(self.parsed)

    @property
    def signature(self) -> str:
        """What Java calls its signature algorithm."""
        dotted = self.parsed.signature_algorithm_oid.dotted_string
        return NAMES.get(dotted, dotted)

    @cached_property
    def alternative_names(self) -> bytes | None:
        """Its subjectAltName as it is encoded."""
        names = self.get(x509.SubjectAlternativeName)
        return names.public_bytes() if names else None

    def is_valid(self, at: datetime) -> bool:
        """Whether `at` is within its dates, both included."""
        return self.certificate.not_before <= at <= self.certificate.not_after

    def is_same(self, other: View) -> bool:
        """Whether both are one certificate, byte by byte."""
        return self.certificate.der == other.certificate.der


@lru_cache(maxsize=4096)
def view(certificate: Certificate) -> View:
    """How Java sees `certificate`.

    Raises Unparseable where Java does not read it, InputError where `cryptography` does not,
    ValueError where it is known by description only.
    """
    if certificate.der is None:
        raise ValueError("known by description only: there is nothing to verify")
    try:
        parsed = x509.load_der_x509_certificate(certificate.der)
        found = View(certificate, parsed, java_name(parsed.subject), java_name(parsed.issuer))
        found.refuse_empty_names()
    except REFUSALS as error:
        raise InputError("what Java says of a malformed certificate is not known") from error
    return found
