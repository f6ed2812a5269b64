"""The real `openssl` command, as the judge of ours."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from functools import cache
from typing import TYPE_CHECKING

import pytest

from edgeaudit.x509 import codes
from tests.factories import bundle
from tests.x509.pkis import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.x509.pkis import Answer, Case

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="no openssl command here",
)
_ERROR = re.compile(
    r"^error (?:(\d+) at (\d+) depth lookup|(.*): verification failed$)", re.MULTILINE
)


def openssl_answers(case: Case, folder: Path) -> list[Answer]:
    """Whether `openssl verify` says OK to each leaf; code and depth of its errors, in order.

    All in one process, which costs more than the verification itself.
    """
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", str(folder / "anchors")]
    (folder / "anchors").write_text(bundle(*case.anchors))
    command += ["-attime", str(int(case.at.timestamp()))]
    if case.untrusted:
        (folder / "untrusted").write_text(bundle(*case.untrusted))
        command += ["-untrusted", str(folder / "untrusted")]
    leaves = [folder / f"leaf{number}" for number in range(len(case.leaves))]
    for leaf, made in zip(leaves, case.leaves, strict=True):
        leaf.write_text(made.pem)
    done = subprocess.run(
        [*command, *_options(case), *map(str, leaves)], check=False, capture_output=True, text=True
    )
    accepted = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
    failed = dict(_failures(done.stderr))
    assert not accepted & failed.keys(), done.stderr
    return [
        (True, []) if str(leaf) in accepted else failed.get(str(leaf), UNREADABLE)
        for leaf in leaves
    ]


def _failures(stderr: str) -> Iterator[tuple[str, Answer]]:
    """The file of each leaf that failed, and its errors, which are told before it."""
    errors: list[tuple[str, int]] = []
    for error, depth, leaf in _ERROR.findall(stderr):
        if error:
            errors.append((codes.code(int(error), _major_version()), int(depth)))
        else:
            # of X509_V_ERR_UNSPECIFIED the command is not always told
            yield leaf, (False, errors or [("unspecified", 0)])
            errors = []


@cache
def _major_version() -> int:
    done = subprocess.run(["openssl", "version"], check=True, capture_output=True, text=True)
    return int(done.stdout.split()[1].split(".")[0])


def _options(case: Case) -> list[str]:
    options = []
    if purpose := case.options.get("purpose"):
        options += ["-purpose", purpose]
    if host := case.options.get("hostname"):
        options += ["-verify_ip" if _is_address(host) else "-verify_hostname", host]
    if case.options.get("partial_chain"):
        options += ["-partial_chain"]
    if case.options.get("strict"):
        options += ["-x509_strict"]
    return options


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
