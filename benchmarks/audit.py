"""20,000 aliases from a snapshot to the JSON report, beside bare parsing of the same certificates.

The yardstick parses the same PEM with `cryptography`, reads the same facts from it and dumps the
same JSON. Distinct certificates: at most 1.5 times it. The same in a pool of 300: at most 3 times
bare parsing of all. Four times the aliases: at most 4.3 times the time.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from edgeaudit.management.snapshot import Recording, packed
from edgeaudit.management.source import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ALIASES = 20_000
IN_USE = 500
POOL = 300
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)
ROUNDS = 3

_KEYS = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]


def main() -> int:
    """Prints the three ratios; 1 where a limit is passed."""
    many = list(_chains(4 * ALIASES))
    some = many[:ALIASES]
    pool = list(islice(cycle(some[:POOL]), ALIASES))
    audit, yardstick = _measured(some), _least(lambda: _yardstick(some))
    from_pool, bare = _measured(pool), _least(lambda: _bare(pool))
    at_once, four_times = _measured(some), _measured(many)
    rows = [
        ("distinct certificates", audit, "facts and JSON of all", yardstick, 1.5),
        (f"a pool of {POOL}", from_pool, "bare parsing of all", bare, 3.0),
        (f"{4 * ALIASES:,} aliases", four_times, f"{ALIASES:,} aliases", at_once, 4.3),
    ]
    for name, seconds, other, least, limit in rows:
        ratio = seconds / least
        print(f"{name:22} {seconds:6.2f} s   {other:22} {least:6.2f} s   {ratio:.2f} (≤ {limit})")
    return int(any(seconds / least > limit for _, seconds, _, least, limit in rows))


def _measured(chains: Sequence[str]) -> float:
    """Seconds of the whole process, from the snapshot to the JSON report."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snapshot"
        path.write_bytes(packed([_recording(chains)], "2026-11-23T00:00:00Z"))
        program = [str(Path(sys.executable).with_name("edgeaudit")), "audit"]
        options = ["--snapshot", str(path), "--at", NOW.isoformat(), "--fail-on", "never"]
        command = [*program, *options, "--format", "json"]
        return _least(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def _least(run: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        gc.collect()
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def _yardstick(chains: Sequence[str]) -> str:
    facts = [_facts(certificate, chain) for certificate, chain in _parsed(chains)]
    return json.dumps({"certificates": facts}, indent=2)


def _bare(chains: Sequence[str]) -> int:
    return sum(1 for _ in _parsed(chains))


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


def _chains(count: int) -> Iterator[str]:
    """Leaf, intermediate and root of its own for every alias."""
    for number in range(count):
        yield "".join(_certificate(number, depth) for depth in (0, 1, 2))


def _certificate(number: int, depth: int) -> str:
    issuer = min(depth + 1, 2)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(number, depth))
        .issuer_name(_name(number, issuer))
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
    )
    made = builder.sign(_KEYS[issuer], hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def _name(number: int, depth: int) -> x509.Name:
    common_name = f"{('api', 'Issuing CA', 'Root')[depth]} {number}"
    return x509.Name(
        [
            x509.NameAttribute(x509.NameOID.COUNTRY_NAME, "US"),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Acme"),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name),
        ]
    )


def _recording(chains: Sequence[str]) -> Recording:
    """One environment: a keystore of ten aliases each, and virtual hosts for IN_USE of them."""
    env = "organizations/acme/environments/prod"
    stores = range(len(chains) // 10)
    bodies: dict[str, Any] = {
        "organizations/acme/environments": ["prod"],
        f"{env}/keystores": [f"store{number}" for number in stores],
        f"{env}/references": [],
        f"{env}/targetservers": [],
        f"{env}/virtualhosts": [f"host{number}" for number in range(IN_USE)],
        f"{env}/deployments": {"aPIProxy": []},
        f"{env}/deployments?sharedFlows=true": {"aPIProxy": []},
    }
    for number in range(IN_USE):
        bodies[f"{env}/virtualhosts/host{number}"] = _host(number)
    for store in stores:
        at = f"{env}/keystores/store{store}"
        bodies[at] = {"aliases": [{"aliasName": f"alias{number}"} for number in range(10)]}
        for number in range(10):
            bodies[f"{at}/aliases/alias{number}"] = {"keyName": "key"}
            bodies[f"{at}/aliases/alias{number}/certificate"] = chains[store * 10 + number]
    answers = {
        path: Answer(200, (body if isinstance(body, str) else json.dumps(body)).encode())
        for path, body in bodies.items()
    }
    return Recording("default", "http://edge/v1", "edge:80", ("acme",), answers=answers)


def _host(number: int) -> dict[str, Any]:
    tls = {"enabled": "true", "keyStore": f"store{number}", "keyAlias": "alias0"}
    return {"hostAliases": [f"api{number * 10}.example.com"], "port": "443", "sSLInfo": tls}


if __name__ == "__main__":
    sys.exit(main())
