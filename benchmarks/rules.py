"""The rules over 20,000 aliases, 2,000 virtual hosts and 5,000 targets, beside reading facts.

The yardstick reads the same chains, from PEM to certificates with all their facts. The rules' own
time, OpenSSL's verification of paths apart, is at most as long. It grows with the installation, of
which a sixteenth, a fourth and the whole are judged, as reading does, which does the same for each
chain: the powers (by regression) differ by 0.1 at most. That both are above 1 is the processor's
caches, which hold the smaller ones.
"""

from __future__ import annotations

import gc
import math
import sys
import time
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, NamedTuple
from unittest.mock import patch

from benchmarks.estate import NOW, chains, installation, root
from edgeaudit.audit import evidence
from edgeaudit.audit.engine import _Trial
from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.policy import Policy
from edgeaudit.x509 import certificate
from edgeaudit.x509.bundle import best_verdict
from edgeaudit.x509.certificate import Certificate, read_bundle
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ALIASES, HOSTS, TARGETS = 20_000, 2_000, 5_000
PARTS = (16, 4, 1)
ROUNDS = 5
STEEPEST = 0.1


class Seconds(NamedTuple):
    """Of reading the certificates, of the rules, and of verification, which is not counted."""

    reading: float
    rules: float
    verifying: float


def main() -> int:
    """Prints the seconds and the exponent; 1 where a limit is passed."""
    gc.set_threshold(500_000, 50, 1000)  # as the program has it
    trust, many = Trust(_read(root()), public_roots=False), list(chains(ALIASES))
    measured = {part: _least(many[: ALIASES // part], trust, part) for part in PARTS}
    for part, one in measured.items():
        told = f"rules {one.rules:6.2f} s   facts {one.reading:6.2f} s"
        ratio = f"{one.rules / one.reading:.2f} (≤ 1)"
        print(f"{ALIASES // part:6,} aliases   {told}   {ratio}   paths {one.verifying:.2f} s")
    rules = _exponent([(1 / part, one.rules) for part, one in measured.items()])
    reading = _exponent([(1 / part, one.reading) for part, one in measured.items()])
    print(f"growth: rules to the power of {rules:.2f}, facts {reading:.2f} (differ ≤ {STEEPEST})")
    return int(measured[1].rules > measured[1].reading or rules - reading > STEEPEST)


def _exponent(points: Sequence[tuple[float, float]]) -> float:
    """The slope of the line that fits best, on logarithmic scales."""
    logs = [(math.log(size), math.log(seconds)) for size, seconds in points]
    size, taken = (sum(each) / len(logs) for each in zip(*logs, strict=True))
    rise = math.fsum((x - size) * (y - taken) for x, y in logs)
    return rise / math.fsum((x - size) ** 2 for x, _ in logs)


def _least(pems: Sequence[bytes], trust: Trust, part: int) -> Seconds:
    """The least seconds of each, taking turns."""
    rounds = [_measured(pems, trust, part) for _ in range(ROUNDS)]
    return Seconds(*map(min, zip(*rounds, strict=True)))


def _measured(pems: Sequence[bytes], trust: Trust, part: int) -> Seconds:
    for cached in (read_bundle, certificate.read_der, certificate._is_signed):
        cached.cache_clear()
    start = time.process_time()
    read = [_read(pem) for pem in pems]
    reading = time.process_time() - start
    inventory = installation(read, HOSTS // part, TARGETS // part)
    with _verifications() as verified:
        start = time.process_time()
        trial = _Trial(inventory, Evidence(inventory, trust, Policy(), NOW))
        found = list(trial.findings())
        judging = time.process_time() - start
    assert not trial.gaps
    assert len(pems) / 50 < len(found) < len(pems) / 5, "some defects"
    return Seconds(reading, judging - sum(verified), sum(verified))


def _read(pem: bytes) -> tuple[Certificate, ...]:
    return tuple(each for each in read_bundle(pem) if isinstance(each, Certificate))


@contextmanager
def _verifications() -> Iterator[list[float]]:
    """The seconds of each verification of a path within the block."""
    verified: list[float] = []
    with patch.object(evidence, "best_verdict", _timed(best_verdict, verified)):
        yield verified


def _timed(function: Callable[..., object], seconds: list[float]) -> Callable[..., object]:
    @wraps(function)
    def timed(*arguments: object) -> object:
        start = time.process_time()
        result = function(*arguments)
        seconds.append(time.process_time() - start)
        return result

    return timed


if __name__ == "__main__":
    sys.exit(main())
