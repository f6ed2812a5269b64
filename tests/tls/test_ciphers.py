"""The table of cipher suites, against OpenSSL and Java themselves, and names across dialects."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.tls.ciphers import is_known, suggestion, suite, suites, usable
from edgeaudit.tls.protocols import Version
from tests.tls.openssl_ciphers import openssl_ciphers
from tests.x509.openssl import needs_openssl

if TYPE_CHECKING:
    from pathlib import Path

needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="no java here")
JAVA = """
class List {
    public static void main(String[] none) throws Exception {
        var context = javax.net.ssl.SSLContext.getDefault();
        for (var name : context.getSupportedSSLParameters().getCipherSuites())
            System.out.println(name);
    }
}
"""


def test_every_row_is_whole_and_stands_once() -> None:
    assert len({each.code for each in suites()}) == len(suites())
    assert len({each.name for each in suites()}) == len(suites())
    for each in suites():
        assert re.fullmatch(r"[0-9A-F]{4}|[0-9A-F]{6}", each.code)
        assert each.first <= each.last
        assert each.openssl
        assert each.known_by <= {"java8", "java21", "openssl1.0.2", "openssl1.1"}
        assert each.known_by


def test_weaknesses_follow_from_the_parts() -> None:
    for each in suites():
        told = {
            "NULL": each.enc == "NULL",
            "EXPORT": "EXPORT" in each.name,
            "anon": each.auth == "anon",
            "RC4": each.enc.startswith("RC4"),
            "DES": each.enc.startswith("DES"),
            "3DES": each.enc.startswith("3DES"),
            "MD5": each.mac == "MD5",
        }
        assert set(each.weaknesses) == {name for name, is_weak in told.items() if is_weak}


@needs_openssl
def test_openssl_tells_the_same() -> None:
    by_code = {each.code: each for each in suites()}
    told = openssl_ciphers("ALL:COMPLEMENTOFALL")
    assert len(told) > 50
    for each in told:
        ours = by_code[each.code]
        assert each.name == ours.name
        assert each.openssl in ours.openssl
        assert each.first == ours.first.spelling
        assert each.mac == ours.mac
        assert each.auth.replace("None", "anon") == ours.auth
        assert each.kx == {"DHE": "DH", "ECDHE": "ECDH"}.get(ours.kx, ours.kx)
        assert "openssl1.1" in ours.known_by
        bits = re.search(r"\d+\)", each.enc)
        assert not bits or bits[0].rstrip(")") in ours.enc or "CHACHA" in ours.enc


@pytest.mark.full
@needs_java
def test_java_knows_the_same(tmp_path: Path) -> None:
    """Java's own list, once nothing is disabled any more."""
    (tmp_path / "List.java").write_text(JAVA)
    (tmp_path / "security").write_text("jdk.tls.disabledAlgorithms=\n")
    command = ["java", f"-Djava.security.properties={tmp_path / 'security'}", "List.java"]
    told = subprocess.check_output(command, cwd=tmp_path, text=True).split()
    own = {each.java for each in suites() if "java21" in each.known_by}
    assert set(told) - {"TLS_EMPTY_RENEGOTIATION_INFO_SCSV"} == own


def test_java_8_is_java_21_without_chacha20_and_with_kerberos() -> None:
    """JSSE of Java 8 ("Java Cryptography Architecture Oracle Providers Documentation")."""
    by_java = {
        j: {each.name for each in suites() if j in each.known_by} for j in ("java8", "java21")
    }
    assert {name.split("_WITH_")[-1] for name in by_java["java21"] - by_java["java8"]} == {
        "CHACHA20_POLY1305_SHA256",
        "TLS_CHACHA20_POLY1305_SHA256",
    }
    assert {name[:8] for name in by_java["java8"] - by_java["java21"]} == {"TLS_KRB5"}


@pytest.mark.parametrize(
    ("name", "dialect", "java", "known"),
    [
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "java", None, True),
        ("TLS_RSA_WITH_AES_128_CBC_SHA", "openssl", None, False),
        ("AES128-SHA", "openssl", None, True),
        ("AES128-SHA", "java", None, False),
        ("SSL_RSA_WITH_RC4_128_SHA", "java", 8, True),
        ("TLS_RSA_WITH_RC4_128_SHA", "java", 8, True),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "java", 8, False),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "java", 21, True),
        ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "java", 11, True),
        ("TLS_KRB5_WITH_RC4_128_SHA", "java", 21, False),
        ("TLS_KRB5_WITH_RC4_128_SHA", "java", None, True),
        ("TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "java", None, False),
        ("TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "java", None, True),
        ("TLS_FALLBACK_SCSV", "java", None, False),
        ("tls_rsa_with_aes_128_cbc_sha", "java", None, False),
        ("EDH-RSA-DES-CBC3-SHA", "openssl", None, True),
        ("EXP-RC2-CBC-MD5", "openssl", None, True),
        ("DES-CBC3-MD5", "openssl", None, True),
        ("", "java", None, False),
    ],
)
def test_names(name, dialect, java, known) -> None:
    assert is_known(name, dialect, java) is known


