"""What can be odd about one certificate of a PKI: overrides of `factories.issue`, by name."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from tests.factories import NOW, distinguished, rsa_key

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = timedelta(days=1)
_BEFORE, _AFTER = NOW - 400 * DAY, NOW + 400 * DAY


def _unknown(oid: str = "1.3.6.1.4.1.99999.1", value: bytes = b"\x05\0") -> x509.ExtensionType:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


def _constraints(
    permitted: Sequence[x509.GeneralName] = (), excluded: Sequence[x509.GeneralName] = ()
) -> dict[str, Any]:
    extension = x509.NameConstraints(list(permitted) or None, list(excluded) or None)
    return {"extensions": [(extension, True)]}


FLAWS: dict[str, dict[str, Any]] = {
    "expired": {"not_before": _BEFORE, "not_after": NOW - DAY},
    "expires now": {"not_before": _BEFORE, "not_after": NOW},
    "valid from now": {"not_before": NOW, "not_after": _AFTER},
    "not yet valid": {"not_before": NOW + DAY, "not_after": _AFTER},
    "no CA": {"ca": False, "path_length": None},
    "CA": {"ca": True},
    "no basic constraints": {"ca": None, "path_length": None},
    "no basic constraints, no key usage": {"ca": None, "path_length": None, "key_usage": None},
    "uncritical basic constraints": {
        "ca": None,
        "extensions": [(x509.BasicConstraints(True, None), False)],
    },
    "path length 0": {"ca": True, "path_length": 0},
    "path length 1": {"ca": True, "path_length": 1},
    "key usage: digitalSignature": {"key_usage": ["digital_signature"]},
    "key usage: keyCertSign": {"key_usage": ["key_cert_sign"]},
    "key usage: keyAgreement": {"key_usage": ["key_agreement"]},
    "no key usage": {"key_usage": None},
    "EKU: client": {"eku": [Eku.CLIENT_AUTH]},
    "EKU: server": {"eku": [Eku.SERVER_AUTH]},
    "EKU: both": {"eku": [Eku.SERVER_AUTH, Eku.CLIENT_AUTH]},
    "EKU: any": {"eku": [Eku.ANY_EXTENDED_KEY_USAGE]},
    "EKU: code signing": {"eku": [Eku.CODE_SIGNING]},
    "EKU, critical": {"extensions": [(x509.ExtendedKeyUsage([Eku.CLIENT_AUTH]), True)]},
    "Netscape type: client": {
        "extensions": [(_unknown("2.16.840.1.113730.1.1", b"\x03\x02\x07\x80"), False)]
    },
    "unknown extension": {"extensions": [(_unknown(), False)]},
    "unknown critical extension": {"extensions": [(_unknown(), True)]},
    "permitted: another host": _constraints([x509.DNSName("other.example")]),
    "permitted: example": _constraints([x509.DNSName("example")]),
    "excluded: the host": _constraints([], [x509.DNSName("a.example")]),
    "excluded: another host": _constraints([], [x509.DNSName(".b.example")]),
    "permitted: another network": _constraints([x509.IPAddress(ip_network("10.0.0.0/8"))]),
    "excluded: the network": _constraints([], [x509.IPAddress(ip_network("192.0.2.0/24"))]),
    "permitted: another subject": _constraints([x509.DirectoryName(distinguished("Other"))]),
    "excluded: an odd kind": _constraints([], [x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))]),
    "no key identifiers": {"key_ids": False},
    "no SAN": {"san": False},
    "signed with another key": {"signed_with": ec.generate_private_key(ec.SECP256R1())},
    "RSA 1024": {"key": rsa_key(1024)},
    "DSA": {"key": dsa.generate_private_key(1024)},
    "Ed25519": {"key": ed25519.Ed25519PrivateKey.generate()},
    "Ed448": {"key": ed448.Ed448PrivateKey.generate()},
    "P-384": {"key": ec.generate_private_key(ec.SECP384R1())},
}
