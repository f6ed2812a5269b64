"""How Edge tells of certificates: as PEM text, and as the entries of `certInfo`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from datetime import datetime

    from .forms import Forms
    from .pki import Chain

_SHORT_NAMES = {
    NameOID.COMMON_NAME: "CN",
    NameOID.ORGANIZATION_NAME: "O",
    NameOID.COUNTRY_NAME: "C",
}


def pem(chain: Chain, forms: Forms) -> str:
    """The certificates of `chain` as PEM blocks, in the order of the chain."""
    separator = "\n" if forms.pem == "blank lines" else ""
    text = separator.join(_block(certificate, forms) for certificate in chain)
    return text.replace("\n", forms.line_ends)


def cert_info(chain: Chain, now: datetime, forms: Forms) -> list[dict[str, object]]:
    """One entry for each certificate (Edge API specification, keystores and truststores)."""
    entries = [_entry(certificate, now, forms) for certificate in chain]
    return entries if forms.cert_info == "leaf first" else entries[::-1]


def _block(certificate: x509.Certificate, forms: Forms) -> str:
    block = _pem_block(certificate)
    if forms.pem != "remarks":
        return block
    # What `openssl pkcs12 -nokeys` writes between the blocks is uploaded with them.
    subject, issuer = _name(certificate.subject), _name(certificate.issuer)
    return f"Bag Attributes: <No Attributes>\nsubject={subject}\nissuer={issuer}\n{block}"


@lru_cache(maxsize=1024)
def _pem_block(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _entry(certificate: x509.Certificate, now: datetime, forms: Forms) -> dict[str, object]:
    start, end, described = _described(certificate)
    return {
        **described,
        "expiryDate": forms.number(_milliseconds(end)),
        "isValid": "Yes" if start <= now <= end else "No",
        "publicKey": _key(certificate, forms),
        "subjectAlternativeNames": [
            f"{kind}:{name}" if forms.alternative_names == "typed" else name
            for kind, name in _alternative_names(certificate)
        ],
        "validFrom": forms.number(_milliseconds(start)),
    }


@lru_cache(maxsize=1024)
def _described(certificate: x509.Certificate) -> tuple[datetime, datetime, dict[str, object]]:
    values = (each.value for each in certificate.extensions)
    is_ca = any(isinstance(each, x509.BasicConstraints) and each.ca for each in values)
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return (
        start,
        end,
        {
            "basicConstraints": "CA:TRUE" if is_ca else "CA:FALSE",
            "issuer": _name(certificate.issuer),
            "serialNumber": _serial(certificate.serial_number),
            "sigAlgName": f"{_digest(certificate)}withECDSA",
            "subject": _name(certificate.subject),
            "version": 3,
        },
    )


def _key(certificate: x509.Certificate, forms: Forms) -> str:
    size = _key_size(certificate)
    # No RSA key here is as short as an EC key.
    return f"RSA Public Key, {size} bits" if size > 521 else f"{forms.ec_key}, {size} bits"


@lru_cache(maxsize=1024)
def _key_size(certificate: x509.Certificate) -> int:
    key = certificate.public_key()
    return key.key_size if isinstance(key, (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)) else 0


def _digest(certificate: x509.Certificate) -> str:
    algorithm = certificate.signature_hash_algorithm
    return algorithm.name.upper() if algorithm else ""


@lru_cache(maxsize=1024)
def _alternative_names(certificate: x509.Certificate) -> tuple[tuple[str, str], ...]:
    try:
        san = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        ("DNS" if isinstance(name, x509.DNSName) else "IP", str(name.value)) for name in san
    )


def _name(name: x509.Name) -> str:
    # As Java's X500Principal writes it: last part first, quotation marks where a comma stands.
    parts = [f"{_SHORT_NAMES[part.oid]}={_quoted(str(part.value))}" for part in name]
    return ", ".join(reversed(parts))


def _quoted(value: str) -> str:
    return f'"{value}"' if "," in value else value


def _serial(number: int) -> str:
    # The bytes of the DER integer: 00 comes first where the top bit is set.
    return number.to_bytes(number.bit_length() // 8 + 1, "big").hex(":")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
