"""What an audit is compared with: parsing certificates with `cryptography`.

`python -m benchmarks.parsing bare FILE` parses all chains of a file, a JSON list of PEM texts;
`facts` also reads of each certificate what a report says of it, and dumps that as JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def main(name: str, path: str) -> None:
    """Parses the chains in the file at `path`."""
    parsed = _parsed(json.loads(Path(path).read_text()))
    if name == "facts":
        facts = [_facts(certificate, chain) for certificate, chain in parsed]
        print(json.dumps({"certificates": facts}, indent=2))
    else:
        print(sum(1 for _ in parsed))


def _parsed(chains: Sequence[str]) -> Iterator[tuple[x509.Certificate, int]]:
    for number, chain in enumerate(chains):
        for certificate in x509.load_pem_x509_certificates(chain.encode()):
            yield certificate, number


def _facts(certificate: x509.Certificate, number: int) -> dict[str, Any]:
    """What the report says of a certificate, and what a verdict on it needs."""
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return {
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "names": names.get_values_for_type(x509.DNSName)
        + [str(address) for address in names.get_values_for_type(x509.IPAddress)],
        "common_names": [
            attribute.value
            for attribute in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        ],
        "known_by": "certificate",
        "found_at": [f"acme/prod/keystores/store{number // 10}/alias{number % 10}#0"],
        "key": f"EC {key.curve.name}",
        "signature": certificate.signature_hash_algorithm.name,  # type: ignore[union-attr]
        "role": extensions.get_extension_for_class(x509.BasicConstraints).value.ca,
        "issued_by": extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier.hex(),  # type: ignore[union-attr]
        "key_id": extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest.hex(),
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
