"""The certification authorities of the demo, and the certificates that they issue."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

Chain = tuple[x509.Certificate, ...]
Days = tuple[float, float]
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_CA_DAYS: Days = (-700, 3000)
_LEAF_DAYS: Days = (-60, 300)


@dataclass(frozen=True)
class Authority:
    """A CA: its certificate and the key that signs."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Mint:
    """Makes certificates whose validity is told in days from `now`.

    `keys` holds the private key of each by its serial number.
    """

    now: datetime
    keys: dict[int, Key] = field(default_factory=dict)

    def authority(
        self,
        name: str,
        issuer: Authority | None = None,
        *,
        days: Days = _CA_DAYS,
        key: ec.EllipticCurvePrivateKey | None = None,
        is_ca: bool = True,
        path_length: int | None = None,
    ) -> Authority:
        """A CA that `issuer` vouches for, or a root; a given `key` makes a cross-certificate.

        If not `is_ca`, one that only acts as a CA.
        """
        key = key or _new_key()
        constraints = x509.BasicConstraints(ca=is_ca, path_length=path_length)
        certificate = self._certificate(name, key, issuer, days, constraints, _CA_KEY_USAGE)
        return Authority(certificate, key)

    def leaf(
        self,
        issuer: Authority | None,
        common_name: str,
        *,
        names: tuple[str, ...] | None = None,
        days: Days = _LEAF_DAYS,
        key: Key | None = None,
    ) -> x509.Certificate:
        """A leaf for `names` (its common name, unless given; none at all if empty).

        An empty common name is left out; a leaf without issuer signs itself.
        """
        extensions: list[x509.ExtensionType] = [x509.BasicConstraints(ca=False, path_length=None)]
        if names := (common_name,) if names is None else names:
            extensions.append(x509.SubjectAlternativeName([_general_name(name) for name in names]))
        return self._certificate(common_name, key or _new_key(), issuer, days, *extensions)

    def _certificate(
        self,
        common_name: str,
        key: Key,
        issuer: Authority | None,
        days: Days,
        *extensions: x509.ExtensionType,
    ) -> x509.Certificate:
        subject, signer = _subject(common_name), issuer.key if issuer else key
        serial = x509.random_serial_number()
        self.keys[serial] = key
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer.certificate.subject if issuer else subject)
            .public_key(key.public_key())
            .serial_number(serial)
            .not_valid_before(self.now + timedelta(days=days[0]))
            .not_valid_after(self.now + timedelta(days=days[1]))
        )
        for extension in (*extensions, *_key_identifiers(key, signer)):
            critical = isinstance(extension, (x509.BasicConstraints, x509.KeyUsage))
            builder = builder.add_extension(extension, critical)
        return builder.sign(signer, SHA256())


class Authorities:
    """Who issues certificates in the world of the demo.

        Acme Root ─┬─ Acme Issuing           issues nearly everything
                   ├─ Acme Policy ── Acme Regional
                   └─ Acme Branch            is itself among the configured trust
        Acme Root G2 ── Acme Issuing G2      both also cross-signed by Acme Old Root
        Partner Root ── Partner Issuing      found in truststores
        Globex Root ── Globex Issuing        nobody here has anything to do with it

    Configured as trusted are Acme Root, Acme Root G2 and Acme Branch. `wildcard` is one chain that
    lies in several environments.
    """

    def __init__(self, now: datetime) -> None:
        self.mint = Mint(now)
        authority = self.mint.authority
        self.root = authority("Acme Root")
        self.issuing = authority("Acme Issuing", self.root)
        self.policy = authority("Acme Policy", self.root)
        self.regional = authority("Acme Regional", self.policy)
        self.branch = authority("Acme Branch", self.root)
        self.root_g2 = authority("Acme Root G2")
        self.issuing_g2 = authority("Acme Issuing G2", self.root_g2)
        old_root = authority("Acme Old Root")
        self.cross_root = authority("Acme Root G2", old_root, key=self.root_g2.key)
        self.cross_issuing = authority("Acme Issuing G2", old_root, key=self.issuing_g2.key)
        self.partner_root = authority("Partner Root")
        self.partner_issuing = authority("Partner Issuing", self.partner_root)
        self.stranger = authority("Globex Issuing", authority("Globex Root"))
        self.wildcard = self.chain("*.acme.example")

    @property
    def trusted(self) -> Chain:
        """The certificates that the user must configure as trusted."""
        return self.root.certificate, self.root_g2.certificate, self.branch.certificate

    def chain(
        self, common_name: str, *, names: tuple[str, ...] | None = None, days: Days = _LEAF_DAYS
    ) -> Chain:
        """A leaf of Acme Issuing and its issuer: complete, as the root is trusted."""
        leaf = self.mint.leaf(self.issuing, common_name, names=names, days=days)
        return leaf, self.issuing.certificate

    def partner_chain(self, host: str, *, days: Days = _LEAF_DAYS) -> Chain:
        """A leaf of Partner Issuing and its issuer, as a backend shows them."""
        leaf = self.mint.leaf(self.partner_issuing, host, days=days)
        return leaf, self.partner_issuing.certificate


_CA_KEY_USAGE = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _subject(common_name: str) -> x509.Name:
    # The comma makes Edge, as Java does, put the value in quotation marks.
    parts = [(NameOID.COUNTRY_NAME, "US"), (NameOID.ORGANIZATION_NAME, "Example, Inc.")]
    if common_name:
        parts.append((NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_identifiers(
    key: Key, signer: Key
) -> tuple[x509.SubjectKeyIdentifier, x509.AuthorityKeyIdentifier]:
    return (
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
    )
