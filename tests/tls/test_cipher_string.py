"""Cipher strings, against `openssl ciphers` on the suites that this machine's OpenSSL has."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.tls.cipher_string import expand, selected
from edgeaudit.tls.cipher_words import GENERATIONS, meanings, suggestion
from edgeaudit.tls.protocols import Version
from tests.tls.openssl_ciphers import built, codes
from tests.x509.openssl import needs_openssl

STRINGS = [
    "HIGH:!aNULL:!MD5",
    "HIGH:!aNULL",
    "ECDHE+AESGCM",
    "ECDHE+AESGCM:DHE+AESGCM:!DSS",
    "EECDH+AES:EDH+AES:!SHA1",
    "DEFAULT",
    "DEFAULT:!kRSA",
    "DEFAULT@STRENGTH",
    "DEFAULT+AES",
    "DEFAULT:NULL-SHA:AES128-CCM",
    "DEFAULTAES128-SHA:!PSK",
    "AES128-SHA:DEFAULT",
    " DEFAULT",
    "ALL:!COMPLEMENTOFDEFAULT",
    "ALL:COMPLEMENTOFALL:@STRENGTH",
    "ALL:-AES:AES128-SHA",
    "ALL:!AES:AES128-SHA",
    "!AES128-SHA:AES128-SHA:AES256-SHA",
    "AES128-SHA:-AES128-SHA:AES128-SHA",
    "+AES:AES128-SHA",
    "AES128-SHA AES256-SHA;NULL-SHA,CAMELLIA128-SHA",
    "AES128-SHA::AES256-SHA:",
    "AES128-SHA+AES",
    "kRSA+AES+SHA384",
    "SHA1+AES+!kRSA",
    "AES128-SHA:FOO",
    "AES128-SHA:!FOO",
    "AES:!FOO+AES128",
    "FOO",
    "FOO+AES",
    "AES128-SHA:@FOO",
    "ALL:@SECLEVEL=9",
    "AES128-SHA:!",
    "! AES:AES256-SHA",
    "AES+",
    '"AES128-SHA"',
    "aes128-sha:AES256-SHA",
    "AES128-SHA:TLS_AES_128_GCM_SHA256",
    "TLS_AES_128_GCM_SHA256",
    "SUITEB128",
    "SUITEB128ONLY:AES",
    "AES128-SHA:SUITEB192",
    "HIGH:!HIGH",
]


def _expanded(text: str) -> set[str]:
    return {each.code for each in expand(text).suites} & built()


def _drawn(rng: random.Random) -> str:
    words = [word for word in sorted(meanings("1.1")) if "-" not in word or rng.random() < 0.1]
    parts = [
        rng.choice(["", "", "", "!", "-", "+"])
        + "+".join(rng.choices(words, k=rng.choice([1, 1, 2])))
        for _ in range(rng.randrange(1, 7))
    ]
    return rng.choice(["ALL:", "DEFAULT:", "HIGH:", "RSA "]) + rng.choice(": ,").join(parts)


@needs_openssl
@pytest.mark.parametrize("text", STRINGS)
def test_openssl_expands_it_to_the_same(text) -> None:
    assert _expanded(text) == codes(text)


@pytest.mark.full
@needs_openssl
def test_every_word_alone() -> None:
    for word in sorted(meanings("1.1")):
        assert _expanded(word) == codes(word), word


@pytest.mark.full
@needs_openssl
@pytest.mark.parametrize("seed", range(4))
def test_many_strings(seed) -> None:
    rng = random.Random(seed)
    for text in (_drawn(rng) for _ in range(100)):
        assert _expanded(text) == codes(text), text


@needs_openssl
@pytest.mark.parametrize("level", range(6))
def test_security_levels(level) -> None:
    text = f"ALL:COMPLEMENTOFALL:@SECLEVEL={level}"
    told = codes(text, "-s", "-psk", "-srp")
    # without a call for more, the command itself looks at TLS 1 and later only
    assert told == _expanded(text) & codes("ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-s", "-psk", "-srp")


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("HIGH:!aNULL:!MD5", ()),
        ("AES128-SHA:FOO", ("FOO",)),
        ("HIGH:!FOO:-BAR:ECDHE+BAZ", ("!FOO", "-BAR", "ECDHE+BAZ")),
        ("HIGH:!EXPORT:!SSLv2:!kKRB5:!aECDH", ()),
        ("ECDHE+CHACHA20:TLS_AES_128_GCM_SHA256", ()),
        ("TLS_RSA_WITH_AES_128_CBC_SHA:AES128-SHA", ("TLS_RSA_WITH_AES_128_CBC_SHA",)),
        ("aes128-sha", ("aes128-sha",)),
        ("AES:DEFAULT", ("DEFAULT",)),
        ("AES:@FOO:BAR", ("@FOO",)),
        ("", ()),
    ],
)
def test_unknown_words(text, unknown) -> None:
    assert {expand(text, each).unknown for each in GENERATIONS} == {unknown}


@pytest.mark.parametrize(
    ("text", "old", "new"),
    [
        ("DEFAULT", True, False),
        ("MEDIUM", True, True),
        ("ALL:!RC4", False, False),
        ("RC4-SHA", True, True),
        ("HIGH", False, False),
        ("EXPORT:LOW", True, False),
    ],
)
def test_rc4_in_old_and_new(text, old, new) -> None:
    """ciphers(1) of 1.0.2 and of 1.1.1: since 1.1.0 RC4 is not among the defaults."""
    has_rc4 = [
        any("RC4" in each.weaknesses for each in expand(text, g).suites) for g in GENERATIONS
    ]
    assert has_rc4 == [old, new]


@pytest.mark.parametrize("keyword", ["SSLv3", "TLSv1"])
def test_before_1_1_a_keyword_of_a_version_meant_all_up_to_tls_1_1(keyword) -> None:
    found = expand(keyword, "1.0.2").suites
    assert {each.first for each in found} == {Version.SSLV3, Version.TLSV1}


def test_1_0_2_knows_no_levels() -> None:
    assert expand("HIGH:@SECLEVEL=2", "1.0.2").suites == ()


def test_selected_of_any_generation() -> None:
    assert {each.mac for each in selected("kKRB5+SHA")} == {"SHA1"}
    with pytest.raises(ValueError, match="FOO"):
        selected("AES+FOO")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("high", "HIGH"),
        ("anull", "aNULL"),
        ("export", "EXPORT"),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA"),
        ("strong", None),
    ],
)
def test_what_was_meant(word, meant) -> None:
    assert suggestion(word) == meant


@given(st.text("!+-@:, ;AESHIGH=_.0", max_size=40), st.sampled_from(GENERATIONS))
def test_any_text_expands(text, generation) -> None:
    found = expand(text, generation)
    assert all(each.first < Version.TLSV1_3 for each in found.suites)
    assert all(part in text for part in found.unknown)
