"""The real `openssl` command, as the judge of ours."""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.factories import bundle

if TYPE_CHECKING:
    from pathlib import Path

    from tests.x509.pkis import Case

Answer = tuple[bool, list[tuple[int, int]]]

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None and os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1",
    reason="no openssl command here",
)


def openssl_verify(case: Case, folder: Path) -> Answer:
    """Whether `openssl verify` says OK, and the number and depth of its errors, in order."""
    for name, certificates in (
        ("leaf", [case.leaf]),
        ("untrusted", case.untrusted),
        ("anchors", case.anchors),
    ):
        (folder / name).write_text(bundle(*certificates))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", str(folder / "anchors")]
    command += ["-attime", str(int(case.at.timestamp()))]
    if case.untrusted:
        command += ["-untrusted", str(folder / "untrusted")]
    command += _options(case)
    done = subprocess.run(
        [*command, str(folder / "leaf")], check=False, capture_output=True, text=True
    )
    errors = re.findall(r"error (\d+) at (\d+) depth lookup", done.stdout + done.stderr)
    if not errors and "verification failed" in done.stderr:
        errors = [("1", "0")]  # X509_V_ERR_UNSPECIFIED, of which its callback is not told
    assert errors or done.returncode == 0, done.stderr
    return done.returncode == 0, [(int(number), int(depth)) for number, depth in errors]


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
