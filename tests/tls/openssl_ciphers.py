"""The real `openssl ciphers`, as the judge of our table and of cipher strings."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import NamedTuple

_LINE = re.compile(
    r"0x(..),0x(..) - (\S+) +- (\S+) +(\S+) +Kx=(\S+) +Au=(\S+) +Enc=(\S+) +Mac=(\S+)"
)


class Told(NamedTuple):
    """A line of `openssl ciphers -V -stdname`."""

    code: str
    name: str
    openssl: str
    first: str
    kx: str
    auth: str
    enc: str
    mac: str


def openssl_ciphers(text: str, *options: str) -> tuple[Told, ...]:
    """What a cipher string expands to; nothing where OpenSSL refuses it."""
    command = ["openssl", "ciphers", *options, "-V", "-stdname", text]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _LINE.finditer(done.stdout) if done.returncode == 0 else ()
    return tuple(Told(match[1] + match[2], *match.groups()[2:]) for match in found)


def codes(text: str, *options: str) -> set[str]:
    """The suites of a cipher string, without TLS 1.3's, which no string removes."""
    return {told.code for told in openssl_ciphers(text, *options) if told.first != "TLSv1.3"}


@cache
def built() -> set[str]:
    """The suites that this machine's OpenSSL was built with."""
    return codes("ALL:COMPLEMENTOFALL")
