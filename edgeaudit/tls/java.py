"""What Java's TLS (JSSE) offers as a client: versions, suites and server name, in Java's order.

The Message Processor of Apigee Edge is such a client: Java 8 for Edge 4.17 to 4.53, 21 for 4.54.
What a release offers by itself differs by update, for its java.security disables more and more
(`jdk.tls.disabledAlgorithms`), and a site may have set that otherwise: DISABLED_AT_LEAST and
DISABLED_AT_MOST are the values between which the defaults of its updates lie. The offer is that of
a JVM without further properties, but jdk.tls.client.protocols (JSSE Reference Guide).

Not known here: SSLv3, which every update disables; the groups and signature algorithms that a site
sets (`jdk.tls.namedGroups`, `jdk.tls.client.SignatureSchemes`); limits on the sizes of keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from edgeaudit.tls.ciphers import Suite, on_the_wire, suite, suites
from edgeaudit.tls.protocols import OLD_HELLO, Version, version
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_hosts import java_server_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_IN_2017 = "SSLv3, RC4, MD5withRSA"
_IN_2021 = "SSLv3, TLSv1, TLSv1.1, RC4, DES, MD5withRSA, 3DES_EDE_CBC, anon, NULL"
_IN_2026 = f"{_IN_2021}, ECDH, TLS_RSA_*"
# jdk.tls.disabledAlgorithms by release, without sizes of keys and what concerns signatures alone:
# of the updates since Edge 4.17 or since the release's first, and of those since January 2026.
DISABLED_AT_LEAST = {8: _IN_2017, 11: _IN_2017, 17: _IN_2021, 21: f"{_IN_2021}, ECDH", 25: _IN_2026}
DISABLED_AT_MOST = dict.fromkeys(DISABLED_AT_LEAST, _IN_2026)

RENEGOTIATION_SIGNAL = 0x00FF
_SIGNAL = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
_BY_ITSELF = (Version.TLSV1_3, Version.TLSV1_2, Version.TLSV1_1, Version.TLSV1)
_OLDEST = 8
_LAST_WITH_3DES = 17
_FIRST_WITH_COLON = 21
_NO_VERSION = "No appropriate protocol (protocol is disabled or cipher suites are inappropriate)"
_DH = ("dh", "diffiehellman")
_PARTS_OF_EXCHANGES = {
    "dhe_rsa": ("rsa", "dhe", *_DH),
    "dhe_dss": ("dsa", "dss", "dhe", *_DH),
    "dh_anon": ("anon", *_DH),
    "rsa_export": ("rsa",),
}
_PARTS_OF_CIPHERS = (
    ("aes", ("aes", "nopadding")),
    ("3des", ("desede", "nopadding")),
    ("des", ("des", "nopadding")),
    ("rc4", ("rc4",)),
    ("null", ("null", "c_null")),
    ("chacha20", ("chacha20-poly1305",)),
)
_PARTS_OF_DIGESTS = {
    "md5": {"md5", "hmacmd5"},
    "sha": {"sha1", "sha-1", "hmacsha1"},
    "sha256": {"sha256", "sha-256", "hmacsha256"},
    "sha384": {"sha384", "sha-384", "hmacsha384"},
}
_NO_SUITE = "No negotiable cipher suite"


class _Refused(Exception):
    """Java does not even begin, with these words."""


@dataclass(frozen=True)
class JavaOffer:
    """What Java `java` offers: `versions`, newest first, and `suites` in its order of preference.

    `codes` are the suites as they stand on the wire, with the signal for renegotiation where that
    is among them. `server_name` is the SNI; None where none is sent. `is_old_hello` is whether the
    hello has SSLv2's form, which carries no name (SSLv2Hello). Where Java does not even begin,
    `refusal` is what its exception says, and nothing is offered.
    """

    java: int
    versions: tuple[Version, ...] = ()
    suites: tuple[Suite, ...] = ()
    codes: tuple[int, ...] = ()
    server_name: str | None = None
    is_old_hello: bool = False
    refusal: str | None = None


def java_offer(
    java: int,
    protocols: Sequence[str] = (),
    ciphers: Sequence[str] = (),
    *,
    host: str | None = None,
    disabled: str | None = None,
    of_jvm: Sequence[str] = (),
) -> JavaOffer:
    """What Java `java` (8, 11, 17, 21 or 25) offers with these settings of Edge's SSLInfo.

    `protocols` and `ciphers` are names as Java has them, nothing for Java's own choice. `host` is
    what is connected to; None where no server name is to be sent (jsse.enableSNIExtension).
    `disabled` is the value of jdk.tls.disabledAlgorithms, DISABLED_AT_MOST's by default; words with
    conditions in it are passed over. `of_jvm` are the names in jdk.tls.client.protocols: where no
    `protocols` are given they stand for these, and where no `ciphers` are, only suites of these
    versions are offered. Raises KeyError for another release.
    """
    release = RELEASES[java]
    words = _words(DISABLED_AT_MOST[java] if disabled is None else disabled)
    try:
        usual = _versions(java, of_jvm)
        asked = _versions(java, protocols) if protocols else usual
        chosen = [_code(name, java) for name in ciphers] or [
            code for code in _by_itself(java) if any(_fits(code, each) for each in usual)
        ]
        enabled = [each for each in chosen if not _is_disabled(each, words)]
        versions = tuple(
            each
            for each in sorted(asked, reverse=True)
            if each.spelling.lower() not in words and any(_fits(code, each) for code in enabled)
        )
        codes = _offered(enabled, versions)
    except _Refused as refused:
        return JavaOffer(java, refusal=str(refused))
    is_old_hello = OLD_HELLO in protocols and versions[0] < Version.TLSV1_3
    name = None if host is None or is_old_hello else java_server_name(host, release)
    found = tuple(filter(None, map(on_the_wire, codes)))
    return JavaOffer(java, versions, found, codes, name, is_old_hello)


def _versions(java: int, names: Sequence[str]) -> set[Version]:
    """The versions of those names, or those that Java enables where nothing disables them."""
    found = set()
    for name in names:
        named = version(name, "java", java)
        if named is None and name != OLD_HELLO:
            colon = ": " if java >= _FIRST_WITH_COLON else ""
            raise _Refused(f"Unsupported protocol{colon}{name}")
        found |= {named} if named else set()
    return found if names else set(_BY_ITSELF)


def _code(name: str, java: int) -> int:
    """The suite of that name, or the signal, as it stands on the wire."""
    found = suite(name, "java", java)
    if found is None and name != _SIGNAL:
        raise _Refused(f"Unsupported CipherSuite: {name}")
    return int(found.code, 16) if found else RENEGOTIATION_SIGNAL


@cache
def _by_itself(java: int) -> list[int]:
    known = "java8" if java == _OLDEST else "java21"
    preferred = {each.preference: each for each in suites() if each.preference}
    found = [each for _, each in sorted(preferred.items()) if known in each.known_by]
    if java > _LAST_WITH_3DES:
        found = [each for each in found if not each.weaknesses]
    return [*(int(each.code, 16) for each in found), RENEGOTIATION_SIGNAL]


def _offered(enabled: Sequence[int], versions: Sequence[Version]) -> tuple[int, ...]:
    """Those of the suites that go with a version. Raises _Refused where that leaves nothing."""
    if not versions:
        raise _Refused(_NO_VERSION)
    codes = tuple(code for code in enabled if any(_fits(code, each) for each in versions))
    if set(codes) == {RENEGOTIATION_SIGNAL}:
        raise _Refused(_NO_SUITE)
    return codes


def _fits(code: int, version: Version) -> bool:
    """Whether the suite, or the signal, goes with the version."""
    found = on_the_wire(code)
    return found.works_in(version, "java") if found else version <= Version.TLSV1_2


@lru_cache
def _words(disabled: str) -> frozenset[str]:
    """The entries of jdk.tls.disabledAlgorithms that have no condition, in small letters."""
    entries = (each.strip().lower() for each in disabled.split(","))
    return frozenset(each for each in entries if each and " " not in each)


def _is_disabled(code: int, words: frozenset[str]) -> bool:
    found = on_the_wire(code)
    if found is None:
        return False
    name = found.java.lower()
    return not words.isdisjoint(_parts(found)) or any(fnmatchcase(name, each) for each in words)


@cache
def _parts(found: Suite) -> frozenset[str]:
    """What Java takes the suite apart into (SSLAlgorithmDecomposer), in small letters."""
    exchange, _, rest = found.java.lower().removeprefix("tls_").rpartition("_with_")
    exchange = exchange.removeprefix("ssl_")
    cipher, _, digest = rest.rpartition("_")
    parts = {*_parts_of_exchange(exchange, cipher), *_PARTS_OF_DIGESTS.get(digest, ())}
    if digest != "sha384" and found.last >= Version.TLSV1_2:
        parts |= _PARTS_OF_DIGESTS["sha256"]  # from which TLS 1.2 derives its keys
    parts |= {part for word, more in _PARTS_OF_CIPHERS if cipher.startswith(word) for part in more}
    parts |= {mode for mode in ("cbc", "gcm") if mode in cipher}
    is_named = exchange and not cipher.startswith("chacha20")  # those of TLS 1.3 have no such name
    return frozenset(parts | ({cipher} if is_named else set()))


def _parts_of_exchange(exchange: str, cipher: str) -> tuple[str, ...]:
    """Of those for EXPORT Java knows RSA's, and the anonymous one with RC4."""
    if exchange == "dh_anon_export" and cipher == "rc4_40":
        exchange = "dh_anon"
    if exchange.endswith("_export") and exchange != "rsa_export":
        return ()
    return (exchange, *_PARTS_OF_EXCHANGES.get(exchange, exchange.split("_")))
