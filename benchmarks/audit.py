"""20,000 aliases from a snapshot to the JSON report, beside bare parsing of the same certificates.

The yardstick parses the same PEM with `cryptography`, reads the same facts from it and dumps the
same JSON. Distinct certificates: at most 1.5 times it. The same in a pool of 300: at most 3 times
bare parsing of all. Four times the aliases: at most 4.3 times the time. Each side is a process of
its own, from its input file to its output.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding

from benchmarks.chains import NOW, certificate
from edgeaudit.management.snapshot import Recording, packed
from edgeaudit.management.source import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cryptography import x509

ALIASES = 20_000
IN_USE = 500
POOL = 300
ROUNDS = 3


def main() -> int:
    """Prints the three ratios; 1 where a limit is passed."""
    many = list(_chains(4 * ALIASES))
    some = many[:ALIASES]
    pool = list(islice(cycle(some[:POOL]), ALIASES))
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        pairs = [
            (_audit(at / "some", some), _yardstick("facts", at / "some.json", some), 1.5),
            (_audit(at / "pool", pool), _yardstick("bare", at / "pool.json", pool), 3.0),
            (_audit(at / "many", many), _audit(at / "some", some), 4.3),
        ]
        seconds = _measured([command for *both, _ in pairs for command in both])
    names = (
        ("distinct certificates", "facts and JSON of all"),
        (f"a pool of {POOL}", "bare parsing of all"),
        (f"{4 * ALIASES:,} aliases", f"{ALIASES:,} aliases"),
    )
    ratios = [one / other for one, other in zip(seconds[::2], seconds[1::2], strict=True)]
    for row, (name, other) in enumerate(names):
        one, least = seconds[2 * row : 2 * row + 2]
        told = f"{ratios[row]:.2f} (≤ {pairs[row][2]})"
        print(f"{name:22} {one:6.2f} s   {other:22} {least:6.2f} s   {told}")
    return int(any(ratio > limit for ratio, (*_, limit) in zip(ratios, pairs, strict=True)))


def _audit(path: Path, chains: Sequence[str]) -> list[str]:
    """The command that audits a snapshot of the chains, made at `path`."""
    path.write_bytes(packed([_recording(chains)], "2026-11-23T00:00:00Z"))
    program = str(Path(sys.executable).with_name("edgeaudit"))
    options = ["--at", NOW.isoformat(), "--fail-on", "never", "--format", "json"]
    return [program, "audit", "--snapshot", str(path), *options]


def _yardstick(name: str, path: Path, chains: Sequence[str]) -> list[str]:
    """The command that parses the chains in a file, made at `path`."""
    path.write_text(json.dumps(chains))
    return [sys.executable, "-m", "benchmarks.parsing", name, str(path)]


def _measured(commands: Sequence[list[str]]) -> list[float]:
    """The least seconds of each command, all taking turns."""
    rounds = [[_seconds(command) for command in commands] for _ in range(ROUNDS)]
    return list(map(min, zip(*rounds, strict=True)))


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _chains(count: int) -> Iterator[str]:
    """Leaf, intermediate and root of its own for every alias."""
    for number in range(count):
        yield "".join(_pem(certificate(number, depth)) for depth in (0, 1, 2))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


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