def test_a_name_of_two_suites_is_the_later_one() -> None:
    found = suite("RC4-MD5", "openssl")
    assert found is not None
    assert found.first is Version.SSLV3


@pytest.mark.parametrize(
    ("name", "dialect", "meant"),
    [
        ("ECDHE-RSA-AES128-GCM-SHA256", "java", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "openssl", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("DES-CBC3-SHA", "java", "SSL_RSA_WITH_3DES_EDE_CBC_SHA"),
        ("SSL_RSA_WITH_3DES_EDE_CBC_SHA", "openssl", "DES-CBC3-SHA"),
        ("tls_rsa_with_aes_128_cbc_sha", "java", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("aes128-sha", "openssl", "AES128-SHA"),
        ("SSL_RSA_WITH_AES_128_CBC_SHA", "java", "TLS_RSA_WITH_AES_128_CBC_SHA"),
        ("ECDHE-RSA-AES128-GCM-SHA265", "openssl", "ECDHE-RSA-AES128-GCM-SHA256"),
        ("CAMELLIA128-SHA", "java", None),
        ("nonsense", "java", None),
        ("A" * 100_000, "java", None),
        ("", "openssl", None),
    ],
)
def test_what_was_meant(name, dialect, meant) -> None:
    assert suggestion(name, dialect) == meant


@given(st.text(), st.sampled_from(["java", "openssl"]))
def test_a_suggestion_is_always_a_name(name, dialect) -> None:
    meant = suggestion(name, dialect)
    assert meant is None or is_known(meant, dialect)


@pytest.mark.parametrize(
    ("name", "version", "key", "is_usable"),
    [
        ("AES128-SHA", Version.TLSV1, "RSA 2048", True),
        ("AES128-SHA", Version.TLSV1, "EC P-256", False),
        ("AES128-SHA", Version.TLSV1, None, True),
        ("AES128-SHA", Version.TLSV1, "Unheard-of", True),
        ("AES128-SHA", Version.TLSV1_3, "RSA 2048", False),
        ("AES128-GCM-SHA256", Version.TLSV1_1, "RSA 2048", False),
        ("ECDHE-ECDSA-AES128-SHA", Version.TLSV1_1, "EC 256", True),
        ("ECDHE-ECDSA-AES128-SHA", Version.TLSV1_1, "Ed25519", False),
        ("ECDHE-ECDSA-AES128-SHA", Version.TLSV1_2, "Ed25519", True),
        ("ECDHE-RSA-AES128-SHA", Version.TLSV1_2, "Ed25519", False),
        ("TLS_AES_128_GCM_SHA256", Version.TLSV1_3, "EC P-384", True),
        ("TLS_AES_128_GCM_SHA256", Version.TLSV1_3, "DSA 1024", False),
        ("TLS_AES_128_GCM_SHA256", Version.TLSV1_2, "RSA 2048", False),
        ("DHE-DSS-AES128-SHA", Version.TLSV1_2, "DSA 2048", True),
        ("ADH-AES128-SHA", Version.TLSV1_2, "RSA 2048", True),
        ("PSK-AES128-CBC-SHA", Version.TLSV1_2, "RSA 2048", False),
        ("RSA-PSK-AES128-CBC-SHA", Version.TLSV1_2, "RSA 2048", False),
        ("EXP-DES-CBC-SHA", Version.TLSV1_1, "RSA 2048", False),
        ("EXP-DES-CBC-SHA", Version.TLSV1, "RSA 2048", True),
        ("RC4-64-MD5", Version.SSLV2, "RSA 2048", True),
        ("RC4-64-MD5", Version.SSLV3, "RSA 2048", False),
    ],
)
def test_usable(name, version, key, is_usable) -> None:
    found = suite(name, "openssl")
    assert found is not None
    assert bool(usable([version], [found], "java", key)) is is_usable


@pytest.mark.parametrize(
    ("name", "version", "is_usable"),
    [
        ("EXP-DES-CBC-SHA", Version.TLSV1_2, True),
        ("DES-CBC-SHA", Version.TLSV1_2, True),
        ("DES-CBC-SHA", Version.TLSV1_3, False),
        ("DES-CBC-MD5", Version.TLSV1_2, False),
        ("AES128-GCM-SHA256", Version.TLSV1_1, False),
        ("TLS_AES_128_GCM_SHA256", Version.TLSV1_3, True),
    ],
)
def test_openssl_uses_old_suites_in_new_versions(name, version, is_usable) -> None:
    found = suite(name, "openssl")
    assert found is not None
    assert bool(usable([version], [found], "openssl")) is is_usable
