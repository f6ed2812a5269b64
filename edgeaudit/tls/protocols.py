"""The protocol versions, who knows which, and what Edge enables where nothing is said.

All spell the versions alike (`TLSv1.2`). nginx also knows SSLv2 and minds no case
(`ssl_protocols`, ngx_http_ssl_module); OpenSSL has MinProtocol and cipher-string keywords; Java
minds case and knows SSLv2Hello, which is no version but an old form of the first message (JSSE
"Standard Algorithm Names", SSLContext and SSLParameters).
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import Literal

Dialect = Literal["java", "openssl"]


class Version(IntEnum):
    """A protocol version, oldest first; its value is what stands on the wire."""

    SSLV2 = 0x0002
    SSLV3 = 0x0300
    TLSV1 = 0x0301
    TLSV1_1 = 0x0302
    TLSV1_2 = 0x0303
    TLSV1_3 = 0x0304

    @property
    def spelling(self) -> str:
        """As Java, nginx and OpenSSL write it: `TLSv1.2`."""
        return self.name.replace("V", "v").replace("_", ".")


OLD_HELLO = "SSLv2Hello"
_BY_SPELLING = {version.spelling: version for version in Version}
_BY_FOLDED_SPELLING = {name.lower(): version for name, version in _BY_SPELLING.items()}
# the first Java that has it; TLS 1.3 came to Java 8 in update 261
_SINCE_JAVA = {Version.TLSV1_3: 8}

# What Router and Message Processor enable from which Edge version on, if their properties say
# nothing else (Edge: "Setting TLS protocol for Router and Message Processor", 4.17.09 to 4.54.00).
# For the Public Cloud nothing is documented.
DEFAULTS: tuple[tuple[str, tuple[Version, ...]], ...] = (
    ("4.54", (Version.TLSV1_2, Version.TLSV1_3)),
    ("4.17", (Version.TLSV1, Version.TLSV1_1, Version.TLSV1_2)),
)


def version(name: str, dialect: Dialect, java: int | None = None) -> Version | None:
    """The version of that name; None where the dialect has none of it, as for SSLv2Hello.

    The dialect of nginx is OpenSSL's. `java` is Java's major version, None for any.
    """
    if dialect == "openssl":
        return _BY_FOLDED_SPELLING.get(name.lower())
    found = _BY_SPELLING.get(name)
    is_known = found and found != Version.SSLV2 and (java or 99) >= _SINCE_JAVA.get(found, 0)
    return found if is_known else None


def is_known(name: str, dialect: Dialect, java: int | None = None) -> bool:
    """Whether the dialect has the name, be it that of a version or not."""
    is_hello = dialect == "java" and name == OLD_HELLO
    return is_hello or version(name, dialect, java) is not None


def suggestion(name: str, dialect: Dialect) -> str | None:
    """What was meant by a name that the dialect does not have: `TLSv1.2` for `TLS 1.2`.

    Several names, with blanks between them, where commas or colons hold them together. None where
    it is not clear what was meant, or the dialect has no such thing.
    """
    meant = [_meant(each, dialect) for each in re.split("[,;:|]", name) if each.strip()]
    return " ".join(each for each in meant if each) if meant and all(meant) else None


def _meant(name: str, dialect: Dialect) -> str | None:
    match = re.fullmatch(r"(ssl|tls)v?([123])(\.?[0-3])?", re.sub(r"[\s_-]", "", name.lower()))
    if match is None:
        return None
    minor = (match[3] or "").lstrip(".").lstrip("0")
    found = {"ssl": "SSLv", "tls": "TLSv"}[match[1]] + match[2] + (f".{minor}" if minor else "")
    return found if is_known(found, dialect) else None


def default_versions(edge_version: str) -> tuple[Version, ...]:
    """What an Edge of that version (`4.53.00`) enables by itself; () if not known."""
    told = _numbers(edge_version)
    return next((versions for since, versions in DEFAULTS if told >= _numbers(since)), ())


def _numbers(edge_version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in edge_version.split("."))
