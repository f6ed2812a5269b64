"""Our verdicts on other OpenSSLs than this Python's own: those that a wheel brings along.

For 3.5 the judge is the machine's command, run on that library. For 1.1.1 none is to be had; there
it is the machine's command as it is, less what is known to differ.
"""

from __future__ import annotations

import os
import platform
import random
import subprocess
import sys
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from edgeaudit.x509 import facts, lenient
from edgeaudit.x509.libcrypto import libcrypto
from tests.factories import NOW
from tests.x509.openssl import needs_openssl, openssl_answers
from tests.x509.pkis import PKIS, SEED, Case, answers, draw_case
from tests.x509.test_damage import LEAVES, judge

if TYPE_CHECKING:
    from pathlib import Path

# psycopg2-binary of which version has it, and which number it tells
WHEELS = {"1.1.1": ("2.9.3", 0x10101), "3.5": ("2.9.11", 0x30500)}
COUNT = 2000


@pytest.fixture(scope="module", params=WHEELS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def library(version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The libcrypto out of the wheel, under the names that a program looks for too."""
    folder = tmp_path_factory.mktemp("wheel")
    wanted = f"psycopg2-binary=={WHEELS[version][0]}"
    of = ["--python-version=310", f"--platform=manylinux2014_{platform.machine()}"]
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *of]
    done = subprocess.run(
        [*pip, f"--dest={folder}", wanted], check=False, capture_output=True, text=True
    )
    if done.returncode and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1":
        pytest.skip(f"{wanted} cannot be had here")
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for name in ("libcrypto", "libssl"):
        (found,) = folder.glob(f"*.libs/{name}-*")
        found.with_name(f"{name}.so{found.name.split('.so')[1]}").symlink_to(found)
    return next(folder.glob("*.libs/libcrypto-*"))


PROGRAM = """
import _ssl, os, sys
from pathlib import Path
_ssl.__file__ = sys.argv[2]  # the library in which ours looks for libcrypto's functions
os.environ["LD_LIBRARY_PATH"] = str(Path(sys.argv[2]).parent)  # for the openssl command
from tests.x509.test_other_openssl import compare
compare(sys.argv[1], Path(sys.argv[3]))
"""


@needs_openssl
@pytest.mark.full
def test_verdicts_and_facts_are_those_of_that_version(
    version: str, library: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", PROGRAM, version, str(library), str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def compare(version: str, folder: Path) -> None:
    """Raises AssertionError where facts or verdicts are not what they should be."""
    assert libcrypto().OpenSSL_version_num() >> 12 == WHEELS[version][1]
    for leaf in LEAVES:
        assert lenient.read(leaf.der)._replace(remarks=()) == facts.read(leaf.der)
    draw, seen = random.Random(SEED), Counter[bool]()
    assert sum(judge(draw, turn) for turn in range(COUNT)) > COUNT
    told = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True)
    assert version == "1.1.1" or f"Library: OpenSSL {version}" in told.stdout, told
    for number in range(COUNT // PKIS):
        case = draw_case(draw, PKIS)
        if version == "1.1.1":
            case.options["strict"] = False  # has asked more since 3.0
            if is_ambiguous(case):
                continue
        expected = openssl_answers(case, folder)
        assert answers(case) == expected, (SEED, number, case.options, case.kinds)
        seen.update(ok for ok, _ in expected)
    assert min(seen[True], seen[False]) > COUNT / 5, seen


def is_ambiguous(case: Case) -> bool:
    """Whether issuers share a name at another time than most are made for.

    Where none of several is valid, 1.1.1 takes another one than 3.0.
    """
    subjects = [made.parsed.subject for made in {*case.untrusted, *case.anchors}]
    return case.at != NOW and len(set(subjects)) < len(subjects)
