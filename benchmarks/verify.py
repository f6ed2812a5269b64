"""How fast a chain is judged, beside the `openssl verify` command, pyOpenSSL and bare parsing.

Chains of three certificates on P-256 under one root, each with a leaf and an intermediate of its
own, from DER (for the command from files) to the verdict. At most 1 ms in the median, and at least
6 times as fast as the command with a process for each chain.
"""

from __future__ import annotations

import hashlib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from benchmarks.chains import NOW, certificate
from edgeaudit.x509.certificate import read_der
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Chain = tuple[bytes, bytes]  # leaf and intermediate
    Way = Callable[[bytes, bytes], object]  # what judges them

CHAINS = 300
MILLISECONDS, TIMES = 1.0, 6.0


def main() -> int:
    """Measures one after the other; 1 where a limit is missed."""
    root = _der(0, 2)
    chains = [(_der(number, 0), _der(number, 1)) for number in range(CHAINS)]
    with tempfile.TemporaryDirectory() as name:
        ways = (_edgeaudit(root), _command(root, chains, Path(name)), _pyopenssl(root), _bare(root))
        medians = [statistics.median(_seconds(way, *chain) for chain in chains) for way in ways]
    names = ("edgeaudit", "openssl verify", "pyOpenSSL", "bare parsing")
    for name, median in zip(names, medians, strict=True):
        ratio = f"{median / medians[0]:6.2f} × edgeaudit"
        print(f"{name:15} {median * 1000:7.3f} ms {1 / median:9,.0f} chains/s {ratio}")
    ours, times = medians[0] * 1000, medians[1] / medians[0]
    print(f"{ours:.3f} ms (≤ {MILLISECONDS}), {times:.1f} × as fast as the command (≥ {TIMES})")
    return int(ours > MILLISECONDS or times < TIMES)


def _seconds(way: Way, leaf: bytes, intermediate: bytes) -> float:
    start = time.perf_counter()
    way(leaf, intermediate)
    return time.perf_counter() - start


def _edgeaudit(root: bytes) -> Way:
    trust = Trust([read_der(root)], public_roots=False)

    def judge(leaf: bytes, intermediate: bytes) -> None:
        assert verify(read_der(leaf), [read_der(intermediate)], trust, NOW).ok

    return judge


def _command(root: bytes, chains: Sequence[Chain], folder: Path) -> Way:
    """Its files are there before it is measured."""
    (folder / "root").write_text(ssl.DER_cert_to_PEM_cert(root))
    for chain in chains:
        for der in chain:
            _path(folder, der).write_text(ssl.DER_cert_to_PEM_cert(der))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", str(folder / "root")]
    command += ["-attime", str(int(NOW.timestamp())), "-untrusted"]

    def judge(leaf: bytes, intermediate: bytes) -> None:
        files = [str(_path(folder, intermediate)), str(_path(folder, leaf))]
        subprocess.run([*command, *files], check=True, capture_output=True)

    return judge


def _path(folder: Path, der: bytes) -> Path:
    return folder / hashlib.sha256(der).hexdigest()


def _pyopenssl(root: bytes) -> Way:
    store = crypto.X509Store()
    store.add_cert(_loaded(root))
    store.set_time(NOW)

    def judge(leaf: bytes, intermediate: bytes) -> None:
        context = crypto.X509StoreContext(store, _loaded(leaf), [_loaded(intermediate)])
        context.verify_certificate()

    return judge


def _loaded(der: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def _bare(root: bytes) -> Way:
    def judge(*chain: bytes) -> None:
        for der in (*chain, root):
            x509.load_der_x509_certificate(der)

    return judge


def _der(number: int, depth: int) -> bytes:
    """The leaf, intermediate or root, by its depth, of the chain with this number."""
    return certificate(number, depth, root=0).public_bytes(Encoding.DER)


if __name__ == "__main__":
    sys.exit(main())
