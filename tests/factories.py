"""Certificates made for the occasion: keyword overrides, one deviation a case, a pinned time.

root = CA.root("Acme Root")
issuing = root.intermediate("Acme Issuing CA")
old = issuing.leaf("api.example.com", not_after=NOW - timedelta(days=1))
text = bundle(old, issuing)
"""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

from edgeaudit.x509.certificate import Certificate, describe, read_der

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)

PrivateKey = (
    rsa.RSAPrivateKey
    | dsa.DSAPrivateKey
    | ec.EllipticCurvePrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
Extension = tuple[x509.ExtensionType, bool]  # and whether it is critical
_KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Made:
    """A certificate and its key: a leaf, or anything else that issues nothing."""

    der: bytes
    private_key: PrivateKey

    @property
    def pem(self) -> str:
        text = base64.encodebytes(self.der).decode()
        return f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"

    @property
    def key_pem(self) -> str:
        return self.private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ).decode()

    @property
    def certificate(self) -> Certificate:
        """What edgeaudit reads."""
        return read_der(self.der)

    @property
    def described(self) -> Certificate:
        """The same, known only from what Edge's certInfo would say of it."""
        real = self.certificate
        return describe(
            subject=real.subject,
            issuer=real.issuer,
            serial=real.serial,
            not_before=real.not_before,
            not_after=real.not_after,
            names=real.names,
            is_ca=real.is_ca,
            key=real.key,
            signature=real.signature,
        )

    @cached_property
    def parsed(self) -> x509.Certificate:
        """What `cryptography` reads."""
        return x509.load_der_x509_certificate(self.der)


class CA(Made):
    """A certificate that issues others."""

    @classmethod
    def root(cls, subject: str | x509.Name, **overrides: Any) -> CA:
        """A root; `overrides` as in `issue`."""
        return cls(*issue(None, subject, **(_CA_DEFAULTS | overrides)))

    def intermediate(self, subject: str | x509.Name, **overrides: Any) -> CA:
        """A CA below this one; `overrides` as in `issue`."""
        return CA(*issue(self, subject, **(_CA_DEFAULTS | overrides)))

    def cross_sign(self, other: CA, **overrides: Any) -> CA:
        """A twin of `other`, with its subject and key, issued by this CA."""
        return self.intermediate(other.parsed.subject, key=other.private_key, **overrides)

    def leaf(self, host: str | x509.Name, **overrides: Any) -> Made:
        """A server certificate for `host`; `overrides` as in `issue`."""
        return Made(*issue(self, host, **(_leaf_defaults(host) | overrides)))


def self_signed(host: str, **overrides: Any) -> Made:
    """A server certificate that signed itself; `overrides` as in `issue`."""
    return Made(*issue(None, host, **(_leaf_defaults(host) | overrides)))


def bundle(*certificates: Made | str) -> str:
    """The certificates (or texts) as one PEM text, in the order given."""
    return "".join(each if isinstance(each, str) else each.pem for each in certificates)


def distinguished(common_name: str, **attributes: str) -> x509.Name:
    """A name: `distinguished("Acme Root", organization_name="Acme", country_name="US")`."""
    pairs = {**attributes, "common_name": common_name}
    return x509.Name(
        [x509.NameAttribute(getattr(NameOID, kind.upper()), text) for kind, text in pairs.items()]
    )


@lru_cache
def rsa_key(bits: int = 2048, which: int = 0) -> rsa.RSAPrivateKey:
    """An RSA key, made once a run; another `which` is another key."""
    return rsa.generate_private_key(65537, bits)


def issue(
    issuer: Made | None,
    subject: str | x509.Name,
    *,
    names: Iterable[str] = (),
    san: bool = True,
    not_before: datetime = NOW - timedelta(days=30),
    not_after: datetime = NOW + timedelta(days=335),
    serial: int | None = None,
    key: PrivateKey | None = None,
    ca: bool | None = None,
    path_length: int | None = None,
    key_usage: Iterable[str] | None = None,
    eku: Iterable[x509.ObjectIdentifier] = (),
    key_ids: bool = True,
    digest: hashes.SHA256 | hashes.SHA384 | None = None,
    signed_with: PrivateKey | None = None,
    pss: padding.PSS | None = None,
    extensions: Iterable[Extension] = (),
) -> tuple[bytes, PrivateKey]:
    """A certificate in DER, and its key. Without `issuer` it is self-signed.

    `names` are hosts and addresses for subjectAltName (`san=False` leaves it out); `ca` is
    basicConstraints (None leaves it out); `key_ids` whether it has key identifiers;
    `signed_with` signs instead of the issuer's key; `pss` is the padding of an RSA key that
    signs; `extensions` are added as they are.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    signing_key = signed_with or (issuer.private_key if issuer else key)
    name = distinguished(subject) if isinstance(subject, str) else subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.parsed.subject if issuer else name)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )
    wanted: list[Extension] = list(extensions)
    if san and names:
        wanted.append((x509.SubjectAlternativeName(map(_general_name, names)), False))
    if ca is not None:
        wanted.append((x509.BasicConstraints(ca, path_length), True))
    if key_usage is not None:
        wanted.append((_key_usage(key_usage), True))
    if eku:
        wanted.append((x509.ExtendedKeyUsage(eku), False))
    if key_ids:
        issuing_key = issuer.private_key if issuer else key
        wanted += [
            (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuing_key.public_key()), False),
        ]
    for extension, critical in wanted:
        builder = builder.add_extension(extension, critical)
    made = builder.sign(signing_key, digest or _digest_for(signing_key), rsa_padding=pss)
    return made.public_bytes(serialization.Encoding.DER), key


def signed_over(digest: hashes.HashAlgorithm, made: Made, key: rsa.RSAPrivateKey) -> bytes:
    """The certificate in DER, signed anew by an RSA key over MD5 or SHA-1.

    `cryptography` signs a certificate over neither; the names of these algorithms differ in their
    last byte only (RFC 8017, A.2.4).
    """
    name = bytes.fromhex("2a864886f70d0101")
    number = {"md5": b"\x04", "sha1": b"\x05"}[digest.name]
    tbs = made.parsed.tbs_certificate_bytes.replace(name + b"\x0b", name + number)
    head, _, rest = made.der.partition(made.parsed.tbs_certificate_bytes)
    algorithm = rest[: -len(made.parsed.signature)].replace(name + b"\x0b", name + number)
    return head + tbs + algorithm + key.sign(tbs, padding.PKCS1v15(), digest)


_CA_DEFAULTS: dict[str, Any] = {
    "ca": True,
    "key_usage": ["key_cert_sign", "crl_sign"],
    "not_before": NOW - timedelta(days=365),
    "not_after": NOW + timedelta(days=3650),
}


def _leaf_defaults(host: str | x509.Name) -> dict[str, Any]:
    return {"names": [host] if isinstance(host, str) else [], "ca": False}


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(usages: Iterable[str]) -> x509.KeyUsage:
    chosen = set(usages)
    return x509.KeyUsage(**{usage: usage in chosen for usage in _KEY_USAGES})


def _digest_for(key: PrivateKey) -> hashes.SHA256 | None:
    edwards = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return None if edwards else hashes.SHA256()
