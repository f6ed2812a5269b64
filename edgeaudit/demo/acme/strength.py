"""Keys that are too short or odd, and signatures that can be forged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1

from ..installation import Alias, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities, Authority

# AlgorithmIdentifiers (RFC 5758, 3.2; RFC 3279, 2.2.3)
_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_ECDSA_WITH_SHA1 = bytes.fromhex("300906072a8648ce3d0401")


def short_rsa_key(draft: Draft, ca: Authorities) -> None:
    key = rsa.generate_private_key(65537, 1024)  # noqa: S505 - that is the defect
    leaf = ca.mint.leaf(ca.issuing, "kennel.acme.example", key=key)
    draft.secure_host("kennel", Alias("server", (leaf, ca.issuing.certificate)))
    draft.defect(
        "short-rsa-key",
        "weak-key",
        "warning",
        "keystores/kennel/server#0",
        "The key has been taken over from one renewal to the next since 2008",
    )


def short_ec_key_southbound(draft: Draft, ca: Authorities) -> None:
    key = ec.generate_private_key(ec.SECP192R1())
    leaf = ca.mint.leaf(ca.issuing, "laundry-client.acme.example", key=key)
    draft.secure_backend("laundry", Alias("client", (leaf, ca.issuing.certificate)))
    draft.defect(
        "short-ec-key-southbound",
        "weak-key",
        "warning",
        "keystores/laundry/client#0",
        "A small device made the key, with the smallest curve it had",
    )


def intermediate_over_sha1(draft: Draft, ca: Authorities) -> None:
    issuing = ca.mint.authority("Acme Issuing 2012", ca.root)
    leaf = ca.mint.leaf(issuing, "museum.acme.example")
    chain = (leaf, _over_sha1(issuing.certificate, ca.root))
    draft.secure_host("museum", Alias("server", chain))
    draft.defect(
        "intermediate-over-sha1",
        "weak-signature",
        "warning",
        "keystores/museum/server#1",
        "The leaf is new, but the CA's certificate still carries its SHA-1 signature",
    )


def backend_ca_on_an_odd_curve(draft: Draft, ca: Authorities) -> None:
    root = ca.mint.authority("Lighthouse Root", key=ec.generate_private_key(ec.SECP224R1()))
    entry = Alias("root", (root.certificate,), has_key=False)
    draft.backend("lighthouse", Tls(trust_store=draft.truststore("lighthouse", entry)))
    draft.defect(
        "backend-ca-on-an-odd-curve",
        "unusable-trust-anchor",
        "error",
        "keystores/lighthouse/root#0",
        "The root has a P-224 key, whose signatures no Java takes any more",
    )


def _over_sha1(certificate: x509.Certificate, issuer: Authority) -> x509.Certificate:
    """The certificate signed anew, since `cryptography` signs none over SHA-1 any more."""
    content = certificate.tbs_certificate_bytes[4:]
    tbs = _der(0x30, content.replace(_ECDSA_WITH_SHA256, _ECDSA_WITH_SHA1))
    signature = _der(0x03, b"\0" + issuer.key.sign(tbs, ec.ECDSA(SHA1())))  # noqa: S303
    return x509.load_der_x509_certificate(_der(0x30, tbs + _ECDSA_WITH_SHA1 + signature))


def _der(tag: int, content: bytes) -> bytes:
    """An element of less than 64 KiB (X.690, 8.1.3)."""
    size = len(content)
    length = bytes([size]) if size < 0x80 else b"\x82" + size.to_bytes(2, "big")
    if 0x80 <= size < 0x100:
        length = bytes([0x81, size])
    return bytes([tag]) + length + content


PLANTS: tuple[Plant, ...] = (
    short_rsa_key,
    short_ec_key_southbound,
    intermediate_over_sha1,
    backend_ca_on_an_odd_curve,
)
