"""What a certificate is, and reading one from DER, from PEM, or from Edge's description of it."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning

from edgeaudit.errors import EdgeauditError, InputError, MissingLibrary
from edgeaudit.location import printable
from edgeaudit.x509 import facts, lenient, libcrypto
from edgeaudit.x509.names import parse_name
from edgeaudit.x509.pem import certificate_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

# What `cryptography` raises on certificates that OpenSSL may still read.
REFUSALS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    CryptographyDeprecationWarning,
)
# How Java puts what we call "RSA 2048" and "sha256" (Edge's publicKey and sigAlgName).
_JAVA_KEY = re.compile(r"(\w+) Public Key, (\d+) bits", re.IGNORECASE)
_JAVA_SIGNATURE = re.compile(r"(\w+)with\w+", re.IGNORECASE)


@dataclass(frozen=True)
class Certificate:
    """A certificate, or what Edge says of one.

    `der` and `sha256` (lower-case hex of the DER's digest) are None where it is known by
    description only. `subject` and `issuer` are printed as Java does, most specific attribute
    first; their canonical forms are equal exactly where OpenSSL's X509_NAME_cmp says so.
    `serial` is lower-case hex without leading zeros. Dates are in UTC. `key` reads "RSA 2048",
    "EC P-256" or "Ed25519"; `signature` is the name of its hash, "sha256". `is_ca` is what
    basicConstraints says; a version 1 certificate that names itself as issuer counts as a CA,
    as in OpenSSL's X509_check_ca. `remarks` say what is odd about it.
    """

    der: bytes | None = field(repr=False)
    sha256: str | None
    subject: str
    issuer: str
    subject_canonical: bytes
    issuer_canonical: bytes
    serial: str
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    has_san: bool
    common_names: tuple[str, ...]
    key: str
    signature: str
    is_ca: bool
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    known_by: Literal["certificate", "description"]
    remarks: tuple[str, ...] = ()

    def __hash__(self) -> int:
        return hash(self.sha256 or (self.subject, self.serial))

    @property
    def names(self) -> tuple[str, ...]:
        """All host names and addresses in subjectAltName."""
        return self.dns_names + self.ip_addresses

    @property
    def is_self_issued(self) -> bool:
        """Whether it names itself as its issuer (RFC 5280, 3.2)."""
        return self.subject_canonical == self.issuer_canonical

    @cached_property
    def is_self_signed(self) -> bool:
        """Whether it is self-issued and, where that can be checked, its own key signed it."""
        return self.is_self_issued and is_signed_by(self, self)


@dataclass(frozen=True)
class Unreadable:
    """A certificate of a bundle that could not be read: which one, from 0, and why."""

    position: int
    reason: str


@lru_cache(maxsize=65_536)
def read_der(der: bytes) -> Certificate:
    """The certificate at the start of `der`; what follows it is left out and remarked on.

    Raises InputError where neither `cryptography` nor OpenSSL can read it, MissingLibrary where
    `cryptography` cannot and OpenSSL cannot be called.
    """
    try:
        found = facts.read(der)
    except REFUSALS:
        found = _read_leniently(der)
    return Certificate(
        der=found.der,
        sha256=hashlib.sha256(found.der).hexdigest(),
        subject=found.subject.text,
        issuer=found.issuer.text,
        subject_canonical=found.subject.canonical,
        issuer_canonical=found.issuer.canonical,
        serial=f"{found.serial:x}",
        not_before=found.not_before,
        not_after=found.not_after,
        dns_names=found.dns_names,
        ip_addresses=found.ip_addresses,
        has_san=found.has_san,
        common_names=found.subject.common_names,
        key=found.key,
        signature=found.signature,
        is_ca=found.is_ca,
        subject_key_id=found.subject_key_id,
        authority_key_id=found.authority_key_id,
        known_by="certificate",
        remarks=(*found.remarks, *_oddities(found, der)),
    )


@lru_cache(maxsize=4096)
def read_bundle(data: bytes) -> tuple[Certificate | Unreadable, ...]:
    """The certificates in `data`, PEM with anything around it or one in DER, in their order.

    Never raises; what cannot be read stands in its place as Unreadable. Keys and other blocks
    are left out. Empty if `data` holds nothing that looks like a certificate.
    """
    # A SEQUENCE of more than 127 bytes begins so, and text never does.
    is_der = data[:1] == b"\x30" and data[1:2] >= b"\x80"
    blocks = [data] if is_der else certificate_blocks(data)
    return tuple(_read_block(position, block) for position, block in enumerate(blocks))


def describe(
    *,
    subject: str,
    issuer: str,
    serial: str,
    not_before: datetime,
    not_after: datetime,
    names: Iterable[str],
    is_ca: bool,
    key: str,
    signature: str,
) -> Certificate:
    """A certificate known only from Edge's certInfo, in Edge's wording.

    `serial` is hex, with or without colons; `names` are bare (`a.example`) or typed
    (`DNS:a.example`, `IP Address:192.0.2.1`); `key` and `signature` may be Java's
    `RSA Public Key, 2048 bits` and `SHA1withRSA`.
    """
    subject_name, issuer_name = parse_name(subject), parse_name(issuer)
    dns_names, ip_addresses = _sorted_by_type(names)
    return Certificate(
        der=None,
        sha256=None,
        subject=subject_name.text,
        issuer=issuer_name.text,
        subject_canonical=subject_name.canonical,
        issuer_canonical=issuer_name.canonical,
        serial=printable(serial.replace(":", "").strip().lower().lstrip("0") or "0"),
        not_before=not_before,
        not_after=not_after,
        dns_names=dns_names,
        ip_addresses=ip_addresses,
        has_san=bool(dns_names or ip_addresses),
        common_names=subject_name.common_names,
        key=_JAVA_KEY.sub(r"\1 \2", printable(key)),
        signature=_JAVA_SIGNATURE.sub(r"\1", printable(signature)).lower(),
        is_ca=is_ca,
        subject_key_id=None,
        authority_key_id=None,
        known_by="description",
    )


def is_signed_by(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the key of `issuer` made the signature of `certificate`; names are not compared.

    Where one of them is known by description only, whether the names would allow it.
    """
    if certificate.der is None or issuer.der is None:
        return certificate.issuer_canonical == issuer.subject_canonical
    return _is_signed(certificate.der, issuer.der)


@lru_cache(maxsize=65_536)
def _is_signed(der: bytes, issuer_der: bytes) -> bool:
    try:
        return libcrypto.is_signed(der, issuer_der)
    except MissingLibrary:
        return _is_signed_without_libcrypto(der, issuer_der)


def _is_signed_without_libcrypto(der: bytes, issuer_der: bytes) -> bool:
    try:
        issuer = x509.load_der_x509_certificate(issuer_der)
        x509.load_der_x509_certificate(der).verify_directly_issued_by(issuer)
    except (*REFUSALS, InvalidSignature):
        return False
    return True


def _read_leniently(der: bytes) -> facts.Facts:
    try:
        return lenient.read(der)
    except (ValueError, InputError) as error:
        raise InputError("this is no certificate, or a damaged one") from error


def _oddities(found: facts.Facts, der: bytes) -> Iterator[str]:
    if found.serial <= 0:
        yield "serial number zero" if found.serial == 0 else "negative serial number"
    if len(found.der) < len(der):
        yield "other data after the certificate"


def _read_block(position: int, block: bytes | None) -> Certificate | Unreadable:
    if block is None:
        return Unreadable(position, "its PEM block is cut off or damaged")
    try:
        return read_der(block)
    except EdgeauditError as error:
        return Unreadable(position, error.message)


def _sorted_by_type(names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    dns_names, ip_addresses = [], []
    for typed in names:
        bare = re.sub(r"^(DNS|IP|IP Address|dNSName|iPAddress)\s*:\s*", "", typed.strip())
        try:
            ip_addresses.append(str(ipaddress.ip_address(bare)))
        except ValueError:
            dns_names.append(printable(bare))
    return tuple(dns_names), tuple(ip_addresses)
