"""Chains of three certificates on P-256, as many as are wanted: leaf, intermediate and root."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)

_KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]


def certificate(number: int, depth: int, root: int | None = None) -> x509.Certificate:
    """Leaf (0), intermediate (1) or root (2) of the chain `number`; its root is that of `root`."""
    names = (number, number, number if root is None else root)
    issuer = min(depth + 1, 2)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(names[depth], depth))
        .issuer_name(_name(names[issuer], issuer))
        .public_key(_KEYS[depth].public_key())
        .serial_number(number * 3 + depth + 1)
        .not_valid_before(NOW - timedelta(days=90))
        .not_valid_after(NOW + timedelta(days=200))
        .add_extension(x509.BasicConstraints(ca=depth > 0, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(f"api{number}.example.com")]), critical=False
        )
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(_KEYS[depth].public_key()), critical=False
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_KEYS[issuer].public_key()),
            critical=False,
        )
        .sign(_KEYS[issuer], hashes.SHA256())
    )


def _name(number: int, depth: int) -> x509.Name:
    common_name = f"{('api', 'Issuing CA', 'Root')[depth]} {number}"
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Acme"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )
