"""The facts of a certificate, as `cryptography` reads them."""

from __future__ import annotations

import warnings
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import SignatureAlgorithmOID

from edgeaudit.location import printable
from edgeaudit.x509.der import tlv
from edgeaudit.x509.names import Name, read_name

if TYPE_CHECKING:
    from datetime import datetime

# An odd certificate is told by its remarks; a line on stderr would be noise.
warnings.simplefilter("ignore", CryptographyDeprecationWarning)

_NIST = {f"secp{bits}r1": f"P-{bits}" for bits in (192, 224, 256, 384, 521)}
_WITHOUT_HASH = {
    SignatureAlgorithmOID.ED25519: "ed25519",
    SignatureAlgorithmOID.ED448: "ed448",
}


class Facts(NamedTuple):
    """What is written in a certificate; `der` is the certificate without what follows it."""

    der: bytes
    subject: Name
    issuer: Name
    serial: int
    not_before: datetime
    not_after: datetime
    dns_names: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    has_san: bool
    key: str
    signature: str
    is_ca: bool
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    remarks: tuple[str, ...] = ()


def read(der: bytes) -> Facts:
    """The facts of the certificate at the start of `der`.

    Raises what `cryptography` raises (ValueError and others) where it is not strict DER.
    """
    der = der[: tlv(der, 0)[2]]
    parsed = x509.load_der_x509_certificate(der)
    issuer, subject, algorithm = _fields(der)
    extensions = {type(each.value): each.value for each in parsed.extensions}
    san = extensions.get(x509.SubjectAlternativeName)
    constraints = extensions.get(x509.BasicConstraints)
    subject_key = extensions.get(x509.SubjectKeyIdentifier)
    authority_key = extensions.get(x509.AuthorityKeyIdentifier)
    return Facts(
        der=der,
        subject=subject,
        issuer=issuer,
        serial=parsed.serial_number,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        dns_names=tuple(map(printable, san.get_values_for_type(x509.DNSName))) if san else (),
        ip_addresses=_addresses(san) if san else (),
        has_san=san is not None,
        key=_CURVES.get(algorithm) or _key(parsed, algorithm),
        signature=_signature(parsed),
        is_ca=constraints.ca if constraints else _is_version_1_root(parsed, subject, issuer),
        subject_key_id=subject_key.digest if subject_key else None,
        authority_key_id=authority_key.key_identifier if authority_key else None,
    )


def _fields(der: bytes) -> tuple[Name, Name, bytes]:
    """Issuer, subject and the key's AlgorithmIdentifier, from the encoding.

    `cryptography` hides the types of a name's strings, and decodes the point of every EC key.
    """
    _, start, _ = tlv(der, 0)
    at = tlv(der, start)[1]
    # [version], serial number, signature; then issuer, validity, subject, key
    for _ in range(3 if der[at] == 0xA0 else 2):
        at = tlv(der, at)[2]
    issuer, validity = at, tlv(der, at)[2]
    subject = tlv(der, validity)[2]
    key = tlv(der, subject)[2]
    of_key = tlv(der, key)[1]
    algorithm = der[of_key : tlv(der, of_key)[2]]
    return read_name(der[issuer:validity]), read_name(der[subject:key]), algorithm


# what key_text says of an EC key, by its AlgorithmIdentifier, which names the curve
_CURVES: dict[bytes, str] = {}


def _key(parsed: x509.Certificate, algorithm: bytes) -> str:
    key = parsed.public_key()
    text = key_text(key)
    if isinstance(key, ec.EllipticCurvePublicKey):
        _CURVES[algorithm] = text
    return text


def _addresses(san: x509.SubjectAlternativeName) -> tuple[str, ...]:
    found = san.get_values_for_type(x509.IPAddress)
    return tuple(str(each) for each in found if isinstance(each, IPv4Address | IPv6Address))


def key_text(key: object) -> str:
    """A public key in words: `RSA 2048`, `EC P-256`, `EC brainpoolP256r1`, `Ed25519`."""
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_NIST.get(key.curve.name, key.curve.name)}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey")  # Ed25519, Ed448, X25519, X448


def _signature(parsed: x509.Certificate) -> str:
    algorithm = parsed.signature_hash_algorithm
    return algorithm.name if algorithm else _WITHOUT_HASH[parsed.signature_algorithm_oid]


def _is_version_1_root(parsed: x509.Certificate, subject: Name, issuer: Name) -> bool:
    return parsed.version is x509.Version.v1 and subject.canonical == issuer.canonical
