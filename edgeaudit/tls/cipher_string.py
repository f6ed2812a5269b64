"""OpenSSL's cipher strings (`HIGH:!aNULL:!MD5`), as nginx's `ssl_ciphers` has them.

As ciphers(1) describes them, and as OpenSSL behaves: 1.0.2 on the one hand, 1.1.0 to 3.x on the
other. A string says which suites, and in which order; only the former is told here. It says nothing
of TLS 1.3, whose suites have a list of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.tls.cipher_words import GENERATIONS, is_word, known_to, meanings
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from edgeaudit.tls.cipher_words import Generation
    from edgeaudit.tls.ciphers import Suite

_DEFAULTS: dict[Generation, str] = {
    "1.0.2": "ALL:!EXPORT:!LOW:!aNULL:!eNULL:!SSLv2",
    "1.1": "ALL:!COMPLEMENTOFDEFAULT:!eNULL",
}
# What is there in TLS 1.3, whatever the string says (SSL_CTX_set_ciphersuites(3)).
DEFAULTS_OF_1_3 = frozenset(
    {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"}
)
# They stand for the whole string (RFC 6460).
_SUITE_B = {
    "SUITEB128": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
    "SUITEB128C2": "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
    "SUITEB128ONLY": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "SUITEB192": "ECDHE-ECDSA-AES256-GCM-SHA384",
}
# SSL_CTX_set_security_level(3): the least bits of levels 1 to 5
_LEVEL_BITS = (0, 80, 112, 128, 192, 256)


@dataclass(frozen=True)
class Expansion:
    """The suites of TLS 1.2 and before that a cipher string selects, in the table's order.

    `unknown` are the parts, as written (`FOO`, `!FOO`, `AES+FOO`), with a word that no OpenSSL
    knows. OpenSSL passes them over. Where no suite is left it refuses the string, and so it does
    for a command that it cannot read; then there are no suites here.
    """

    suites: tuple[Suite, ...]
    unknown: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def expand(text: str, generation: Generation = "1.1") -> Expansion:
    """What a cipher string selects in OpenSSL of that generation (1.1 is 1.1.0 to 3.x)."""
    reading = _Reading(generation)
    if text.startswith("DEFAULT"):  # whatever comes next, without a separator too
        text = f"{_DEFAULTS[generation]}:{text.removeprefix('DEFAULT')}"
    text = _SUITE_B.get(re.split("[:,; ]", text)[0], text)
    parts = [part for part in re.split("[:,; ]+", text) if part]
    try:
        for part in parts:
            reading.read(part)
    except ValueError:
        return Expansion((), (*reading.unknown, part))
    return Expansion(reading.suites(), tuple(reading.unknown))


class _Reading:
    """A cipher string, part after part."""

    def __init__(self, generation: Generation) -> None:
        self.unknown: list[str] = []
        self._generation = generation
        self._chosen: set[Suite] = set()
        self._killed: set[Suite] = set()
        self._level = 0

    def suites(self) -> tuple[Suite, ...]:
        """What is left in the end."""
        kept = {each for each in self._chosen if _is_permitted(each, self._level)}
        return tuple(each for each in known_to(self._generation) if each in kept)

    def read(self, part: str) -> None:
        """Do what `part` says; raises ValueError where OpenSSL refuses the string for it."""
        command, words = (part[0], part[1:]) if part[0] in "!-+@" else ("", part)
        if command == "@":
            self._obey(words)
        elif not re.match(r"[\w.=-]", words) or words.endswith("+"):
            raise ValueError(part)
        elif not all(map(is_word, words.split("+"))):
            self.unknown.append(part)
        else:
            self._select(command, _selected(words, self._generation))

    def _select(self, command: str, found: frozenset[Suite]) -> None:
        if command == "":
            self._chosen |= found - self._killed
        elif command != "+":  # which only puts what is there already at the end
            self._chosen -= found
        if command == "!":
            self._killed |= found

    def _obey(self, command: str) -> None:
        level = re.fullmatch(r"SECLEVEL=([0-5])", command)
        if level and self._generation != "1.0.2":
            self._level = int(level[1])
        elif command != "STRENGTH":  # which only sorts
            raise ValueError(command)


def selected(words: str) -> frozenset[Suite]:
    """The suites that a part of a cipher string (`kRSA`, `SHA1+AES`) selects in any OpenSSL.

    Raises ValueError where no OpenSSL knows one of the words.
    """
    if unknown := [word for word in words.split("+") if not is_word(word)]:
        raise ValueError(f"OpenSSL knows no {unknown[0]!r}")
    return frozenset().union(*(_selected(words, each) for each in GENERATIONS))


@lru_cache(maxsize=4096)
def _selected(words: str, generation: Generation) -> frozenset[Suite]:
    tests = [meanings(generation).get(word) for word in words.split("+")]
    return frozenset(
        each
        for each in known_to(generation)
        if each.first < Version.TLSV1_3 and all(test and test(each) for test in tests)
    )


def _is_permitted(suite: Suite, level: int) -> bool:
    """Whether the security level lets it be used (SSL_CTX_set_security_level(3))."""
    if level == 0:
        return True
    return (
        _bits(suite) >= _LEVEL_BITS[level]
        and suite.auth != "anon"
        and suite.mac != "MD5"
        and (level < 2 or not suite.enc.startswith("RC4"))
        and (level < 3 or suite.kx.startswith(("DHE", "ECDHE")))
        and (level < 4 or suite.mac != "SHA1")
    )


def _bits(suite: Suite) -> int:
    if suite.enc.startswith(("NULL", "DES-", "3DES")):
        return {"NULL": 0, "DES-": 56, "3DES": 112}[suite.enc[:4]]
    if suite.enc.startswith(("IDEA", "SEED")):
        return 128
    number = re.match(r"[A-Z]+[-]?(40|56|64|128|256)(?!\d)", suite.enc)
    return int(number[1]) if number else 256  # ChaCha20, GOST
