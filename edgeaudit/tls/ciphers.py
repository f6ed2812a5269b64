"""The cipher suites that Java 8 to 21 and OpenSSL 1.0.2 to 3.x know, and their names.

The table is ciphers.csv. Code points and names: IANA, "TLS Cipher Suites"; OpenSSL's names and
their parts, in OpenSSL's terms: ciphers(1) of 1.0.2, 1.1.1 and 3.0 and `openssl ciphers -V`;
Java's: JSSE, "Standard Algorithm Names" of Java 8 and 21. SSLv2's own suites have the names of
its specification, and three-byte code points. `first` is OpenSSL's least version, `last` the last
for which an RFC defines the suite (RFC 4346, A.5, for EXPORT; RFC 5246, 1.2, for DES and
IDEA). `known_by` tells Java 8 from 11 to 25 (`java21`) and OpenSSL 1.0.2 from 1.1.0 to 3.x,
whatever a build leaves out. `preference` is the place in the list that Java 8 (from update 301
on) to 25 offer by themselves, where nothing is disabled (SSLEngine.getEnabledCipherSuites).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from edgeaudit.tls.protocols import Version, version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from edgeaudit.tls.protocols import Dialect

# They stand among the suites and are none (RFC 5746, 3.3; RFC 7507).
SIGNALS = frozenset({"TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "TLS_FALLBACK_SCSV"})
_JAVA_SIGNAL = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
# Nothing longer can be a slip of one of the names.
_LONGEST = 80
# The authentication that a server can do with a key; TLS 1.3 has no DSA (RFC 8446, 4.2.3).
_AUTH_BY_KEY = {
    "RSA": {"RSA", "any"},
    "EC": {"ECDSA", "ECDH", "any"},
    "ECDSA": {"ECDSA", "ECDH", "any"},
    "Ed25519": {"ECDSA", "any"},
    "Ed448": {"ECDSA", "any"},
    "DSA": {"DSS"},
}
# What they need besides a certificate, neither Router nor Message Processor can be told.
_OTHER_SECRETS = ("PSK", "SRP")


@dataclass(frozen=True)
class Suite:
    """A cipher suite: `code` in hex, its names, its parts in OpenSSL's terms, its versions.

    `name` is IANA's, `java` Java's own and `openssl` OpenSSL's, newest first. `auth` is what the
    server's key must be good for: RSA, ECDSA, DSS, DH, ECDH, ..., `anon` without certificate, `any`
    in TLS 1.3. `weaknesses` are among NULL, EXPORT, anon, RC4, DES, 3DES and MD5. `known_by` are
    among java8, java21, openssl1.0.2 and openssl1.1. `preference` is its place among those that
    Java offers by itself, from 1 on; None where it is not one of them.
    """

    code: str
    name: str
    java: str
    openssl: tuple[str, ...]
    kx: str
    auth: str
    enc: str
    mac: str
    first: Version
    last: Version
    weaknesses: tuple[str, ...]
    known_by: frozenset[str]
    preference: int | None

    def __hash__(self) -> int:
        return hash(self.code)

    @property
    def is_anonymous(self) -> bool:
        """Whether the server shows no certificate."""
        return self.auth == "anon"

    def named(self, dialect: Dialect) -> str | None:
        """Its name in that dialect; None where that knows no such suite."""
        if not any(each.startswith(dialect) for each in self.known_by):
            return None
        return self.java if dialect == "java" else self.openssl[0]

    def works_in(self, version: Version, dialect: Dialect) -> bool:
        """Whether the dialect's library uses it in that version.

        Java obeys the RFCs that took EXPORT and DES out of TLS 1.1 and 1.2; OpenSSL does not.
        """
        is_kept = dialect == "openssl" and Version.SSLV3 <= self.last < Version.TLSV1_2
        return self.first <= version <= (Version.TLSV1_2 if is_kept else self.last)

    def suits(self, key: str | None) -> bool:
        """Whether a server can use it with a `key` ("RSA 2048", "Ed25519"); None for any key."""
        if self.is_anonymous:
            return True
        kind = key.partition(" ")[0] if key else ""
        return not self.kx.endswith(_OTHER_SECRETS) and self.auth in _AUTH_BY_KEY.get(
            kind, {self.auth}
        )


@cache
def suites() -> tuple[Suite, ...]:
    """All of them."""
    table = resources.files("edgeaudit.tls").joinpath("ciphers.csv").read_text("utf-8")
    return tuple(map(_suite, csv.DictReader(table.splitlines())))


def on_the_wire(code: int) -> Suite | None:
    """The suite of that code point; None for one that is not in the table."""
    return _by_code().get(code)


def suite(name: str, dialect: Dialect, java: int | None = None) -> Suite | None:
    """The suite of that very name; None where the dialect has none of it.

    Java goes by its own names and IANA's. `java` is its major version, None for any.
    """
    found = _by_name(dialect).get(name)
    known = {"java8"} if java == 8 else {"java21"} if java else None
    return None if found and known and not known & found.known_by else found


def is_known(name: str, dialect: Dialect, java: int | None = None) -> bool:
    """Whether the dialect has the name, be it that of a suite or of a signal."""
    is_signal = dialect == "java" and name == _JAVA_SIGNAL
    return is_signal or suite(name, dialect, java) is not None


def suggestion(name: str, dialect: Dialect) -> str | None:
    """What was meant by a name that the dialect does not have: another's name, or a slip.

    `ECDHE-RSA-AES128-SHA` gives Java's TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, and the reverse; None
    where nothing is like it, or the dialect has no such suite.
    """
    if found := _by_folded_name().get(_folded(name)):
        return found.named(dialect)
    if len(name) > _LONGEST:
        return None
    known = {_folded(each): found for each, found in _by_name(dialect).items()}
    close = get_close_matches(_folded(name), known, 1, cutoff=0.9)
    return known[close[0]].named(dialect) if close else None


def usable(
    versions: Collection[Version],
    offered: Iterable[Suite],
    dialect: Dialect,
    key: str | None = None,
) -> tuple[Suite, ...]:
    """Those that a handshake can end with in one of `versions`, the server's key being `key`.

    Ed25519 and Ed448 need TLS 1.2 (RFC 8422, 5.1.3 and 5.10).
    """
    is_new = key in ("Ed25519", "Ed448")
    able = [each for each in versions if each >= Version.TLSV1_2] if is_new else versions
    return tuple(
        each
        for each in offered
        if each.suits(key)
        and any(each.works_in(one, dialect) for one in (versions if each.is_anonymous else able))
    )


def _suite(row: dict[str, str]) -> Suite:
    return Suite(
        code=row["code"],
        name=row["name"],
        java=row["java"] or row["name"],
        openssl=tuple(row["openssl"].split()),
        kx=row["kx"],
        auth=row["auth"],
        enc=row["enc"],
        mac=row["mac"],
        first=_version(row["first"]),
        last=_version(row["last"]),
        weaknesses=tuple(row["weakness"].split()),
        known_by=frozenset(row["known_by"].split()),
        preference=int(row["preference"]) if row["preference"] else None,
    )


def _version(name: str) -> Version:
    found = version(name, "openssl")
    if found is None:
        raise ValueError(name)
    return found


@cache
def _by_code() -> dict[int, Suite]:
    return {int(each.code, 16): each for each in suites()}


@cache
def _by_name(dialect: Dialect) -> dict[str, Suite]:
    """By each of the dialect's names; of SSLv2's and SSLv3's suites of one name, the latter's."""
    newest_last = sorted(suites(), key=lambda each: each.first)
    return {
        name: each
        for each in newest_last
        if each.named(dialect)
        for name in ((each.java, each.name) if dialect == "java" else each.openssl)
    }


@cache
def _by_folded_name() -> dict[str, Suite]:
    return {
        _folded(name): each
        for each in sorted(suites(), key=lambda each: each.first)
        for name in (*each.openssl, each.java, each.name)
    }


def _folded(name: str) -> str:
    return name.strip().replace("_", "-").lower()
