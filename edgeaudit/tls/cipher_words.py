"""The words of OpenSSL's cipher strings: keywords, and the names of suites (ciphers(1))."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Literal

from edgeaudit.tls import ciphers
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.tls.ciphers import Suite

    Test = Callable[[Suite], object]

Generation = Literal["1.0.2", "1.1"]
GENERATIONS: tuple[Generation, ...] = ("1.0.2", "1.1")


def known_to(generation: Generation) -> list[Suite]:
    """The suites of an OpenSSL, those of TLS 1.3 included; 1.1 stands for 1.1.0 to 3.x."""
    return [each for each in ciphers.suites() if f"openssl{generation}" in each.known_by]


@cache
def meanings(generation: Generation) -> dict[str, Test]:
    """What each word asks of a suite."""
    names = {name for each in known_to(generation) for name in each.openssl}
    return {name: _is_named(name) for name in names} | _COMMON | _OWN[generation]


def is_word(word: str) -> bool:
    """Whether some OpenSSL knows the word."""
    return any(word in meanings(each) for each in GENERATIONS)


def suggestion(word: str) -> str | None:
    """The word that was meant by one that no OpenSSL knows; None where nothing is like it."""
    keywords = {each.lower(): each for own in (_COMMON, *_OWN.values()) for each in own}
    return keywords.get(word.lower()) or ciphers.suggestion(word, "openssl")


def _is_named(name: str) -> Test:
    return lambda suite: name in suite.openssl


def _kx(*values: str) -> Test:
    return lambda suite: suite.kx in values


def _auth(*values: str) -> Test:
    return lambda suite: suite.auth in values


def _enc(pattern: str) -> Test:
    return lambda suite: re.match(pattern, suite.enc)


def _mac(value: str) -> Test:
    return lambda suite: suite.mac == value


def _both(one: Test, other: Test) -> Test:
    return lambda suite: one(suite) and other(suite)


def _not(test: Test) -> Test:
    return lambda suite: not test(suite)


def _first(value: Version) -> Test:
    return lambda suite: suite.first == value


def _export(suite: Suite) -> bool:
    return "EXPORT" in suite.weaknesses


def _is_export_56(suite: Suite) -> bool:
    return "EXPORT1024" in suite.name


def _is_default(suite: Suite) -> bool:
    """Whether DEFAULT has it in 1.1.0 and later, or would, did it encrypt."""
    is_odd = re.match(r"(AES\d+-CCM|ARIA|CAMELLIA|IDEA|SEED|RC4|3DES)", suite.enc)
    return suite.enc == "NULL" or not (is_odd or suite.auth in ("DSS", "anon"))


_NULL = _enc("NULL")
_ANON = _auth("anon")
_LOW = _both(_enc(r"DES-|RC4-64"), _not(_export))
_MEDIUM = _both(_enc(r"3DES|RC4-128|RC2-128|IDEA|SEED"), _not(_export))
_HIGH = _enc(r"AES|ARIA|CAMELLIA|CHACHA20|GOST|KUZNYECHIK|MAGMA")
_COMMON: dict[str, Test] = {
    "ALL": _not(_NULL),
    "COMPLEMENTOFALL": _NULL,
    "HIGH": _HIGH,
    "MEDIUM": _MEDIUM,
    "LOW": _LOW,
    "FIPS": _both(_enc(r"AES\d+-(CBC|GCM)|3DES"), _not(_kx("SRP"))),
    "kRSA": _kx("RSA"),
    "RSA": _kx("RSA"),
    "kDHr": _kx("DHr"),
    "kDHd": _kx("DHd"),
    "kDH": _kx("DHr", "DHd"),
    "kDHE": _kx("DHE"),
    "kEDH": _kx("DHE"),
    "DH": _kx("DHE", "DHr", "DHd"),
    "DHE": _both(_kx("DHE"), _not(_ANON)),
    "EDH": _both(_kx("DHE"), _not(_ANON)),
    "ADH": _both(_kx("DHE"), _ANON),
    "kECDHr": _kx("ECDHr"),
    "kECDHe": _kx("ECDHe"),
    "kECDH": _kx("ECDHr", "ECDHe"),
    "kECDHE": _kx("ECDHE"),
    "kEECDH": _kx("ECDHE"),
    "ECDH": _kx("ECDHE", "ECDHr", "ECDHe"),
    "ECDHE": _both(_kx("ECDHE"), _not(_ANON)),
    "EECDH": _both(_kx("ECDHE"), _not(_ANON)),
    "AECDH": _both(_kx("ECDHE"), _ANON),
    "kPSK": _kx("PSK"),
    "kRSAPSK": _kx("RSAPSK"),
    "kDHEPSK": _kx("DHEPSK"),
    "kECDHEPSK": _kx("ECDHEPSK"),
    "PSK": _kx("PSK", "RSAPSK", "DHEPSK", "ECDHEPSK"),
    "kSRP": _kx("SRP"),
    "SRP": _kx("SRP"),
    "kKRB5": _kx("KRB5"),
    "KRB5": _kx("KRB5"),
    "kGOST": _kx("GOST"),
    "kGOST18": _kx("GOST18"),
    "aRSA": _auth("RSA"),
    "aDSS": _auth("DSS"),
    "DSS": _auth("DSS"),
    "aECDSA": _auth("ECDSA"),
    "ECDSA": _auth("ECDSA"),
    "aDH": _auth("DH"),
    "aECDH": _auth("ECDH"),
    "aPSK": _auth("PSK"),
    "aSRP": _auth("SRP"),
    "aKRB5": _auth("KRB5"),
    "aGOST": _auth("GOST94", "GOST01", "GOST12"),
    "aGOST94": _auth("GOST94"),
    "aGOST01": _auth("GOST01"),
    "aGOST12": _auth("GOST12"),
    "aNULL": _ANON,
    "eNULL": _NULL,
    "NULL": _NULL,
    "AES": _enc("AES"),
    "AES128": _enc("AES128"),
    "AES256": _enc("AES256"),
    "AESGCM": _enc(r"AES\d+-GCM"),
    "AESCCM": _enc(r"AES\d+-CCM"),
    "AESCCM8": _enc(r"AES\d+-CCM8"),
    "ARIA": _enc("ARIA"),
    "ARIA128": _enc("ARIA128"),
    "ARIA256": _enc("ARIA256"),
    "ARIAGCM": _enc(r"ARIA\d+-GCM"),
    "CAMELLIA": _enc("CAMELLIA"),
    "CAMELLIA128": _enc("CAMELLIA128"),
    "CAMELLIA256": _enc("CAMELLIA256"),
    "CBC": _enc(r".*-CBC"),
    "CHACHA20": _enc("CHACHA20"),
    "3DES": _enc("3DES"),
    "DES": _enc("DES"),
    "IDEA": _enc("IDEA"),
    "RC2": _enc("RC2"),
    "RC4": _enc("RC4"),
    "SEED": _enc("SEED"),
    "MD5": _mac("MD5"),
    "SHA": _mac("SHA1"),
    "SHA1": _mac("SHA1"),
    "SHA256": _mac("SHA256"),
    "SHA384": _mac("SHA384"),
    "GOST89MAC": _mac("GOST89"),
    "GOST94": _mac("GOST94"),
    "GOST12": _mac("GOST12"),
    "TLSv1.2": _first(Version.TLSV1_2),
}
_ANY_BEFORE_TLS_1_2 = _both(_not(_first(Version.TLSV1_2)), _not(_first(Version.SSLV2)))
_OWN: dict[Generation, dict[str, Test]] = {
    "1.0.2": {
        "COMPLEMENTOFDEFAULT": _both(_ANON, _not(_NULL)),
        "EXP": _export,
        "EXPORT": _export,
        "EXPORT40": _both(_export, _not(_is_export_56)),
        "EXPORT56": _is_export_56,
        "SSLv2": _first(Version.SSLV2),
        "SSLv3": _ANY_BEFORE_TLS_1_2,
        "TLSv1": _ANY_BEFORE_TLS_1_2,
    },
    "1.1": {
        "COMPLEMENTOFDEFAULT": _both(_not(_is_default), _not(_NULL)),
        "SSLv3": _first(Version.SSLV3),
        "TLSv1": _first(Version.TLSV1),
        "TLSv1.0": _first(Version.TLSV1),
    },
}
