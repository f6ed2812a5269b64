"""Certificates with octets changed, cut off or made up: no reader and no verification minds."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from edgeaudit.errors import InputError
from edgeaudit.x509 import lenient
from edgeaudit.x509.certificate import Certificate, is_signed_by, read_bundle
from edgeaudit.x509.diagnosis import diagnose
from edgeaudit.x509.extensions import issuer_addresses
from edgeaudit.x509.path import verify
from edgeaudit.x509.stores import read_entries
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made
from tests.x509.flaws import FLAWS
from tests.x509.forging import forge
from tests.x509.openssl import needs_openssl, openssl_answers
from tests.x509.pkis import SEED, UNREADABLE, Case, answers, draw_options

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

ROOT = CA.root("Root")
ISSUING = ROOT.intermediate("CA", **FLAWS["permitted: example"])
NAMES = {"names": ["a.example", "192.0.2.1"]}
LEAVES = [ISSUING.leaf("a.example", **NAMES | flaw) for flaw in FLAWS.values()]


def damage(draw: Random, data: bytes) -> bytes:
    """Some octets changed, or none; in one of four also cut off."""
    damaged = bytearray(data)
    for _ in range(draw.choice([0, 1, 1, 2, 5])):
        damaged[draw.randrange(len(damaged))] = draw.choice([draw.randrange(256), 0, 0x30, 0x80])
    return bytes(damaged[: draw.choice([None, None, None, draw.randrange(len(data))])])


def damaged_leaf(draw: Random) -> Made:
    """One with a good signature over a field that is damaged, or damaged anywhere."""
    leaf = draw.choice(LEAVES)
    if draw.random() < 0.3:
        return Made(damage(draw, leaf.der), leaf.private_key)

    def change(fields: list[bytes]) -> None:
        at = draw.randrange(len(fields))
        fields[at] = damage(draw, fields[at])

    return forge(ISSUING, leaf, change)


@needs_openssl
@pytest.mark.parametrize("count", [80, pytest.param(5_000, marks=pytest.mark.full)])
def test_the_damaged_get_the_verdict_of_the_command(count: int, tmp_path: Path) -> None:
    draw, seen = random.Random(SEED), Counter[str]()
    for number in range(count // 20):
        leaves = [damaged_leaf(draw) for _ in range(20)]
        case = Case(leaves, [ISSUING], [ROOT], options=draw_options(draw))
        expected = openssl_answers(case, tmp_path)
        for leaf, ours, theirs in zip(leaves, answers(case), expected, strict=True):
            assert ours == theirs, (SEED, number, case.options, leaf.der.hex())
            seen["unreadable" if theirs == UNREADABLE else "ok" if theirs[0] else "not ok"] += 1
    assert len(seen) == 3
    assert min(seen.values()) > count / 10, seen


def judge(draw: Random, turn: int) -> int:
    """How many certificates of a damaged chain could be read, of all readers, and judged."""
    ders = [damaged_leaf(draw).der, damage(draw, ISSUING.der), damage(draw, ROOT.der)]
    for der in (*ders, b"\x30\x82" + draw.randbytes(turn % 300)):
        with suppress(InputError):
            read_entries(der)
        with suppress(InputError, ValueError):
            lenient.read(der)
    read = [each for der in ders for each in read_bundle(der) if isinstance(each, Certificate)]
    trust = Trust(read[-1:], public_roots=False)
    for each in read:
        with suppress(InputError):
            verdict = verify(each, read, trust, NOW, **draw_options(draw))
            diagnose([each, *read], verdict)
        issuer_addresses(each)
        is_signed_by(each, ISSUING.certificate)
    return len(read)


PROGRAM = """
import random, sys
from tests.x509.test_damage import judge
draw = random.Random(1)
print(sum(judge(draw, turn) for turn in range(int(sys.argv[1]))))
"""


@pytest.mark.parametrize("count", [120, pytest.param(20_000, marks=pytest.mark.full)])
def test_no_damage_crashes_the_interpreter(count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(count)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > count
