"""The `openssl verify` command, where Python's own libcrypto cannot be called."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from edgeaudit.errors import MissingLibrary
from edgeaudit.x509.verifier import Answer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.x509.verifier import Question

_ERROR = re.compile(r"^error (\d+) at (\d+) depth lookup: ?(.*)$", re.MULTILINE)
_VERSION = re.compile(r"OpenSSL (\d+)\.")


def verify(
    der: bytes, untrusted: Sequence[bytes], anchors: Sequence[bytes], question: Question
) -> Answer:
    """The command's answer; it tells no chain. Raises MissingLibrary without the command."""
    with tempfile.TemporaryDirectory(prefix="edgeaudit-") as name:
        folder = Path(name)
        _write(folder / "untrusted", untrusted)
        _write(folder / "anchors", anchors)
        _write(folder / "certificate", [der])
        files = ["-untrusted", str(folder / "untrusted")] if untrusted else []
        files += ["-CAfile", str(folder / "anchors")] if anchors else ["-no-CAfile"]
        status, output = _run(
            ["verify", "-no-CApath", *files, *_options(question), str(folder / "certificate")]
        )
    errors = [(int(number), int(depth), text) for number, depth, text in _ERROR.findall(output)]
    return Answer(status == 0, errors, [], _major_version())


@cache
def _major_version() -> int:
    match = _VERSION.search(_run(["version"])[1])
    return int(match[1]) if match else 3


def _options(question: Question) -> Iterator[str]:
    yield from ("-attime", str(question.at))
    if question.hostname:
        yield from ("-verify_ip" if question.address else "-verify_hostname", question.hostname)
    if question.purpose:
        yield from ("-purpose", question.purpose)
    if question.partial_chain:
        yield "-partial_chain"
    if question.strict:
        yield "-x509_strict"


def _run(arguments: Iterable[str]) -> tuple[int, str]:
    openssl = shutil.which("openssl")
    if openssl is None:
        raise MissingLibrary(
            "certificates cannot be verified without OpenSSL",
            "install the openssl command, or use a Python that links libcrypto dynamically",
        )
    done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
        [openssl, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


def _write(path: Path, ders: Iterable[bytes]) -> None:
    pem = b"".join(
        b"-----BEGIN CERTIFICATE-----\n%b-----END CERTIFICATE-----\n" % base64.encodebytes(der)
        for der in ders
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
